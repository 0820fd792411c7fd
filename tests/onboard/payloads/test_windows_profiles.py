"""WLAN and LAN profiles: whom the device trusts, which certificate it offers, how it joins."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from defusedxml import ElementTree as SafeET
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import certificates, staff_plan, students_plan

from onboard.errors import PayloadError
from onboard.model import Security, Ssid
from onboard.options import EapMethod
from onboard.payloads.windows.eap import server_names
from onboard.payloads.windows.elements import document
from onboard.payloads.windows.lan import lan_profile
from onboard.payloads.windows.wlan import profile_name, wlan_profile

_NS = {
    "w": "http://www.microsoft.com/networking/WLAN/profile/v1",
    "w3": "http://www.microsoft.com/networking/WLAN/profile/v3",
    "l": "http://www.microsoft.com/networking/LAN/profile/v1",
    "x": "http://www.microsoft.com/networking/OneX/v1",
    "t": "http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV1",
    "t2": "http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV2",
    "t3": "http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV3",
}


def _with(plan, **changes):
    """The plan with its first network changed."""
    return replace(plan, networks=(replace(plan.networks[0], **changes), *plan.networks[1:]))


def _wlan(plan):
    return SafeET.fromstring(document(wlan_profile(plan, plan.networks[0])))


def _lan(plan):
    return SafeET.fromstring(document(lan_profile(plan, plan.networks[1])))


def _texts(root, path: str) -> list[str]:
    return [element.text for element in root.findall(f".//{path}", _NS)]


@pytest.mark.parametrize("profile", [lambda: _wlan(staff_plan()), lambda: _lan(staff_plan())])
def test_server_trust_fails_closed(profile):
    """Root, name and no prompt are all there, so a rogue RADIUS server is refused without a question."""
    root = profile()
    pinned = [bytes.fromhex(text) for text in _texts(root, "t:TrustedRootCA")]
    assert pinned == [certificates()["root"].sha1]
    assert _texts(root, "t:ServerNames") == ["radius.northwind.example"]
    assert _texts(root, "t:DisableUserPromptForServerValidation") == ["true"]
    assert _texts(root, "t2:PerformServerValidation") == ["true"]
    assert _texts(root, "t2:AcceptServerName") == ["true"]


@pytest.mark.parametrize("profile", [lambda: _wlan(staff_plan()), lambda: _lan(staff_plan())])
def test_client_certificate_is_chosen_by_issuer_and_eku(profile):
    """Only a certificate of the group's own CA with client authentication is offered."""
    root = profile()
    (hashes,) = root.findall(".//t3:CAHashList", _NS)
    assert hashes.get("Enabled") == "true"
    assert [bytes.fromhex(h) for h in _texts(root, "t3:IssuerHash")] == [certificates()["staff"].sha1]
    (names,) = root.findall(".//t3:ClientAuthEKUList", _NS)
    assert names.get("Enabled") == "true"
    mapping = dict(
        zip(_texts(root, "t3:EKUMap/t3:EKUName"), _texts(root, "t3:EKUMap/t3:EKUOID"), strict=True)
    )
    assert [mapping[name] for name in _texts(root, "t3:EKUMapInList/t3:EKUName")] == ["1.3.6.1.5.5.7.3.2"]


def test_every_eku_of_the_profile_is_mapped_and_demanded():
    """A profile with two EKUs filters on both."""
    plan = staff_plan()
    plan = replace(
        plan, profile=replace(plan.profile, extended_key_usages=("client-auth", "smartcard-logon"))
    )
    assert _texts(_wlan(plan), "t3:EKUOID") == ["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2"]
    assert len(_texts(_wlan(plan), "t3:EKUMapInList/t3:EKUName")) == 2


@pytest.mark.parametrize(("plan", "mode"), [(staff_plan, "user"), (students_plan, "machine")])
def test_authentication_follows_the_holder(plan, mode):
    """A person's certificate authenticates the user, a device's the machine."""
    assert _texts(_wlan(plan()), "x:authMode") == [mode]


@pytest.mark.parametrize(
    ("security", "pair"),
    [
        (Security.WPA2_ENTERPRISE, ("WPA2", "AES")),
        (Security.WPA2_WPA3_ENTERPRISE, ("WPA2", "AES")),
        (Security.WPA3_ENTERPRISE, ("WPA3ENT", "AES")),
    ],
)
def test_security_is_a_pair_that_windows_knows(security, pair):
    """A mixed network is joined as WPA2, since one profile has to work on Windows 10 too."""
    root = _wlan(_with(staff_plan(), security=security))
    assert (_texts(root, "w:authentication") + _texts(root, "w:encryption")) == list(pair)
    assert _texts(root, "w:useOneX") == ["true"]


def test_192_bit_demands_a_large_client_key():
    """wpa3-enterprise-192 with keys of 2048 bits is refused with the rule and the cure."""
    plan = _with(staff_plan(), security=Security.WPA3_ENTERPRISE_192)
    with pytest.raises(PayloadError, match="windows-22") as caught:
        wlan_profile(plan, plan.networks[0])
    assert "rsa-4096" in caught.value.hint


def test_192_bit_demands_a_strong_chain():
    """A P-256 issuing CA is too weak for wpa3-enterprise-192, and is named."""
    plan = _with(staff_plan(), security=Security.WPA3_ENTERPRISE_192)
    plan = replace(plan, scep=replace(plan.scep, key_bits=4096))
    with pytest.raises(PayloadError, match="Northwind Staff Issuing CA"):
        wlan_profile(plan, plan.networks[0])


