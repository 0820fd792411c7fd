"""Netplan itself turns the file into a NetworkManager profile that pins the server."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from support.northwind import neutral, staff_plan

from onboard.lint import keyfile
from onboard.model import Security
from onboard.payloads.linux.netplan import build
from onboard.payloads.linux.networkmanager import connection_uuid

GENERATE = shutil.which("generate", path="/usr/libexec/netplan:/usr/lib/netplan:/lib/netplan")
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(GENERATE is None, reason="netplan.io is not installed"),
]


def generated(tmp_path, plan, **environment) -> dict[str, dict]:
    """The NetworkManager profiles that netplan writes, by UUID."""
    folder = tmp_path / "etc" / "netplan"
    folder.mkdir(parents=True)
    (artifact,) = build(plan, neutral)
    path = folder / "90-onboard.yaml"
    path.write_bytes(artifact.content)
    path.chmod(0o600)
    done = subprocess.run(
        [GENERATE, "--root-dir", str(tmp_path)], capture_output=True, text=True, check=False, **environment
    )
    assert (done.returncode, done.stderr) == (0, "")
    written = (tmp_path / "run" / "NetworkManager" / "system-connections").glob("*.nmconnection")
    profiles = [keyfile.parse(profile.read_text()) for profile in written]
    return {profile["connection"]["uuid"]: profile for profile in profiles}


@pytest.mark.parametrize("security", Security)
def test_profiles_pin_the_server(tmp_path, security):
    """Every network comes out with its UUID, CA, exact server name and key management."""
    plan = staff_plan()
    plan = replace(plan, networks=(replace(plan.networks[0], security=security), plan.networks[1]))
    found = generated(tmp_path, plan)
    assert set(found) == {connection_uuid(plan, network) for network in plan.networks}
    for network in plan.networks:
        profile = found[connection_uuid(plan, network)]
        assert profile["802-1x"]["domain-match"] == "radius.northwind.example"
        assert profile["802-1x"]["ca-cert"] == f"/etc/onboard/staff/trust-{network.name}.pem"
        assert profile["ipv4"]["method"] == "auto"
    wifi = found[connection_uuid(plan, plan.networks[0])]
    suite_b = security is Security.WPA3_ENTERPRISE_192
    assert wifi["wifi-security"]["key-mgmt"] == ("wpa-eap-suite-b-192" if suite_b else "wpa-eap")
