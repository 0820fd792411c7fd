"""The netplan file: the NetworkManager renderer, told by pass-through which server to believe."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from support.northwind import neutral, staff_plan
from support.snapshots import file_type

from onboard.lint import netplan as judge
from onboard.model import NetworkType, Security, Ssid
from onboard.payloads.linux import networkmanager
from onboard.payloads.linux.netplan import build


def network(plan) -> dict:
    return yaml.BaseLoader(build(plan, neutral)[0].content).get_single_data()["network"]


def with_network(**change):
    plan = staff_plan()
    return replace(plan, networks=(replace(plan.networks[0], **change),))


def access_point(plan) -> dict:
    ((_, card),) = network(plan)["wifis"].items()
    ((_, entry),) = card["access-points"].items()
    return entry


def test_file_as_recorded(snapshot):
    """The file of a group is this one, and lint has nothing to say about it."""
    (artifact,) = build(staff_plan(), neutral)
    assert judge.lint(artifact.path, artifact.content) == ()
    assert not artifact.secret
    assert artifact.content.decode() == snapshot(extension_class=file_type("yaml"))


def test_server_name_goes_through():
    """What netplan cannot say itself is passed through, exact or as a suffix."""
    exact = access_point(with_network())["networkmanager"]["passthrough"]
    assert exact["802-1x.domain-match"] == "radius.northwind.example"
    odd = access_point(with_network(server_names=("*.a.example", "b.example")))
    assert odd["networkmanager"]["passthrough"]["802-1x.domain-suffix-match"] == "a.example;b.example"


def test_same_profile_as_networkmanager():
    """The connection is the one of the key file: same UUID, same files, same security."""
    plan = with_network(security=Security.WPA3_ENTERPRISE_192)
    entry = access_point(plan)
    assert entry["networkmanager"]["uuid"] == networkmanager.connection_uuid(plan, plan.networks[0])
    assert entry["auth"]["client-key"] == "/etc/onboard/staff/key.pem"
    assert entry["networkmanager"]["passthrough"]["wifi-security.key-mgmt"] == "wpa-eap-suite-b-192"


@pytest.mark.parametrize("ssid", ["0123", "on", "a: b", "日本", "- x", "#", "'\""])
def test_any_ssid_is_text(ssid):
    """Whatever an SSID looks like to YAML, it stays text."""
    ((_, card),) = network(with_network(ssid=Ssid(ssid)))["wifis"].items()
    assert list(card["access-points"]) == [ssid]


def test_media_are_there_when_needed():
    """A group without Wi-Fi has no card, one without a wire no port."""
    assert "ethernets" not in network(with_network())
    wired = with_network(type=NetworkType.ETHERNET, ssid=None, security=None)
    assert "wifis" not in network(wired)
    assert network(wired)["ethernets"]["onboard-staff-campus"]["auth"]["key-management"] == "802.1x"
