"""Which access points a device with a Passpoint profile joins."""

from __future__ import annotations

import pytest

from onboard.devices.passpoint import Offer, Provider

PROVIDER = Provider(
    domain="northwind.example", consortiums=("5A03BA0000",), realms=("northwind.example",), roams=True
)


@pytest.mark.parametrize(
    ("offer", "joins"),
    [
        ({"domains": ("northwind.example",)}, True),
        ({"domains": ("wifi.northwind.example",)}, True),
        ({"domains": ("partner.example", "northwind.example")}, True),
        ({"domains": ("notnorthwind.example",)}, False),
        ({"domains": ("example",)}, False),
        ({"consortiums": ("004096", "5A03BA0000")}, True),
        ({"consortiums": ("004096",)}, False),
        ({"realms": ("northwind.example",)}, True),
        ({"realms": ("partner.example",)}, False),
        ({}, False),
    ],
)
def test_home_or_a_partner(offer, joins):
    """The provider's own domain, one below it, or a shared consortium or realm."""
    assert PROVIDER.joins(Offer(ssid=b"x", **offer)) is joins


def test_who_does_not_roam_stays_at_home():
    """Without roaming a shared consortium or realm is not enough."""
    homely = Provider(domain="northwind.example", consortiums=("5A03BA0000",), realms=("r.example",))
    assert homely.joins(Offer(ssid=b"x", domains=("northwind.example",)))
    assert not homely.joins(Offer(ssid=b"x", consortiums=("5A03BA0000",), realms=("r.example",)))
