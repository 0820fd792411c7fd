"""`generate --mdm google-chrome`: what the option for the console's profile gives, and where not."""

from __future__ import annotations

import json

import pytest


def test_every_group_at_once(folder, onboard) -> None:
    """Both groups are made, although the connector can serve one of them only; the reason is told."""
    done = onboard("generate", "--out", "out", "--mdm", "google-chrome")
    assert done.code == 0
    assert "students: no sheet for the SCEP connector" in done.err
    kinds = {
        (a["group"], a["kind"]) for a in json.loads((folder / "out/manifest.json").read_text())["artifacts"]
    }
    assert ("staff", "chrome-scep-profile") in kinds
    assert ("students", "chrome-scep-profile") not in kinds
    assert {("staff", "chrome-provisioning"), ("students", "chrome-provisioning")} <= kinds


def test_by_the_id_of_the_profile(folder, onboard) -> None:
    """With the id, the networks and the enrolment policy name it."""
    done = onboard(
        *("generate", "--out", "out", "--mdm", "google-chrome", "--group", "students"),
        *("--provisioning-profile", "43b413f9"),
    )
    assert done.code == 0
    made = folder / "out" / "students" / "chromeos"
    assert "43b413f9" in (made / "students.onc").read_text()
    assert "43b413f9" in (made / "students.required-client-cert.json").read_text()
    assert onboard("lint", *sorted(made.iterdir())).code == 0


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (64, ("--provisioning-profile", "p")),
        (1, ("--mdm", "google-chrome", "--provisioning-profile", "p")),
        (1, ("--mdm", "fleet", "--group", "staff", "--provisioning-profile", "p")),
    ],
)
def test_the_id_is_one_groups_in_google(folder, onboard, code, arguments) -> None:
    """Anywhere else the option is a mistake, and nothing is written."""
    done = onboard("generate", "--out", "out", *arguments)
    assert done.code == code
    assert "--provisioning-profile" in done.err
    assert not (folder / "out").exists()
