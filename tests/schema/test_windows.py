"""Windows payloads judged by published schemas: strict XSDs for profiles, the node tables of the CSPs."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from defusedxml import ElementTree as SafeET
from lxml import etree
from support.northwind import certificates, neutral, staff_plan, students_plan

from onboard.lint import lint
from onboard.model import Security
from onboard.options import EapMethod
from onboard.payloads.windows import build
from onboard.variables import Holder

_SCHEMAS = os.environ.get("ONBOARD_SCHEMAS", "")
pytestmark = pytest.mark.skipif(
    not _SCHEMAS, reason="set ONBOARD_SCHEMAS to the folder of official schemas to run this"
)
_METINF = "{syncml:metinf}"
_SYNCML = "{SYNCML:SYNCML1.2}"


@cache
def _xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(Path(_SCHEMAS) / "windows" / "strict" / "profiles.xsd"))


@cache
def _csp() -> dict:
    return json.loads((Path(_SCHEMAS) / "windows" / "csp.json").read_text())


def _changed(network, **more):
    issuers = {holder: (certificates()["staff"],) for holder in Holder}
    return replace(network, chained=issuers, outer_identity="anonymous@northwind.example", **more)


def _plans():
    plan = staff_plan()
    for security in (Security.WPA2_ENTERPRISE, Security.WPA2_WPA3_ENTERPRISE, Security.WPA3_ENTERPRISE):
        yield replace(plan, networks=(replace(plan.networks[0], security=security), plan.networks[1]))
    for more in ({"fips": True}, {"hidden": True}, {"eap": EapMethod.PEAP_TLS}, {"eap": EapMethod.TEAP}):
        yield replace(plan, networks=(_changed(plan.networks[0], **more), plan.networks[1]))
    yield students_plan()
    strong = replace(plan.networks[0], security=Security.WPA3_ENTERPRISE_192)
    yield replace(
        plan,
        networks=(strong,),
        issuing=certificates()["root"],
        issuers=(),
        scep=replace(plan.scep, key_bits=4096),
    )


@pytest.mark.parametrize("plan", tuple(_plans()), ids=lambda plan: plan.group)
def test_profiles_pass_the_strict_schema(plan):
    """Every WLAN and LAN profile is valid by the strict XSDs: order, namespaces, values."""
    profiles = [a for a in build(plan, neutral) if a.kind in {"wlan-profile", "lan-profile"}]
    assert profiles
    for artifact in profiles:
        _xsd().assertValid(etree.fromstring(artifact.content))


def test_the_strict_schema_can_fail():
    """A swapped pair and a wrong namespace are refused, so passing means something."""
    (profile, *_) = build(staff_plan(), neutral)
    swapped = profile.content.replace(b"<authentication>WPA2</authentication>", b"", 1).replace(
        b"<encryption>AES</encryption>",
        b"<encryption>AES</encryption><authentication>WPA2</authentication>",
    )
    https = profile.content.replace(
        b"http://www.microsoft.com/networking/OneX", b"https://www.microsoft.com/networking/OneX"
    )
    assert not _xsd().validate(etree.fromstring(swapped))
    assert not _xsd().validate(etree.fromstring(https))


def _commands(document: bytes):
    for item in SafeET.fromstring(document).iter():
        verb = item.tag.removeprefix(_SYNCML)
        if verb in {"Add", "Exec", "Replace", "Delete"}:
            uri = item.findtext(f"{_SYNCML}Item/{_SYNCML}Target/{_SYNCML}LocURI")
            kind = item.findtext(f"{_SYNCML}Item/{_SYNCML}Meta/{_METINF}Format")
            yield verb, uri, kind, item.findtext(f"{_SYNCML}Item/{_SYNCML}Data")


def _node(uri: str) -> dict:
    """The node's row: the CSP by name, then the path below its instance."""
    scope, _, rest = uri.partition("/MSFT/")
    parts = rest.split("/")
    if rest == "WiredNetwork/LanXML":  # not in the table; Windows' WiredNetwork CSP reference
        assert scope in {"./User/Vendor", "./Device/Vendor"}, uri
        return {"access": ["Add", "Delete", "Get", "Replace"], "format": "chr"}
    for name, fixed in (("ClientCertificateInstall/SCEP", 3), ("WiFi", 3), ("RootCATrustedCertificates", 3)):
        if rest.startswith(name + "/"):
            table = _csp()[name]
            assert any(s.startswith(scope + "/MSFT") or s == scope + "/MSFT" for s in table["scopes"]), uri
            return table["nodes"]["/".join(parts[fixed:])]
    raise AssertionError(uri)


