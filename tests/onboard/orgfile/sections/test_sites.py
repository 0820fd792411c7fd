"""RADIUS clusters, their sites, and what RADIUS sends along: read as written, the nearest VLAN wins."""

from __future__ import annotations

from pathlib import Path

from onboard.orgfile import load
from onboard.secret import SecretSource

ORGS = Path(__file__).parents[3] / "orgs"
SITES = load(ORGS / "sites.yaml")


def test_clients_are_sites_with_addresses_and_secret():
    """Addresses stay as written; the secret is a reference."""
    main, berlin = SITES.radius[0].clients
    assert (main.name, main.addresses) == ("main", ("10.10.0.0/16", "2001:db8::/48"))
    assert (main.secret.source, main.secret.name) == (SecretSource.ENV, "RADIUS_MAIN")
    assert (berlin.secret.source, berlin.secret.name) == (SecretSource.FILE, "secrets/radius-berlin")


def test_nearest_vlan_wins():
    """NETWORK@SITE before NETWORK before default."""
    group = SITES.group("staff")
    assert group.vlan_on("corp") == group.vlan_on("corp", "main") == 20
    assert group.vlan_on("corp", "berlin") == 1020
    assert group.vlan_on("wire") == group.vlan_on("wire", "berlin") == 120


def test_one_vlan_is_for_everything():
    """The short form stays what it was."""
    group = load(ORGS / "acme.yaml").group("staff")
    assert group.vlan_on("corp") == group.vlan_on("wire", "anywhere") == 20


def test_several_clusters_answer_on_one_network():
    """In the order of the file; a single one is the first of one."""
    corp, wire = SITES.networks
    assert [server.name for server in corp.servers] == ["main", "other"]
    assert [server.name for server in wire.servers] == ["main"]
    assert [server.issue for server in SITES.radius] == [True, False]


def test_reply_is_kept_as_written():
    """Names and values go to RADIUS as they are."""
    assert SITES.group("staff").reply == {"Filter-Id": "staff", "Aruba-User-Role": "staff & faculty"}
