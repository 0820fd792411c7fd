"""`explain`, `diff`, `lint` by the clock and `generate --mdm`, as a person types them."""

from __future__ import annotations

import plistlib
from datetime import datetime
from pathlib import Path

import pytest
from support.changes import replaced

from onboard.cli import run

PROFILE = "payloads/staff/apple/staff.mobileconfig"


@pytest.fixture
def payloads(folder: Path) -> Path:
    assert run(["generate", "--out", "payloads"]) == 0
    return folder


def change(path: str, old: str, new: str) -> None:
    file = Path(path)
    file.write_text(replaced(file.read_text(), (old, new)))


def test_explain_says_what_a_profile_does_and_no_secret(onboard, payloads) -> None:
    """Words for people on stdout; the challenge is said to be there and not shown."""
    done = onboard("explain", PROFILE)
    assert done.code == 0
    assert "joins the Wi-Fi network “Northwind”" in done.out
    assert "Zw7-quiet" not in done.out + done.err
    titles = [section["title"] for section in onboard("explain", PROFILE, "--format", "json").json]
    assert titles[0] == "The profile"


def test_explain_refuses_what_it_does_not_know(onboard, payloads) -> None:
    """An unknown file is an error that names the known formats."""
    done = onboard("explain", "org.yaml")
    assert done.code == 1
    assert "Apple mobileconfig" in done.err


def test_diff_of_an_org_with_what_it_generated(onboard, payloads) -> None:
    """A folder and the org that wrote it say the same."""
    assert onboard("diff", "payloads", "org.yaml").out == "nothing changes for devices\n"
    assert onboard("diff", "payloads/manifest.json", "payloads").out == "nothing changes for devices\n"


def test_diff_of_two_orgs_says_who_drops_off(onboard, payloads) -> None:
    """A renamed network throws devices off; the verdict says so, and JSON says it for scripts."""
    Path("new.yaml").write_text(Path("org.yaml").read_text().replace("ssid: Northwind\n", "ssid: Other\n"))
    done = onboard("diff", "org.yaml", "new.yaml")
    assert done.code == 0
    assert "staff/apple/staff.mobileconfig: devices drop off a network" in done.out
    changes = onboard("diff", "org.yaml", "new.yaml", "--format", "json").json
    assert any("drop" in change["effects"] for change in changes)


def test_diff_of_orgs_needs_no_secret_but_sees_that_it_moved(onboard, payloads, monkeypatch) -> None:
    """Where a challenge comes from is compared; what it is, is not read."""
    monkeypatch.delenv("NORTHWIND_STAFF_CHALLENGE")
    text = Path("org.yaml").read_text()
    Path("new.yaml").write_text(text.replace("env:NORTHWIND_STAFF_CHALLENGE", "env:ELSEWHERE"))
    done = onboard("diff", "org.yaml", "new.yaml")
    assert done.code == 0
    assert "staff (challenge)" in done.out


def test_diff_of_files_and_sets_do_not_mix(onboard, payloads) -> None:
    """One payload against a folder is a question without an answer."""
    done = onboard("diff", PROFILE, "payloads")
    assert done.code == 1
    assert "single payload" in done.err


def test_diff_notices_payloads_that_come_and_go(onboard, payloads) -> None:
    """A platform that is no longer in the org leaves devices without their payload."""
    change("org.yaml", "[apple, windows, chromeos, android, linux]", "[apple, windows, chromeos, android]")
    done = onboard("diff", "payloads", "org.yaml")
    assert "staff/linux/wpa_supplicant.conf: devices drop off a network" in done.out


def test_lint_knows_the_clock(onboard, payloads) -> None:
    """A removal date in the past is an error only because of today."""
    profile = plistlib.loads(Path(PROFILE).read_bytes())
    Path("past.mobileconfig").write_bytes(plistlib.dumps({**profile, "RemovalDate": datetime(2020, 1, 1)}))  # noqa: DTZ001 - as plists have it
    done = onboard("lint", "past.mobileconfig", "--format", "json")
    assert done.code == 1
    assert [finding["rule"] for finding in done.json if finding["severity"] == "error"] == ["apple-E34"]


