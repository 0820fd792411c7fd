"""PEAP-TLS down to EAP-TLS inside, with the VLAN carried out; what is said of TEAP, which is not played."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from support.rehearsal import company

from onboard.apple_options import TlsVersions
from onboard.devices.radius import eapol
from onboard.devices.settings import Medium
from onboard.model import Organization, Platform
from onboard.options import EapMethod
from onboard.rehearse import radius_server, servers
from onboard.rehearse.company import Company
from onboard.rehearse.negative import Negative
from onboard.rehearse.organization import artifacts, rehearse_organization
from onboard.rehearse.play import rehearse
from onboard.rehearse.stage import Member, Stage
from onboard.rehearse.values import Fillings
from scep_server.sqlite_store import SqliteStore

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not radius_server.is_possible(), reason="FreeRADIUS or eapol_test is not installed"),
]
_BINDING = re.compile(rb"(RequireCryptoBinding(?:>|&gt;))false")


@pytest.fixture(scope="module")
def northwind(tmp_path_factory) -> Company:
    return company("peap", tmp_path_factory.mktemp("northwind"))


def windows(northwind: Company):
    return artifacts(northwind, northwind.organization.groups, (Platform.WINDOWS,))


def test_each_network_and_site_has_its_vlan(northwind):
    """Windows in PEAP and Apple in plain EAP-TLS get the same VLANs from the same server."""
    rows = rehearse_organization(northwind, artifacts(northwind, northwind.organization.groups, ()))
    assert all(row.ok and row.authenticated and not row.reason for row in rows), rows
    for platform in ("windows", "apple"):
        assert {row.network: row.vlan for row in rows if row.platform == platform} == {
            "campus": 20,
            "campus@berlin": 1020,
            "desk": 120,
        }


def test_what_must_fail_fails_in_the_tunnel_as_well(northwind):
    """The inside judges certificates as the outside would, and the device judges the server."""
    rows = rehearse_organization(replace(northwind, negative=True), windows(northwind))
    told = {row.negative: row.reason for row in rows if row.negative}
    assert all(row.ok for row in rows), rows
    assert set(told) == set(Negative) - {Negative.FOREIGN_NETWORK}
    assert "revoked" in told[Negative.REVOKED]
    assert "expired" in told[Negative.EXPIRED]
    assert "device refused the RADIUS server" in told[Negative.UNKNOWN_SERVER]


def test_crypto_binding_that_the_server_lacks_is_found_out(northwind):
    """FreeRADIUS accepts such a device; the device gives up at the end, so it is not on the network."""
    given = [replace(g, content=_BINDING.sub(rb"\1true", g.content)) for g in windows(northwind)]
    rows = rehearse_organization(northwind, given)
    assert {row.network for row in rows} == {"campus", "campus@berlin", "desk"}
    assert all("crypto-binding" in row.reason and not row.ok for row in rows), rows


@pytest.fixture(scope="module")
def member(northwind, tmp_path_factory) -> tuple[Member, radius_server.LocalRadius]:
    """A Windows device on the Wi-Fi, and the server that let it in."""
    members: list[Member] = []
    folder = tmp_path_factory.mktemp("day")
    with (
        closing(SqliteStore(folder / "store")) as store,
        servers.day(northwind, folder / "store", folder, timedelta(0)) as today,
    ):
        stage = Stage(
            client=today.client,
            values=Fillings(site=northwind.site, store=store).on(today.now),
            now=today.now,
            authenticator=today.authenticator,
            joined=members.append,
        )
        rehearse(windows(northwind), stage)
        wifi = next(m for m in members if m.network.medium is Medium.WIFI)
        yield wifi, today.entries["campus"].server


def test_a_person_is_not_named_outside(member, tmp_path):
    """The RADIUS client hears of the anonymous name alone; further attributes come out of the tunnel."""
    device, server = member
    server.authenticate(device.group, device.network, device.identity, device.chain)
    (configuration,) = list(server._folder.glob(f"{server._count}-*/eapol.conf"))
    command = [shutil.which(eapol.PROGRAM), f"-c{configuration}", "-a127.0.0.1", f"-p{server.server.port}"]
    command += [f"-s{server.server.secret.reveal()}", *eapol._where(device.network)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer = done.stdout.partition("code=2 (Access-Accept)")[2]
    assert "'anonymous@" in done.stdout
    assert "Value: 'rehearsal.windows@" not in done.stdout
    assert "Attribute 11 (" in answer  # Filter-Id
    assert answer.count("Attribute 79 (EAP-Message)") == 1
    assert answer.count("(Vendor-Specific)") == 3  # Aruba-User-Role, and a key for each direction
    assert done.stdout.rstrip().endswith("SUCCESS")


def test_the_inside_looks_at_the_server_itself(member, northwind):
    """Other roots or names inside stop the device though the outside was content."""
    device, server = member
    tunnel = device.network.tunnel
    stranger: tuple[x509.Certificate, ...] = tuple(c for c in device.chain if c.subject != c.issuer)[:1]
    for astray in (
        replace(tunnel, inner_anchors=stranger),
        replace(tunnel, inner_names=replace(tunnel.inner_names, names=("elsewhere.example",))),
    ):
        network = replace(device.network, tunnel=astray)
        outcome = server.authenticate(device.group, network, device.identity, device.chain)
        assert outcome is not None
        assert not outcome.accepted


def test_a_device_without_peap_in_the_configuration_stays_out(member, northwind, tmp_path):
    """A FreeRADIUS that serves EAP-TLS alone turns PEAP away: the tunnel is there only where the org asks."""
    device, _ = member
    with servers.day(
        replace(northwind, site=replace(northwind.site, organization=_plain(northwind.organization))),
        tmp_path / "store",
        tmp_path,
        timedelta(0),
    ) as today:
        outcome = today.entries["campus"].server.authenticate(
            device.group, device.network, device.identity, device.chain
        )
    assert outcome is not None
    assert not outcome.accepted


def _plain(organization: Organization) -> Organization:
    networks = tuple(replace(n, eap=EapMethod.TLS) for n in organization.networks)
    groups = tuple(replace(g, networks=networks) for g in organization.groups)
    return replace(organization, networks=networks, groups=groups)


@pytest.mark.parametrize("minimum", ["1.2", "1.3"])
def test_tls_1_3_is_played_where_the_org_has_it(northwind, minimum):
    """The rehearsal's FreeRADIUS takes the versions of the entry, in the tunnel and without it."""
    org = northwind.organization
    radius = replace(org.radius[0], tls=TlsVersions(minimum=minimum, maximum="1.3"))
    anonymous = "anonymous@northwind.example"
    networks = tuple(replace(n, radius=radius, outer_identity=anonymous) for n in org.networks)
    groups = tuple(replace(g, networks=networks) for g in org.groups)
    modern = replace(org, radius=(radius,), networks=networks, groups=groups)
    there = replace(northwind, site=replace(northwind.site, organization=modern))
    rows = rehearse_organization(there, artifacts(there, groups, ()))
    assert all(row.ok and row.authenticated for row in rows), rows


def test_a_device_of_yesterday_stays_out_of_tls_1_3(northwind):
    """A server of TLS 1.3 alone lets nobody in who stops at 1.2: the versions are really the entry's."""
    org = northwind.organization
    radius = replace(org.radius[0], tls=TlsVersions(minimum="1.3", maximum="1.3"))
    modern = replace(org, radius=(radius,))
    there = replace(northwind, site=replace(northwind.site, organization=modern))
    rows = rehearse_organization(there, artifacts(northwind, org.groups, (Platform.APPLE,)))
    assert not any(row.ok for row in rows), rows


def test_teap_says_what_was_not_played(tmp_path):
    """FreeRADIUS 3.2 in Debian has no TEAP: EAP-TLS is played instead, and the row says so."""
    there = company("teap", tmp_path)
    rows = rehearse_organization(there, windows(there))
    assert all(row.ok for row in rows), rows
    assert all("TEAP was read and not played" in row.reason for row in rows if row.authenticated)
