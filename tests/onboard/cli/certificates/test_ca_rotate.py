"""`ca rotate`: one command for each step of a CA rollover."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from onboard.orgfile import load


def authorities(group: str) -> list[str]:
    return [a.name for a in load(Path("org.yaml")).group(group).authorities]


def test_rotate_makes_the_next_authority_beside_the_old(onboard, folder) -> None:
    """New key, both in the list, everything provisioned, and it is said what changes."""
    before = {p: p.read_bytes() for p in Path(".onboard").rglob("*.key")}
    done = onboard("ca", "rotate", "staff")
    assert done.code == 0, done.err
    assert authorities("staff") == ["staff-2", "staff"]
    assert all(path.read_bytes() == content for path, content in before.items())
    assert {p.name for p in Path(".onboard").rglob("*.key")} > {p.name for p in before}
    assert Path("pki/staff-2.pem").is_file()
    assert "staff/apple/staff.mobileconfig: " in done.out
    assert "students" not in re.sub(r"\bSHA.*", "", done.out)
    assert "onboard radius" in done.err
    assert {row["outcome"] for row in onboard("ca", "init", "--format", "json").json} == {"kept"}
    assert onboard("check").code == 0
    assert onboard("generate", "--out", "out").code == 0


def test_dry_run_makes_nothing(onboard, folder) -> None:
    """The change of the file is printed, and that is all."""
    text, keys = Path("org.yaml").read_text(), sorted(Path(".onboard/keys").iterdir())
    done = onboard("ca", "rotate", "staff", "--dry-run")
    assert done.code == 0
    assert "+    authority: [staff-2, staff]" in done.out
    assert Path("org.yaml").read_text() == text
    assert sorted(Path(".onboard/keys").iterdir()) == keys
    assert not Path("pki/staff-2.pem").exists()


def test_announce_and_switch(onboard, folder) -> None:
    """Two steps; the third says that there is nothing left to do."""
    assert onboard("ca", "rotate", "staff", "--announce").code == 0
    assert authorities("staff") == ["staff", "staff-2"]
    made = Path("pki/staff-2.pem").read_bytes()
    assert onboard("ca", "rotate", "staff").code == 0
    assert authorities("staff") == ["staff-2", "staff"]
    assert Path("pki/staff-2.pem").read_bytes() == made
    assert onboard("ca", "rotate", "staff").code == 1


def test_a_sealed_root_is_opened_for_the_run(onboard, folder, monkeypatch) -> None:
    """The root's key signs the next authority and stays away."""
    monkeypatch.setenv("PASS", "a long passphrase for the root")
    assert onboard("ca", "seal", "root", "--to", "root.key", "--passphrase", "env:PASS").code == 0
    done = onboard("ca", "rotate", "staff", "--sealed", "root.key", "--passphrase", "env:PASS")
    assert done.code == 0, done.err
    assert authorities("staff") == ["staff-2", "staff"]
    assert not Path(".onboard/keys/root.key").exists()


def test_without_the_issuers_key_a_request_is_written_and_nothing_is_cut_off(
    onboard, folder, monkeypatch
) -> None:
    """The groups go on with the old authority until the certificate has come."""
    monkeypatch.setenv("PASS", "a long passphrase for the root")
    assert onboard("ca", "seal", "root", "--to", "root.key", "--passphrase", "env:PASS").code == 0
    done = onboard("ca", "rotate", "staff")
    assert done.code == 0, done.err
    assert authorities("staff") == ["staff"]
    assert b"CERTIFICATE REQUEST" in Path("pki/staff-2.csr").read_bytes()
    assert "ca import staff-2 FILE" in done.err
    assert onboard("generate", "--out", "out").code == 0


@pytest.mark.parametrize(
    "arguments", [["nobody"], ["staff", "--as", "Staff CA"], ["staff", "--issuer", "no"]]
)
def test_what_cannot_be_is_refused(onboard, folder, arguments) -> None:
    """Nothing is made, and the file stays."""
    text = Path("org.yaml").read_text()
    assert onboard("ca", "rotate", *arguments).code == 1
    assert Path("org.yaml").read_text() == text


def test_a_root_is_rolled_over(onboard, folder) -> None:
    """Devices trust both before RADIUS moves; issuing authorities follow below the new root."""
    assert onboard("ca", "rotate", "root").code == 0
    organization = load(Path("org.yaml"))
    assert [a.name for a in organization.radius[0].trust] == ["root", "root-2"]
    assert onboard("ca", "rotate", "root").code == 0
    assert onboard("ca", "rotate", "staff", "--issuer", "root-2").code == 0
    assert onboard("radius", "--out", "radius").code == 0
    assert onboard("generate", "--out", "out").code == 0
    assert onboard("status", "--format", "json").code == 0


def test_a_rollover_as_json(onboard, folder) -> None:
    """Scripts get the change of the file, what was made, and what devices do; the dry run makes nothing."""
    planned = onboard("ca", "rotate", "staff", "--dry-run", "--format", "json").json
    assert (planned["successor"], planned["certificates"], planned["artifacts"]) == ("staff-2", [], [])
    done = onboard("ca", "rotate", "staff", "--format", "json").json
    assert done["difference"] == planned["difference"]
    assert ("authority", "staff-2") in {(row["kind"], row["name"]) for row in done["certificates"]}
    assert "staff/apple/staff.mobileconfig" in {one["path"] for one in done["artifacts"]}


def test_a_request_as_json(onboard, folder) -> None:
    """The PEM stands beside the name of the authority."""
    Path("fresh").mkdir()
    shutil.copy("org.yaml", "fresh")
    done = onboard("ca", "request", "staff", "--format", "json", "--org", "fresh/org.yaml").json
    assert done["name"] == "staff"
    assert done["request"].startswith("-----BEGIN CERTIFICATE REQUEST-----")


def test_nothing_to_roll_over_is_told(onboard, folder) -> None:
    """An org without certificates is left as it is."""
    text = Path("org.yaml").read_text()
    Path("pki").rename("elsewhere")
    done = onboard("ca", "rotate", "staff")
    assert done.code == 1
    assert "pki/staff.pem is not there yet" in done.err
    assert Path("org.yaml").read_text() == text
