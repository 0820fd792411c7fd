"""PEAP-TLS, TEAP, FIPS and the fallback of mixed fleets: what a group asks for and what Windows gets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from defusedxml import ElementTree as SafeET
from support.changes import replaced
from support.csp import play
from support.northwind import CAMPUS, NORTHWIND, STAFF, STUDENTS, certificates, neutral, staff_plan
from support.snapshots import file_type

from onboard.lint import lint
from onboard.model import Security
from onboard.options import EapMethod, WindowsOptions
from onboard.payloads.intune import build as build_intune
from onboard.payloads.windows import build
from onboard.payloads.windows.elements import document
from onboard.payloads.windows.lan import lan_profile
from onboard.payloads.windows.notes import notes
from onboard.payloads.windows.wlan import wlan_profile
from onboard.plan import GroupPlan, make_plan
from onboard.variables import Holder

_NS = {
    "wlan": "http://www.microsoft.com/networking/WLAN/profile/v1",
    "wlan2": "http://www.microsoft.com/networking/WLAN/profile/v2",
    "onex": "http://www.microsoft.com/networking/OneX/v1",
    "host": "http://www.microsoft.com/provisioning/EapHostConfig",
    "common": "http://www.microsoft.com/provisioning/EapCommon",
    "base": "http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1",
    "tls3": "http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV3",
    "peap": "http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV1",
    "peap2": "http://www.microsoft.com/provisioning/MsPeapConnectionPropertiesV2",
    "teap": "http://www.microsoft.com/provisioning/EapTeapConnectionPropertiesV1",
}


def plan_with(group=STAFF, **more) -> GroupPlan:
    """The plan of a group of Northwind whose first network differs."""
    campus = replace(CAMPUS, **more)
    groups = tuple(replace(g, networks=(campus, *g.networks[1:])) for g in (STAFF, STUDENTS))
    organization = replace(NORTHWIND, networks=(campus, *NORTHWIND.networks[1:]), groups=groups)
    return make_plan(organization, organization.group(group.name), certificates(), None)


def with_network(plan: GroupPlan, **more) -> GroupPlan:
    return replace(plan, networks=(replace(plan.networks[0], **more), *plan.networks[1:]))


def read(plan: GroupPlan):
    return SafeET.fromstring(document(wlan_profile(plan, plan.networks[0])))


def texts(root, path: str) -> list[str]:
    return [node.text for node in root.iterfind(f".//{path}", _NS)]


def test_peap_validates_the_server_outside_and_inside():
    """Type 25 around type 13; both pin the root and the name, and nobody is asked."""
    root = read(plan_with(eap=EapMethod.PEAP_TLS))
    assert texts(root, "host:EapMethod/common:Type") == ["25"]
    assert texts(root, "base:Type") == ["25", "13"]
    names = [node.text for node in root.iter() if node.tag.endswith("}ServerNames")]
    roots = [node.text.replace(" ", "") for node in root.iter() if node.tag.endswith("}TrustedRootCA")]
    assert names == ["radius.northwind.example"] * 2
    assert roots == [certificates()["root"].sha1.hex()] * 2
    assert texts(root, "peap:PeapExtensions/peap2:PerformServerValidation") == ["true"]
    assert texts(root, "onex:authMode") == ["user"]


def test_peap_offers_the_groups_certificate_alone():
    """The filter by issuer is inside the tunnel as well."""
    root = read(plan_with(eap=EapMethod.PEAP_TLS))
    hashes = texts(root, "tls3:IssuerHash")
    assert [text.replace(" ", "") for text in hashes] == [certificates()["staff"].sha1.hex()]


@pytest.mark.parametrize("method", [EapMethod.PEAP_TLS, EapMethod.TEAP])
@pytest.mark.parametrize(("identity", "hidden"), [("", "false"), ("anonymous@northwind.example", "true")])
def test_the_person_is_hidden_exactly_where_an_outer_identity_is_given(method, identity, hidden):
    """PEAP takes what stands before the realm, TEAP takes all of it."""
    root = read(with_network(plan_with(eap=method), outer_identity=identity))
    privacy = {"peap-tls": "EnableIdentityPrivacy", "teap": "IdentityPrivacy"}[method]
    leaves = {node.tag.partition("}")[2]: node.text for node in root.iter() if not len(node)}
    assert leaves[privacy] == hidden
    assert leaves.get("AnonymousUserName", "") == ("anonymous" if identity and "peap" in method else "")
    assert leaves.get("AnonymousIdentity", "") == (identity if method is EapMethod.TEAP else "")


def test_teap_takes_the_computers_certificate_then_the_persons():
    """Each inner method knows the CA of its own holder: staff are people, students are machines."""
    root = read(plan_with(eap=EapMethod.TEAP))
    assert texts(root, "onex:EAPConfig/host:EapHostConfig/host:EapMethod/common:Type") == ["55"]
    assert texts(root, "onex:EAPConfig/host:EapHostConfig/host:EapMethod/common:AuthorId") == ["311"]
    hashes = [text.replace(" ", "") for text in texts(root, "teap:InnerMethodConfig//tls3:IssuerHash")]
    assert hashes == [certificates()[name].sha1.hex() for name in ("students", "staff")]
    assert texts(root, "onex:authMode") == ["machineOrUser"]


def test_teap_is_one_profile_for_both_groups():
    """The computer gets it twice, from the group of the machine and from that of the person: the same."""
    profiles = {document(wlan_profile(p, p.networks[0])) for p in _both(eap=EapMethod.TEAP)}
    assert len(profiles) == 1


def test_teap_goes_to_the_computer_whoever_the_group_is_for():
    """A profile of one person would not be there before sign-in."""
    for plan in _both(eap=EapMethod.TEAP):
        (file,) = (a for a in build(plan, neutral) if a.kind == "syncml")
        assert b"./Device/Vendor/MSFT/WiFi/Profile/Northwind/WlanXml" in file.content
        assert b"./User/Vendor/MSFT/WiFi/" not in file.content


def test_issuers_of_other_networks_are_no_partners():
    """A group that is not on the TEAP network, or has no Windows, brings nobody's certificates there."""
    campus = replace(CAMPUS, eap=EapMethod.TEAP)
    organization = replace(
        NORTHWIND, groups=(replace(STAFF, networks=(campus,)), replace(STUDENTS, networks=()))
    )
    plan = make_plan(organization, organization.groups[0], certificates(), None)
    assert {h: [c.name for c in found] for h, found in plan.networks[0].chained.items()} == {
        Holder.DEVICE: [],
        Holder.USER: ["staff"],
    }


