"""Passpoint down to EAP-TLS: at home, at a partner, and nowhere else."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from support.changes import passpoint, plist
from support.rehearsal import changed, company

from onboard.model import Platform
from onboard.rehearse import radius_server, servers
from onboard.rehearse.company import Company
from onboard.rehearse.organization import artifacts, rehearse_organization
from onboard.rehearse.play import rehearse
from onboard.rehearse.stage import Member, Stage
from onboard.rehearse.values import Fillings
from scep_server.sqlite_store import SqliteStore

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not radius_server.is_possible(), reason="FreeRADIUS or eapol_test is not installed"),
]
HOME, PARTNER = "eduroam (Passpoint)", "eduroam (Passpoint partner)"


@pytest.fixture(scope="module")
def northwind(tmp_path_factory) -> Company:
    return company("passpoint", tmp_path_factory.mktemp("northwind"))


def rows(northwind: Company, *platforms: Platform, **keys: object):
    given = artifacts(northwind, northwind.organization.groups, platforms)
    played = rehearse_organization(northwind, changed(given, "mobileconfig", passpoint(**keys)))
    return {(row.platform, row.network): row for row in played}


def test_every_platform_joins(northwind):
    """Apple devices by SSID, at home and at a partner, whose VLAN is not ours; the others by SSID."""
    found = rows(northwind)
    assert all(row.ok for row in found.values()), found
    assert {where: row.vlan for where, row in found.items() if row.authenticated} == {
        ("apple", "eduroam"): 20,
        ("apple", HOME): 20,
        ("apple", PARTNER): None,
        ("windows", "eduroam"): 20,
        ("chromeos", "eduroam"): 20,
        ("linux", "eduroam"): 20,
    }


@pytest.mark.parametrize(
    ("keys", "failed"),
    [
        ({"DomainName": "example.org"}, {HOME}),
        ({"RoamingConsortiumOIs": ["004096"]}, {PARTNER}),
        ({"RoamingConsortiumOIs": None}, {PARTNER}),
        ({"ServiceProviderRoamingEnabled": False}, {PARTNER}),
    ],
)
def test_what_leads_astray_is_found_out(northwind, keys, failed):
    """Each key that the device goes by decides about the place that it leads to, and about no other."""
    found = rows(northwind, Platform.APPLE, **keys)
    assert {network for (_, network), row in found.items() if not row.ok} == failed
    assert all("does not take it for its provider" in found["apple", name].reason for name in failed)


def test_a_payload_that_leads_nowhere_has_its_row(northwind):
    """Neither domain nor consortium is offered by anybody: the row is that of the domain."""
    found = rows(northwind, Platform.APPLE, DomainName="example.org", RoamingConsortiumOIs=["004096"])
    row = found["apple", "example.org"]
    assert not row.ok
    assert "no access point" in row.reason


def test_a_partner_needs_a_realm(northwind):
    """A name without '@' gets in at home, where nobody has to find its RADIUS server."""
    given = changed(
        artifacts(northwind, northwind.organization.groups, (Platform.APPLE,)),
        "mobileconfig",
        plist("wifi.managed", "EAPClientConfiguration", "UserName", value="ada", every=True),
    )
    played = {row.network: row for row in rehearse_organization(northwind, given)}
    assert {network for network, row in played.items() if not row.ok} == {PARTNER}
    assert "realm" in played[PARTNER].reason


@pytest.mark.parametrize(
    ("ssid", "accepted"), [(b"eduroam", True), (b"Somebody else's", True), (b"Lab", False)]
)
def test_a_network_of_the_org_is_never_a_partners(northwind, tmp_path, ssid, accepted):
    """The SSID of another group's network stays shut for members who may roam."""
    members: list[Member] = []
    with (
        closing(SqliteStore(tmp_path / "store")) as store,
        servers.day(northwind, tmp_path / "store", tmp_path, timedelta(0)) as today,
    ):
        stage = Stage(
            client=today.client,
            values=Fillings(site=northwind.site, store=store).on(today.now),
            now=today.now,
            authenticator=today.authenticator,
            joined=members.append,
        )
        rehearse(artifacts(northwind, northwind.organization.groups, (Platform.LINUX,)), stage)
        (member,) = members
        entry = today.entries["campus"].server
        outcome = entry.authenticate(
            member.group, replace(member.network, ssid=ssid), member.identity, member.chain
        )
    assert outcome is not None
    assert (outcome.accepted, outcome.vlan) == (accepted, 20 if ssid == b"eduroam" else None)
