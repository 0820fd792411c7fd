"""`onboard radius check` against FreeRADIUS as an admin might run it: right, with faults, and not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.northwind import NORTHWIND
from support.radius_scene import DAY, Scene, server
from support.world import make_world

from onboard.cli import run
from onboard.rehearse.radius_server import freeradius

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(freeradius() is None, reason="FreeRADIUS is not installed"),
]
EXAMPLE = Path(__file__).parents[2] / "examples" / "northwind.yaml"


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    folder = tmp_path_factory.mktemp("northwind")
    shutil.copy(EXAMPLE, folder / "org.yaml")
    return Scene(make_world(folder), tmp_path_factory.mktemp("radius"))


@pytest.fixture
def check(scene, monkeypatch, capsys):
    """Runs the command against a server; exit code, and what it printed as JSON."""
    monkeypatch.chdir(scene.world.site.folder)
    monkeypatch.setenv("NORTHWIND_STAFF_CHALLENGE", "Zw7-quiet-river-stone-lamp")
    for name in ("ONBOARD_ORG", "ONBOARD_STATE", "ONBOARD_KEY_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)

    def check(radius, *more: str):
        monkeypatch.setenv("SHARED", radius.server.secret.reveal())
        capsys.readouterr()
        place = f"127.0.0.1:{radius.server.port}"
        code = run(
            [
                "radius",
                "check",
                "campus",
                "--server",
                place,
                "--secret",
                "env:SHARED",
                "--format",
                "json",
                *more,
            ]
        )
        return code, json.loads(capsys.readouterr().out)

    return check


def test_the_generated_server_is_good_for_every_device(scene, check):
    """Chain, names, end, TLS versions and the VLAN of each group, from a server that was only asked."""
    with scene.radius() as radius:
        code, found = check(radius)
    assert (code, found["findings"]) == (0, [])
    assert found["chain"][0]["names"] == ["radius.northwind.example"]
    assert found["tls"]["1.2"] is None
    assert found["tls"]["1.3"]
    on = [row for row in found["devices"] if row["enrolled"]]
    assert {(row["group"], row["platform"]) for row in on} == {
        (group.name, platform.value)
        for group in NORTHWIND.groups
        for platform in group.platforms
        if platform.value != "android"
    }
    assert all(row["authenticated"] and row["vlan"] == NORTHWIND.group(row["group"]).vlan for row in on)


def test_both_tls_versions_are_seen(scene, check):
    """A server with 1.3 is said to speak both."""
    with scene.radius(tls_maximum="1.3") as radius:
        code, found = check(radius, "--group", "students", "--platform", "windows")
    assert (code, found["tls"]) == (0, {"1.2": None, "1.3": None})


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"name": "evil.northwind.example"}, "devices demand radius.northwind.example"),
        ({"name": "radius.northwind.example", "until": -DAY}, "it ended on"),
        ({"name": "radius.northwind.example", "issuer": None}, "does not lead to"),
    ],
)
def test_a_fault_of_the_server_certificate_is_found(scene, check, fault, named):
    """Name, end and chain: named as such, and no device gets on."""
    with scene.radius(server=server(scene, **fault)) as radius:
        code, found = check(radius, "--group", "students", "--platform", "apple")
    assert code == 1
    assert any(named in finding for finding in found["findings"]), found
    assert [row["ok"] for row in found["devices"]] == [False]
    assert "device refused" in found["devices"][0]["reason"]


def test_an_absent_server_is_told(check, scene, monkeypatch, capsys):
    """Nothing listens: the row says where nobody was."""
    with scene.radius() as radius:
        pass
    code, found = check(radius, "--group", "students", "--platform", "apple")
    assert code == 1
    assert "127.0.0.1 port" in found["devices"][0]["reason"]


def test_the_secret_is_a_reference(check, scene, capsys):
    """The secret itself on the command line would be in the process list: refused, and not repeated."""
    arguments = ["radius", "check", "campus", "--server", "127.0.0.1", "--secret", "hunter2-hunter2"]
    assert run(arguments) == 64
    told = capsys.readouterr().err
    assert "env:NAME" in told
    assert "hunter2" not in told


def test_text_tells_the_same(scene, check, capsys, monkeypatch):
    """For people: certificate, days left, chain, TLS, then the table."""
    with scene.radius() as radius:
        check(radius, "--group", "students")
        arguments = ["radius", "check", "campus", "--server", f"127.0.0.1:{radius.server.port}"]
        assert run([*arguments, "--secret", "env:SHARED", "--group", "students"]) == 0
    told = capsys.readouterr().out
    for word in ("radius.northwind.example", "days", "Northwind Root CA", "1.2 spoken", "1.3 not spoken"):
        assert word in told