@pytest.mark.parametrize("method", [EapMethod.PEAP_TLS, EapMethod.TEAP])
def test_192_bit_demands_eap_tls(method):
    """192-bit mode names the cipher suites of EAP-TLS, so a tunnel is refused with the cure."""
    plan = _with(staff_plan(), security=Security.WPA3_ENTERPRISE_192, eap=method)
    with pytest.raises(PayloadError, match=f"takes EAP-TLS, not {method}"):
        wlan_profile(plan, plan.networks[0])


def test_a_name_that_another_network_has_as_its_ssid_is_not_used():
    """The derived name of one network can be the SSID, and so the profile's name, of another."""
    plan = staff_plan()
    odd = replace(plan.networks[0], ssid=Ssid("not a name"))
    derived = profile_name(replace(plan, networks=(odd,)), odd)
    rival = replace(plan.networks[0], name="rival", ssid=Ssid(derived))
    both = replace(plan, networks=(odd, rival))
    assert profile_name(both, rival) == derived
    assert profile_name(both, odd) != derived


def test_192_bit_with_strong_keys_is_built():
    """With a P-384 chain and 4096 bits the profile says WPA3ENT192 and GCMP256."""
    plan = _with(staff_plan(), security=Security.WPA3_ENTERPRISE_192)
    strong = replace(plan, issuing=certificates()["root"], issuers=(), scep=replace(plan.scep, key_bits=4096))
    root = _wlan(strong)
    assert _texts(root, "w:authentication") + _texts(root, "w:encryption") == ["WPA3ENT192", "GCMP256"]


def test_an_intermediate_is_never_pinned():
    """TrustedRootCA takes roots: an intermediate among the anchors is left out, alone it is refused."""
    known = certificates()
    both = _with(staff_plan(), anchors=(known["staff"], known["root"]))
    assert [bytes.fromhex(h) for h in _texts(_wlan(both), "t:TrustedRootCA")] == [known["root"].sha1]
    alone = _with(staff_plan(), anchors=(known["staff"],))
    with pytest.raises(PayloadError, match=r"campus.*Northwind Staff Issuing CA.*windows-10"):
        wlan_profile(alone, alone.networks[0])


def test_a_wildcard_becomes_a_regular_expression_that_matches_hosts_only():
    """`*.x` is a regular expression to Windows, and the dots in it are literal."""
    plan = _with(staff_plan(), server_names=("*.radius-a.example", "b.example"))
    text = server_names(plan.networks[0])
    assert text == r".*\.radius-a\.example;b.example"
    pattern = text.split(";")[0]
    assert re.fullmatch(pattern, "one.radius-a.example")
    assert not re.fullmatch(pattern, "one.radius-aXexample")


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=32)
)
def test_ssid_is_its_bytes_in_upper_case_hex(text):
    """The hex that Windows prefers to the name is the SSID's octets, whatever the script."""
    if len(text.encode()) > 32:
        return
    root = _wlan(_with(staff_plan(), ssid=Ssid(text)))
    (octets,) = _texts(root, "w:hex")
    assert bytes.fromhex(octets) == text.encode()
    assert octets == octets.upper()


@given(
    ssid=st.text(alphabet="aZ9 _-.é'", min_size=1, max_size=16),
    key=st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
)
def test_profile_name_suits_every_consumer(ssid, key):
    """The name is 1 to 32 bytes of characters that need no escaping in a LocURI, a command or a file name."""
    plan = _with(staff_plan(), ssid=Ssid(ssid), name=key)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,32}", profile_name(plan, plan.networks[0]))


def test_profile_name_is_the_ssid_where_it_can_be():
    """A profile named like the SSID replaces the one that a click on the network has made."""
    plan = staff_plan()
    assert profile_name(plan, plan.networks[0]) == "Northwind"


def test_two_networks_of_one_ssid_have_two_names():
    """Names are unique in a group; otherwise the second profile would overwrite the first."""
    plan = staff_plan()
    twin = replace(plan.networks[0], name="campus-wpa3", security=Security.WPA3_ENTERPRISE)
    plan = replace(plan, networks=(plan.networks[0], twin))
    names = [profile_name(plan, network) for network in plan.networks]
    assert names == ["Northwind", "edu.northwind-campus-wpa3"]


def test_long_keys_keep_distinct_names():
    """Keys that agree in their first 23 characters do not meet in one name."""
    plan = _with(staff_plan(), ssid=Ssid("two words"))
    first = _with(plan, name="a" * 30 + "1")
    second = _with(plan, name="a" * 30 + "2")
    assert profile_name(first, first.networks[0]) != profile_name(second, second.networks[0])


def test_manual_facts_of_a_managed_profile():
    """The device joins by itself, stays, shows its own address, and the network is not hidden."""
    root = _wlan(staff_plan())
    assert _texts(root, "w:connectionMode") == ["auto"]
    assert _texts(root, "w:autoSwitch") == ["false"]
    assert _texts(root, "w:nonBroadcast") == ["false"]
    assert _texts(root, "w3:enableRandomization") == ["false"]


def test_wire_is_enabled_and_not_enforced():
    """A laptop at home must still get its wire."""
    root = _lan(staff_plan())
    assert _texts(root, "l:OneXEnabled") == ["true"]
    assert _texts(root, "l:OneXEnforced") == ["false"]


def test_leaves_are_never_padded():
    """Windows reads blanks around a value as part of it."""
    for root in (_wlan(staff_plan()), _lan(staff_plan())):
        for element in root.iter():
            if len(element) == 0 and element.text:
                assert element.text == element.text.strip()


def test_a_wired_network_has_no_wlan_profile():
    """Asking for one is a mistake of the caller and is said."""
    plan = staff_plan()
    with pytest.raises(ValueError, match="desk"):
        wlan_profile(plan, plan.networks[1])
