"""What surrounds the devices: access points with Passpoint, tunnels that nobody can play."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import CAMPUS, NORTHWIND

from onboard.apple_options import Passpoint
from onboard.devices.identity import EapIdentity, EnrolledIdentity, IdentitySource
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import Medium, NetworkSettings, Tunnel, TunnelMethod
from onboard.rehearse.from_site import PARTNER_SSID, air
from onboard.rehearse.stage import unplayed

NETWORK = NetworkSettings(
    name="Northwind",
    medium=Medium.WIFI,
    ssid=b"Northwind",
    anchors=(),
    server_names=ServerNames(NameRule.WINDOWS, ()),
    identity=EnrolledIdentity(),
    eap_identity=EapIdentity(IdentitySource.WINDOWS),
)


@pytest.mark.parametrize("method", TunnelMethod)
def test_a_tunnel_that_is_not_played_is_named(method):
    """The remark says which, and what was played instead; where it is played there is none."""
    tunnel = Tunnel(
        method=method, inner_anchors=(), inner_names=ServerNames(NameRule.WINDOWS, ()), crypto_binding=True
    )
    network = replace(NETWORK, tunnel=tunnel)
    assert unplayed(network, method).startswith(f"{method} was read and not played")
    assert unplayed(network) == ""
    assert unplayed(NETWORK, *TunnelMethod) == ""


def test_access_points_offer_what_the_org_says():
    """At home the domain under the network's SSID, at a partner the consortiums under another's."""
    passpoint = Passpoint(domain="northwind.example", roaming_consortiums=("5A03BA0000",))
    org = replace(NORTHWIND, networks=(replace(CAMPUS, passpoint=passpoint), *NORTHWIND.networks[1:]))
    home, partner = air(org)
    assert (home.offer.ssid, home.offer.domains, home.partner) == (
        b"Northwind",
        ("northwind.example",),
        False,
    )
    assert (partner.offer.ssid, partner.offer.consortiums, partner.partner) == (
        PARTNER_SSID,
        ("5A03BA0000",),
        True,
    )
    assert "northwind.example" not in partner.offer.domains
    assert air(NORTHWIND) == ()