def test_generate_for_an_mdm(onboard, folder) -> None:
    """The MDM's own words, unsigned, with a word on renewal and on the platforms left out."""
    done = onboard("generate", "--out", "fleet", "--group", "staff", "--mdm", "fleet")
    assert done.code == 0, done.err
    content = Path("fleet/staff/apple/staff.mobileconfig").read_text()
    assert "$FLEET_VAR_HOST_END_USER_IDP_USERNAME" in content
    assert "$FLEET_VAR_CERTIFICATE_RENEWAL_ID" in content
    assert "chromeos, android, linux: left out" in done.err
    assert "renewal in Fleet" in done.err
    assert Path("fleet/staff/apple/staff.mobileconfig").stat().st_mode & 0o777 == 0o600


def test_generate_for_an_mdm_names_all_that_it_lacks(onboard, folder) -> None:
    """Every group, platform and variable in one error, with reasons; nothing is written."""
    done = onboard("generate", "--out", "out", "--mdm", "jamf-pro")
    assert done.code == 1
    assert "${user.upn}" in done.err
    assert "group students" in done.err
    assert "webhook" in done.err
    assert not Path("out").exists()


def test_generate_for_intune_gives_what_can_work_and_says_the_rest(onboard, folder) -> None:
    """Where Intune judges no challenge, every platform gets what can work, and stderr says the rest."""
    done = onboard("generate", "--out", "out", "--mdm", "intune")
    assert done.code == 0, done.err
    for group, platforms in (("staff", ("apple", "windows", "android")), ("students", ("apple", "windows"))):
        for platform in platforms:
            assert Path(f"out/{group}/{platform}/{group}.graph.json").exists()
        assert f"{group}: Windows: no SCEP profile" in done.err
        assert f"{group}: Apple: trust alone" in done.err
    assert "staff: Android: trust alone" in done.err
    assert "custom profiles document no e-mail address" in done.err
    assert "challenge: {type: intune}" in done.err
    assert "script" in done.err


def test_generate_for_intune_is_refused_where_nothing_is_left(onboard, folder) -> None:
    """Asked for Apple alone, whose profiles need what Intune lacks, it writes nothing and says why."""
    done = onboard("generate", "--out", "out", "--mdm", "intune", "--platform", "apple")
    assert done.code == 1
    assert "group staff, apple" in done.err
    assert "group students, apple" in done.err
    assert not Path("out").exists()


def test_generate_for_an_unknown_mdm_lists_the_known(onboard, folder) -> None:
    """A misspelt MDM is answered with the list."""
    done = onboard("generate", "--out", "out", "--mdm", "jamf")
    assert done.code == 1
    assert "jamf-pro" in done.err


def test_generate_for_a_target_of_the_org(onboard, folder) -> None:
    """A target has its groups; what its MDM adds to a subject is then granted by the server."""
    warned = onboard("generate", "--out", "out", "--group", "staff", "--platform", "apple", "--mdm", "fleet")
    assert "refuses the renewal marker" in warned.err
    with Path("org.yaml").open("a") as org:
        org.write("mdm:\n  campus-fleet: {type: fleet, groups: {staff: {}}}\n")
    done = onboard("generate", "--out", "out", "--platform", "apple", "--mdm", "campus-fleet")
    assert done.code == 0, done.err
    assert "refuses the renewal marker" not in done.err
    assert not Path("out/students").exists()
    assert onboard("generate", "--out", "x", "--group", "students", "--mdm", "campus-fleet").code == 1


def test_one_person_and_an_mdm_do_not_mix(onboard, folder) -> None:
    """Personal payloads have no dialect."""
    done = onboard("generate", "--out", "out", "--mdm", "fleet", "--for", "ada@northwind.example")
    assert done.code == 64


def test_instructions_drop_no_device(onboard, folder) -> None:
    """What people read is named when it changes, and no device is said to notice."""
    onboard("generate", "--out", "old", "--group", "staff", "--platform", "windows")
    onboard("generate", "--out", "new", "--group", "staff", "--platform", "windows")
    (folder / "new/staff/windows/README.md").unlink()
    (folder / "new/manifest.json").unlink()
    done = onboard("diff", "old", "new", "--format", "json")
    (change,) = [one for one in done.json if one["path"].endswith(".md")]
    assert change["effects"] == []
