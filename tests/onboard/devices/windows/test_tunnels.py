"""The simulated Windows device reads PEAP-TLS and TEAP as closely as EAP-TLS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.northwind import certificates, staff_plan

from onboard.devices.errors import DeviceError
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import Tunnel, TunnelMethod
from onboard.devices.windows.profile import read_lan, read_wlan
from onboard.options import EapMethod, RadiusType
from onboard.payloads.windows.elements import document
from onboard.payloads.windows.wlan import wlan_profile
from onboard.variables import Holder

VECTORS = Path(__file__).parents[3] / "vectors" / "windows"
ROOT = certificates()["root"]
STAFF, STUDENTS = (certificates()[name].sha1 for name in ("staff", "students"))


def profile(method: EapMethod) -> str:
    plan = staff_plan()
    issuers = {Holder.DEVICE: (certificates()["students"],), Holder.USER: (certificates()["staff"],)}
    network = replace(plan.networks[0], eap=method, chained=issuers)
    return document(wlan_profile(plan, network)).decode()


def read(text: str):
    return read_wlan(text, [ROOT.parsed])


@pytest.mark.parametrize("method", EapMethod)
def test_trust_is_that_of_the_tunnel(method):
    """Whatever is inside, the server must have the pinned root and the name."""
    network = read(profile(method))
    assert network.anchors == (ROOT.parsed,)
    assert network.server_names.names == ("radius.northwind.example",)


@pytest.mark.parametrize(
    ("method", "issuers"),
    [
        (EapMethod.TLS, (STAFF,)),
        (EapMethod.PEAP_TLS, (STAFF,)),
        (EapMethod.TEAP, (STUDENTS, STAFF)),
    ],
)
def test_the_certificate_is_that_of_the_inside(method, issuers):
    """The filters by issuer are read where they stand, those of both inner methods for TEAP."""
    assert read(profile(method)).identity.hashes == issuers


def test_what_is_around_the_inside_is_read():
    """PEAP says whom the inside trusts, what is said outside, and whether the ends must be bound."""
    plain, peap, teap = (read(profile(method)).tunnel for method in EapMethod)
    assert plain is None
    assert peap == Tunnel(
        method=TunnelMethod.PEAP,
        inner_anchors=(ROOT.parsed,),
        inner_names=ServerNames(NameRule.WINDOWS, ("radius.northwind.example",)),
    )
    assert teap is not None
    assert teap.method is TunnelMethod.TEAP


def test_an_anonymous_name_and_crypto_binding_are_read():
    """The profile of others has both."""
    tunnel = read_lan((VECTORS / "peap-tls-lan.xml").read_bytes(), [ROOT.parsed]).tunnel
    assert tunnel is not None
    assert (tunnel.anonymous, tunnel.crypto_binding) == ("anonymous", True)


@pytest.mark.parametrize(("radius", "demanded"), [(RadiusType.FREERADIUS, "false"), (RadiusType.NPS, "true")])
def test_crypto_binding_is_demanded_of_servers_that_have_it(radius, demanded):
    """FreeRADIUS 3.2 has none; Windows would give up at the end."""
    plan = staff_plan()
    network = replace(plan.networks[0], eap=EapMethod.PEAP_TLS, radius=radius)
    text = document(wlan_profile(plan, network)).decode()
    assert f"<RequireCryptoBinding>{demanded}<" in text


@pytest.mark.parametrize("name", ["teap-lan.xml", "peap-tls-lan.xml"])
def test_profiles_of_others_are_read(name):
    """Files that no builder of ours made are read as well."""
    assert read_lan((VECTORS / name).read_bytes(), [ROOT.parsed]).anchors == (ROOT.parsed,)


@pytest.mark.parametrize(
    ("method", "old", "new", "place"),
    [
        ("teap", "<DisablePrompt>true<", "<DisablePrompt>false<", "DisablePrompt"),
        ("teap", ">radius.northwind.example</ServerNames>", "></ServerNames>", "ServerNames"),
        ("teap", "<TrustedRootCAHash>20 8a", "<TrustedRootCAHash>21 8a", "TrustedRootCAHash"),
        ("teap", ">machineOrUser<", ">user<", "authMode"),
        ("teap", ">311</AuthorId>", ">0</AuthorId>", "AuthorId"),
        ("peap-tls", "<EnableQuarantineChecks>false</EnableQuarantineChecks>", "<Odd />", "Odd"),
        (
            "peap-tls",
            'MsPeapConnectionPropertiesV2">true</PerformServerValidation>',
            'MsPeapConnectionPropertiesV2">false</PerformServerValidation>',
            "PerformServerValidation",
        ),
        ("peap-tls", ">true</DisableUserPrompt", ">false</DisableUserPrompt", "DisableUserPrompt"),
    ],
)
def test_open_trust_or_a_wrong_shape_is_refused(method, old, new, place):
    """Each hole that lets a foreign server in stops the device, at its place."""
    text = profile(EapMethod(method))
    assert old in text
    with pytest.raises(DeviceError, match=place):
        read(text.replace(old, new, 1))


def test_one_inner_method_does_not_chain():
    """Windows would run it as the computer and never ask the person."""
    text = profile(EapMethod.TEAP)
    at = text.rindex("<InnerMethodConfig>")
    end = text.rindex("</InnerMethodConfig>") + len("</InnerMethodConfig>")
    with pytest.raises(DeviceError, match="1 inner methods"):
        read(text[:at] + text[end:])