@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_every_command_is_one_the_csp_takes(plan):
    """Each command's node exists, takes the verb, has the format and an allowed value."""
    (syncml,) = [a for a in build(plan(), neutral) if a.kind == "syncml"]
    commands = list(_commands(syncml.content))
    assert len(commands) > 10
    for verb, uri, kind, data in commands:
        node = _node(uri)
        assert verb in node["access"], uri
        assert kind == node["format"], uri
        if "allowed" in node and data is not None:
            assert data in {str(value) for value in node["allowed"]}, uri


@pytest.mark.parametrize("plan", [staff_plan, students_plan])
def test_every_required_node_is_set(plan):
    """All nodes that the SCEP table marks as required are there, Enroll last."""
    (syncml,) = [a for a in build(plan(), neutral) if a.kind == "syncml"]
    uris = [uri for _, uri, _, _ in _commands(syncml.content) if "/ClientCertificateInstall/" in uri]
    required = {
        name for name, node in _csp()["ClientCertificateInstall/SCEP"]["nodes"].items() if node["required"]
    }
    assert required <= {"/".join(uri.split("/")[7:]) for uri in uris}
    assert uris[-1].endswith("/Install/Enroll")


def _mutants(content: bytes):
    """Every element removed, doubled, swapped with its neighbour, moved to https, or given other text."""
    count = sum(1 for _ in etree.fromstring(content).iter())
    for index in range(1, count):
        for change in (_remove, _double, _swap, _https, _retext):
            root = etree.fromstring(content)
            element = list(root.iter())[index]
            if change(element):
                yield f"{change.__name__} {element.tag.rpartition('}')[2]}", etree.tostring(root)


def _remove(element) -> bool:
    element.getparent().remove(element)
    return True


def _double(element) -> bool:
    element.addnext(deepcopy(element))
    return True


def _swap(element) -> bool:
    following = element.getnext()
    if following is None or following.tag == element.tag:
        return False
    following.addnext(element)
    return True


def _https(element) -> bool:
    element.tag = element.tag.replace("{http:", "{https:")
    return True


def _retext(element) -> bool:
    if len(element):
        return False
    element.text = "0f"
    return True


# The XSDs have xs:any in these places and cannot say "once"; Windows' pages can, and lint does.
_STRICTER = {
    f"_double {name}"
    for name in (
        "OneX",
        "Eap",
        "EapTeap",
        "EapType",
        "FilteringInfo",
        "MacRandomization",
        "AllowPromptingWhenServerCANotFound",
    )
}
_VECTORS = Path(__file__).parents[1] / "vectors" / "windows"


def _profile(kind: str) -> bytes:
    """One of our own profiles, or a file of the vectors."""
    if kind.endswith(".xml"):
        return (_VECTORS / kind).read_bytes()
    (artifact,) = [a for a in build(staff_plan(), neutral) if a.kind == kind]
    return artifact.content


@pytest.mark.parametrize("kind", ["wlan-profile", "lan-profile", "teap-lan.xml", "peap-tls-lan.xml"])
def test_lint_and_schema_agree_on_every_mutation(kind):
    """Lint refuses what the strict XSDs refuse, for each small change; where it refuses more is named."""
    content = _profile(kind)
    assert _xsd().validate(etree.fromstring(content))
    mutants = list(_mutants(content))
    assert len(mutants) > 150
    disagreements = []
    for name, mutant in mutants:
        ours = not any(f.rule in {"windows-01", "windows-20"} for f in lint("f", mutant))
        theirs = _xsd().validate(etree.fromstring(mutant))
        if ours != theirs and not (theirs and name in _STRICTER):
            disagreements.append((name, "lint passes" if ours else "schema passes"))
    assert disagreements == []
