"""iwd network files: named as iwd looks for them, with its own kind of wildcards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import neutral, staff_plan
from support.snapshots import file_type

from onboard.lint import keyfile as judge
from onboard.model import Ssid
from onboard.payloads.linux.iwd import build, file_name


def test_network_as_file(snapshot):
    """The file of a network is this one, and lint has nothing to say about it; the wire is not iwd's."""
    (artifact,) = build(staff_plan(), neutral)
    assert judge.lint(artifact.path, artifact.content) == ()
    assert artifact.path == "staff/linux/iwd/Northwind.8021x"
    assert artifact.content.decode() == snapshot(extension_class=file_type("8021x"))


@pytest.mark.parametrize(
    ("ssid", "name"),
    [("Northwind-Start 1_x", "Northwind-Start 1_x.8021x"), ("a/b", "=612f62.8021x"), ("é", "=c3a9.8021x")],
)
def test_file_name(ssid, name):
    """Odd SSIDs are named by their bytes, which also keeps them inside the folder."""
    assert file_name(Ssid(ssid)) == name


def test_wildcards_stay():
    """Here names are compared label by label, wildcards included."""
    plan = staff_plan()
    plan = replace(plan, networks=(replace(plan.networks[0], server_names=("*.a.example", "b.example")),))
    security = judge.parse(build(plan, neutral)[0].content.decode())["Security"]
    assert security["EAP-TLS-ServerDomainMask"] == "*.a.example;b.example"
