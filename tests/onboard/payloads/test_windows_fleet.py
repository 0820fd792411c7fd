"""Fleet's flavour says the same as the full SyncML file, in three files of bare commands."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from defusedxml import ElementTree as SafeET
from support.northwind import STAFF_CHALLENGE, neutral, staff_plan, students_plan

from onboard.lint import lint
from onboard.payloads.windows.elements import document
from onboard.payloads.windows.fleet import build_fleet
from onboard.payloads.windows.syncml import syncml


def _commands(text: str) -> list[tuple[str, str, str]]:
    """Verb, LocURI and data of every command, namespaces apart."""
    root = SafeET.fromstring(re.sub(r' xmlns="SYNCML:SYNCML1.2"', "", text))
    found = []
    for element in root.iter():
        if element.tag in {"Add", "Exec"}:
            uri = element.findtext("Item/Target/LocURI")
            found.append((element.tag, uri, element.findtext("Item/Data") or ""))
    return found


@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_fleet_gets_the_commands_of_the_full_file(plan):
    """The three files together are the full file without its wrapping, in the same order."""
    files = [artifact.content.decode() for artifact in build_fleet(plan(), neutral)]
    assert _commands(f"<all>{''.join(files)}</all>") == _commands(
        document(syncml(plan(), neutral)).decode().split("\n", 1)[1]
    )


def test_fleet_files_have_no_wrapping_and_no_numbers():
    """Fleet adds SyncML, Atomic, Final and CmdID by itself and refuses ours."""
    for artifact in build_fleet(staff_plan(), neutral):
        text = artifact.content.decode()
        assert text.startswith("<Add>")
        assert not re.search("SyncML|SyncBody|Atomic|Final|CmdID", text)


def test_scep_is_alone_in_its_file():
    """Fleet refuses SCEP beside other CSPs; the file with the challenge is the only secret one."""
    for artifact in build_fleet(staff_plan(), neutral):
        has_scep = b"ClientCertificateInstall" in artifact.content
        assert has_scep != (
            b"RootCATrustedCertificates" in artifact.content or b"WlanXml" in artifact.content
        )
        assert artifact.secret == has_scep == (STAFF_CHALLENGE.reveal().encode() in artifact.content)


def test_a_group_of_wires_has_the_wire_in_its_third_file():
    """Networks of every kind come after the certificate."""
    plan = staff_plan()
    wired = replace(plan, networks=plan.networks[1:])
    *_, networks = build_fleet(wired, neutral)
    assert networks.path == "staff/windows/fleet-3-networks.xml"
    assert networks.content.count(b"<LocURI>") == 1
    assert b"./User/Vendor/MSFT/WiredNetwork/LanXML" in networks.content


@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_fleet_files_pass_lint(plan):
    """Bare commands are judged like a whole document."""
    for artifact in build_fleet(plan(), neutral):
        assert lint(artifact.path, artifact.content) == ()