@pytest.mark.parametrize("method", EapMethod)
@pytest.mark.parametrize("group", [STAFF, STUDENTS], ids=["staff", "students"])
def test_every_method_passes_lint_in_every_file(method, group):
    """Profiles, SyncML, script, GPO and Intune's bundle; a device carries the SyncML out."""
    plan = plan_with(group, eap=method)
    plan = replace(plan, networks=plan.networks[:1])  # the wire is plain EAP-TLS, which forbids PEAP beside
    for artifact in (*build(plan, neutral), *build_intune(plan, neutral)):
        assert [f for f in lint(artifact.path, artifact.content) if f.severity == "error"] == []
        if artifact.kind == "syncml":
            assert list(play(artifact.content).wifi) == ["Northwind"]


@pytest.mark.parametrize("method", [EapMethod.PEAP_TLS, EapMethod.TEAP])
def test_wires_do_the_same_methods(method):
    """The LAN profile holds the same EAP configuration as the WLAN profile."""
    plan = plan_with(eap=method)
    wireless, wired = plan.networks
    wired = replace(wired, eap=method, chained=wireless.chained)
    assert _host(document(lan_profile(plan, wired))) == _host(document(wlan_profile(plan, wireless)))


@pytest.mark.parametrize("method", [EapMethod.PEAP_TLS, EapMethod.TEAP])
@pytest.mark.parametrize("authentication", ["WPA3ENT192", "WPA3"])
def test_lint_takes_no_tunnel_in_192_bit_mode(method, authentication):
    """Its cipher suites are those of EAP-TLS; the rule of pairs says so at the method."""
    plan = plan_with(eap=method)
    text = document(wlan_profile(plan, plan.networks[0])).decode()
    strong = replaced(text, (">WPA2<", f">{authentication}<"), (">AES<", ">GCMP256<"))
    found = [f for f in lint("x.xml", strong.encode()) if f.rule == "windows-05"]
    assert [f.where.rpartition("/")[2] for f in found] == ["Type"]
    assert "takes EAP-TLS" in found[0].message


@pytest.mark.parametrize("method", [EapMethod.PEAP_TLS, EapMethod.TEAP])
def test_profiles_as_recorded(method, snapshot):
    """The profiles of the two tunnels are what was recorded."""
    plan = plan_with(eap=method)
    content = document(wlan_profile(plan, plan.networks[0])).decode()
    assert content == snapshot.use_extension(file_type("xml"))


def test_fips_stands_where_windows_reads_it():
    """After useOneX, in the second version's namespace; absent where nobody asked."""
    (encryption,) = read(plan_with(fips=True)).iterfind(".//wlan:authEncryption", _NS)
    assert [node.tag for node in encryption][2:] == [
        f"{{{_NS['wlan']}}}useOneX",
        f"{{{_NS['wlan2']}}}FIPSMode",
    ]
    assert texts(read(plan_with()), "wlan2:FIPSMode") == []


@pytest.mark.parametrize(("asked", "text"), [(True, "true"), (False, "false")])
def test_hidden_networks_and_random_addresses_are_said_either_way(asked, text):
    """Windows' defaults are documented twice, differently; so both are always written."""
    leaves = {
        node.tag.partition("}")[2]: node.text
        for node in read(plan_with(hidden=asked, mac_randomization=asked)).iter()
    }
    assert leaves["nonBroadcast"] == leaves["enableRandomization"] == text


@pytest.mark.parametrize(
    ("minimum", "authentication", "said"),
    [
        (None, "WPA3ENT", "needs Windows 11"),
        (19045, "WPA2", "older than Windows 11"),
        (22000, "WPA3ENT", ""),
        (26100, "WPA3ENT", ""),
    ],
)
def test_old_computers_get_wpa2_and_it_is_said(minimum, authentication, said):
    """WPA3-Enterprise falls back where computers are known to be too old, and nowhere else."""
    plan = replace(plan_with(security=Security.WPA3_ENTERPRISE), windows=WindowsOptions(minimum=minimum))
    assert texts(read(plan), "wlan:authentication") == [authentication]
    lines = [line for line in notes(plan) if line.startswith("campus: ")]
    assert len(lines) == bool(said)
    assert all(said in line for line in lines)


def test_a_mixed_network_is_joined_with_wpa2_by_every_build():
    """Half of its access points may know WPA2 alone."""
    plan = replace(staff_plan(), windows=WindowsOptions(minimum=26100))
    assert texts(read(plan), "wlan:authentication") == ["WPA2"]


def _both(**more) -> tuple[GroupPlan, GroupPlan]:
    return plan_with(STAFF, **more), plan_with(STUDENTS, **more)


def _host(content: bytes) -> bytes:
    (host,) = SafeET.fromstring(content).iterfind(".//onex:EAPConfig/host:EapHostConfig", _NS)
    return SafeET.tostring(host)
