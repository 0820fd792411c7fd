"""VLANs by network and site, several clusters, reply attributes, OCSP: what FreeRADIUS really sends."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from support.northwind import NORTHWIND, STAFF_CHALLENGE
from support.radius_scene import Scene
from support.world import make_world

from onboard.cli import run
from onboard.devices.apple.profile import read_profile
from onboard.devices.fill_in import fill_in
from onboard.devices.radius import udp as radius_udp
from onboard.devices.scep.client import Identity, ScepClient
from onboard.devices.scep.request_shape import APPLE
from onboard.rehearse import radius_server, redirecting_client
from onboard.rehearse.from_site import server_certificate
from onboard.serve import configure
from scep_server.runtime import running_server
from scep_server.sqlite_store import SqliteStore
from scep_server.store import RevocationReason

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not radius_server.is_possible(), reason="FreeRADIUS or eapol_test is not installed"),
]
SITES = Path(__file__).parents[1] / "orgs" / "sites.yaml"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    shutil.copy(SITES, tmp_path / "org.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ACME_CHALLENGE", "0123456789abcdef")
    for name in ("ONBOARD_ORG", "ONBOARD_STATE", "ONBOARD_KEY_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    assert run(["ca", "init"]) == 0
    return tmp_path


def test_each_network_and_site_has_its_vlan(folder, capsys):
    """The network's VLAN, the site's where that is nearer; the server takes the reply attributes."""
    capsys.readouterr()
    assert run(["rehearse", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {(row["network"], row["vlan"]) for row in rows} == {
        ("corp", 20),
        ("corp@berlin", 1020),
        ("wire", 120),
    }
    assert all(row["authenticated"] and row["ok"] for row in rows)
    assert all(
        ("radius other was not played" in row["reason"]) is row["network"].startswith("corp") for row in rows
    )


def test_freeradius_takes_what_is_written_for_it(folder):
    """The one FreeRADIUS entry is the folder itself; another product has a folder of its name."""
    assert run(["radius", "--out", "radius"]) == 0
    command = [radius_server.freeradius(), "-C", "-X", "-d", str(folder / "radius")]
    secrets = {"RADIUS_MAIN": "x" * 20, "RADIUS_SECRET_BERLIN": "y" * 20}
    done = subprocess.run(command, env=secrets, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:]
    assert {path.name for path in (folder / "radius" / "other").rglob("*.md")} == {"ise.md"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    return Scene(make_world(tmp_path_factory.mktemp("northwind")), tmp_path_factory.mktemp("radius"))


def test_filter_id_arrives(scene, tmp_path):
    """A reply attribute reaches the access point as it is written."""
    policy = scene.policy
    rules = tuple(replace(rule, reply=(("Filter-Id", "staff 'x' %{User-Name} $y"),)) for rule in policy.rules)
    own = server_certificate(scene.world.site, NORTHWIND.radius[0])
    with radius_server.running_radius(replace(policy, rules=rules), own, scene.crls(), tmp_path) as radius:
        address = (radius.server.address, radius.server.port)
        outcome = radius_udp.authenticate(
            scene.network(), scene.identity(), scene.chain, address, radius.server.secret, tmp_path / "client"
        )
    assert outcome.accepted
    assert outcome.filter_id == "staff 'x' %{User-Name} $y"


def enrolled(scene: Scene, base: str) -> Identity:
    """A certificate that the server has on record."""
    given = next(g for g in scene.world.artifacts if (g.group, g.kind) == ("staff", "mobileconfig"))
    settings = read_profile(fill_in(given.content, given.kind, scene.world.values("staff", "apple")))
    with redirecting_client({"scep.northwind.example": base}) as client:
        device = ScepClient(url=settings.enrolment.url, client=client, shape=APPLE, now=datetime.now(UTC))
        endpoint = device.discover(settings.enrolment.pin, settings.certificates)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return device.enroll(endpoint, settings.enrolment.request, key)


def test_ocsp_is_asked_besides_the_crl(scene):
    """With a CRL that knows of nothing the responder decides; a dead one keeps people out."""
    site = scene.world.site
    with running_server(configure(site, {"staff": STAFF_CHALLENGE})) as base:
        identity = enrolled(scene, base)
        with scene.radius(ocsp_url=f"{base}/ocsp/staff") as radius:
            assert radius.authenticate("staff", scene.network(), identity, scene.chain).accepted
            with closing(SqliteStore(site.state.store)) as store:
                serial = identity.certificate.serial_number
                assert store.revoke(serial, RevocationReason.KEY_COMPROMISE, datetime.now(UTC))
            assert not radius.authenticate("staff", scene.network(), identity, scene.chain).accepted
        with scene.radius() as radius:
            assert radius.authenticate("staff", scene.network(), identity, scene.chain).accepted
    with scene.radius(ocsp_url=f"{base}/ocsp/staff") as radius:
        assert not radius.authenticate("staff", scene.network(), identity, scene.chain).accepted
