"""`profile: [a, b]` on the command line: personal payloads, challenges, certificates, differences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MINTED = re.compile(rb"\b[A-Z2-7]{26}\b")


@pytest.fixture
def both(folder: Path) -> Path:
    """The example org in which the staff's members get a person's and a computer's certificate."""
    org = folder / "org.yaml"
    text = org.read_text()
    assert text.count("profile: user-eap-tls") == 1
    (folder / "before.yaml").write_text(text)
    org.write_text(text.replace("profile: user-eap-tls", "profile: [user-eap-tls, device-eap-tls]"))
    return folder


def bindings(onboard) -> list[frozenset[str]]:
    """Which variables each minted challenge binds."""
    return [frozenset(one["bound"]) for one in onboard("challenge", "list", "--format", "json").json]


def test_every_enrolment_of_a_personal_payload_has_a_challenge_of_its_own(onboard, both):
    """Two in the SyncML file, one in each other; each binds what its own certificate names."""
    done = onboard("generate", "--out", "ada", "--group", "staff", "--for", "ada@northwind.example")
    assert done.code == 0
    files = {p.name: MINTED.findall(p.read_bytes()) for p in (both / "ada" / "staff" / "windows").glob("*.*")}
    held = {name: len(set(found)) for name, found in files.items() if found}
    assert held == {"staff.syncml.xml": 2, "staff.ps1": 1, "staff-device.ps1": 1}
    everything = {one for found in files.values() for one in found}
    assert len(everything) == 4
    person = frozenset({"user.email", "user.upn"})
    assert set(bindings(onboard)) == {person, frozenset({"device.id"})}
    paths = [p for p in (both / "ada").rglob("*") if p.is_file()]
    taken = {one for path in paths for one in MINTED.findall(path.read_bytes())}
    assert len(bindings(onboard)) == len(taken)  # what nothing holds is not recorded


def test_a_challenge_of_one_certificate_of_two_is_good_for_no_other(onboard, both):
    """A Mac that gets the computer's certificate alone cannot ask for the person's with its challenge."""
    org = both / "org.yaml"
    org.write_text(
        org.read_text().replace("[user-eap-tls, device-eap-tls]", "[device-eap-tls, user-eap-tls]")
    )
    options = ("--group", "staff", "--platform", "apple", "--for", "ada@northwind.example")
    assert onboard("generate", "--out", "ada", *options).code == 0
    assert bindings(onboard) == [frozenset({"device.id"})]


def test_a_minted_challenge_is_for_what_its_values_name(onboard, both):
    """An address is a person's; an id alone is a computer's."""
    assert onboard("challenge", "new", "staff", "--for", "ada@northwind.example").code == 0
    assert onboard("challenge", "new", "staff", "--set", "device.id=9f8b").code == 0
    assert sorted(map(sorted, bindings(onboard))) == [["device.id"], ["user.email", "user.upn"]]


def test_a_second_profile_changes_nothing_for_who_holds_one(onboard, both):
    """Of the platforms whose clients hold one certificate no file is in the difference."""
    done = onboard("diff", "before.yaml", "org.yaml")
    changed = {line.partition(":")[0] for line in done.out.splitlines() if line.startswith("staff/")}
    assert {path.split("/")[1] for path in changed} == {"windows", "chromeos"}
    assert "staff/chromeos/device/staff.onc" in changed
    assert "'user' becomes 'machineOrUser'" in done.out


def test_both_enrolments_are_explained(onboard, both):
    """In the order in which the computer does them."""
    assert onboard("generate", "--out", "out", "--platform", "windows").code == 0
    told = onboard("explain", "out/staff/windows/staff.syncml.xml").out
    computer = told.index("for a certificate of the computer.")
    assert computer < told.index("for a certificate of the person who is signed in.")
    assert "authenticates as the computer until somebody signs in, then that person" in told
