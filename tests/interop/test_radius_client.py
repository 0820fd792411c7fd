"""Our own RADIUS client against FreeRADIUS: it sees what eapol_test sees, and shows a stranger nothing."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from support.northwind import NORTHWIND
from support.radius_scene import DAY, Scene, server
from support.world import make_world

from onboard.devices.errors import RadiusError
from onboard.devices.radius import udp as radius_udp
from onboard.devices.radius.eap import REJECTED, EapOutcome
from onboard.devices.scep.client import Identity
from onboard.devices.settings import Medium
from onboard.rehearse.radius_server import LocalRadius, freeradius
from onboard.secret import Secret

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(freeradius() is None, reason="FreeRADIUS is not installed"),
]


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    return Scene(make_world(tmp_path_factory.mktemp("northwind")), tmp_path_factory.mktemp("radius"))


def ask(
    scene: Scene,
    local: LocalRadius,
    identity: Identity,
    network=None,
    *,
    secret: Secret | None = None,
    **more,
) -> EapOutcome:
    address = (local.server.address, local.server.port)
    return radius_udp.authenticate(
        network or scene.network(),
        identity,
        scene.chain,
        address,
        secret or local.server.secret,
        scene.folder / "client",
        **more,
    )


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_device_is_accepted_into_its_vlan(scene, version):
    """TLS 1.2 and 1.3, fragments and all: the VLAN comes back, and the server's certificate was seen."""
    network = replace(scene.network(), tls_minimum=version, tls_maximum=version)
    with scene.radius(tls_maximum=version) as radius:
        outcome = ask(scene, radius, scene.identity(), network)
    assert (outcome.accepted, outcome.vlan, outcome.tls, outcome.reason) == (True, 20, version, "")
    assert network.server_names.accepts(outcome.server[0])


@pytest.mark.parametrize("medium", list(Medium))
def test_network_is_told_to_the_server(scene, medium):
    """A student gets onto the Wi-Fi and is turned away at the wire: both arrive as what they are."""
    with scene.radius() as radius:
        outcome = ask(scene, radius, scene.identity("students"), scene.network(medium))
    assert outcome.accepted is (medium is Medium.WIFI)
    assert outcome.by_device is False


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_revoked_certificate_is_rejected_by_the_server(scene, version):
    """FreeRADIUS ends it without an alert; the device refused nothing."""
    identity = scene.identity()
    network = replace(scene.network(), tls_minimum=version, tls_maximum=version)
    with scene.radius(revoked=[identity.certificate], tls_maximum=version) as radius:
        outcome = ask(scene, radius, identity, network)
    assert (outcome.accepted, outcome.by_device) == (False, False)
    assert outcome.reason == REJECTED


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_server_of_another_name_never_sees_the_certificate(scene, version):
    """The handshake ends before the device's certificate leaves; the log of the server does not know it."""
    network = replace(scene.network(), tls_minimum=version, tls_maximum=version)
    with scene.radius(server=server(scene, "evil.northwind.example"), tls_maximum=version) as radius:
        outcome = ask(scene, radius, scene.identity(), network)
        log = "\n".join(radius._log)
    assert (outcome.accepted, outcome.by_device) == (False, True)
    assert "none of the names" in outcome.reason
    assert "Login OK" not in log
    assert "client certificate" not in log.lower()


def test_a_stranger_is_refused_by_the_device(scene):
    """The right name from another root."""
    with scene.radius(server=server(scene, "radius.northwind.example", issuer=None)) as radius:
        outcome = ask(scene, radius, scene.identity())
    assert (outcome.accepted, outcome.by_device) == (False, True)
    assert "certificate" in outcome.reason


def test_an_expired_server_is_refused_by_the_device(scene):
    """A server certificate that ran out yesterday."""
    with scene.radius(server=server(scene, "radius.northwind.example", until=-DAY)) as radius:
        outcome = ask(scene, radius, scene.identity())
    assert outcome.by_device
    assert "expired" in outcome.reason
    assert outcome.server[0].not_valid_after_utc


def test_a_wrong_secret_is_silence(scene):
    """The server drops what is not signed with the secret that it has, and the complaint says so."""
    with scene.radius() as radius, pytest.raises(RadiusError, match="does not answer") as caught:
        ask(scene, radius, scene.identity(), secret=Secret("another secret"), timeout=0.2)
    assert "secret" in caught.value.hint


def test_a_closed_port_is_told(scene):
    """Nobody listens: told at once, without waiting."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(RadiusError, match=r"127\.0\.0\.1 port"):
        radius_udp.authenticate(
            scene.network(), scene.identity(), (), ("127.0.0.1", port), Secret("x"), scene.folder / "client"
        )


def test_the_key_does_not_stay(scene):
    """Python's ssl wants a file; none is left behind."""
    with scene.radius() as radius:
        ask(scene, radius, scene.identity())
    assert not list((scene.folder / "client").iterdir())


def test_both_clients_agree(scene):
    """What eapol_test gets is what ours gets."""
    identity = scene.identity()
    with scene.radius() as radius:
        theirs = radius.authenticate("staff", scene.network(), identity, scene.chain)
        ours = ask(scene, radius, identity)
    assert (ours.accepted, ours.vlan) == (theirs.accepted, theirs.vlan)
    assert NORTHWIND.group("staff").vlan == ours.vlan
