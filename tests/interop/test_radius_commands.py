"""`onboard radius` and `onboard rehearse` with FreeRADIUS and eapol_test beside them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from onboard.cli import run
from onboard.rehearse import faketime, radius_server

pytestmark = pytest.mark.interop
EXAMPLE = Path(__file__).parents[2] / "examples" / "northwind.yaml"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("northwind")
    shutil.copy(EXAMPLE, folder / "org.yaml")
    assert run(["ca", "init", "--org", str(folder / "org.yaml")]) == 0
    return folder


@pytest.fixture
def folder(made, monkeypatch) -> Path:
    monkeypatch.chdir(made)
    monkeypatch.setenv("NORTHWIND_STAFF_CHALLENGE", "Zw7-quiet-river-stone-lamp")
    for name in ("ONBOARD_ORG", "ONBOARD_STATE", "ONBOARD_KEY_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.mark.skipif(radius_server.freeradius() is None, reason="FreeRADIUS is not installed")
def test_freeradius_takes_the_folder(folder):
    """`freeradius -C` accepts it as it is, once the clients have a secret."""
    assert run(["radius", "--out", "radius"]) == 0
    command = [radius_server.freeradius(), "-X", "-C", "-d", str(folder / "radius")]
    done = subprocess.run(
        command, env={"RADIUS_SECRET": "x" * 20}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-500:]


@pytest.mark.skipif(not radius_server.is_possible(), reason="FreeRADIUS or eapol_test is not installed")
def test_rehearsal_goes_down_to_eap_tls(folder, capsys):
    """Where both are installed, every enrolled device is let in, into the VLAN of its group."""
    capsys.readouterr()
    assert run(["rehearse", "--format", "json"]) == 0
    enrolled = [row for row in json.loads(capsys.readouterr().out) if row["enrolled"]]
    assert all(row["authenticated"] for row in enrolled)
    assert {(row["group"], row["vlan"]) for row in enrolled} == {("staff", 20), ("students", 30)}


@pytest.mark.skipif(
    not radius_server.is_possible() or faketime.library() is None,
    reason="FreeRADIUS, eapol_test or libfaketime is not installed",
)
def test_devices_renew_and_stay_on_the_network(folder, capsys):
    """Eleven months on every device holds another certificate, and RADIUS of that day lets it in."""
    capsys.readouterr()
    assert run(["rehearse", "--at", "+11mo", "--format", "json"]) == 0
    rows = [row for row in json.loads(capsys.readouterr().out) if row["enrolled"]]
    assert all(row["renewed"] and row["authenticated"] and row["vlan"] for row in rows)


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell is installed")
def test_refresh_script_is_a_script(folder):
    """The shell reads the script without complaint."""
    assert run(["radius", "--out", "radius"]) == 0
    assert subprocess.run(["sh", "-n", folder / "radius/refresh-crls"], check=False).returncode == 0
