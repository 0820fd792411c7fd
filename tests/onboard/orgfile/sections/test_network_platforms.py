"""`platforms` of a network: whose payloads it is in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.northwind import NORTHWIND, STAFF, STAFF_CHALLENGE, certificates

from onboard.apple_options import AppleSystem
from onboard.compose import compose
from onboard.compose.spelling import neutral
from onboard.model import Network, Platform
from onboard.options import EapMethod
from onboard.orgfile import check, loads
from onboard.plan import make_plan
from onboard.variables import Holder

ACME = (Path(__file__).parents[3] / "orgs" / "acme.yaml").read_text()
ENVIRON = {"ACME_CHALLENGE": "0123456789abcdef"}


def network(platforms: str) -> Network:
    """Acme's wire with these platforms."""
    text = ACME.replace("    type: ethernet\n", f"    type: ethernet\n    platforms: {platforms}\n")
    return next(one for one in loads(text).networks if one.name == "wire")


def limited(*platforms: Platform) -> tuple[Network, ...]:
    """Northwind's networks, the wire for some platforms alone."""
    return tuple(replace(n, platforms=platforms) if n.name == "desk" else n for n in STAFF.networks)


@pytest.mark.parametrize(
    ("written", "platforms", "systems"),
    [
        ("[windows, linux]", (Platform.WINDOWS, Platform.LINUX), ()),
        ("[apple]", (Platform.APPLE,), ()),
        ("[macos, windows]", (Platform.APPLE, Platform.WINDOWS), (AppleSystem.MACOS,)),
        ("[macos, apple]", (Platform.APPLE,), ()),
    ],
)
def test_apples_systems_are_one_platform(written, platforms, systems):
    """They share a profile; which of them are meant is kept."""
    found = network(written)
    assert (set(found.platforms), found.apple_systems) == (set(platforms), systems)


def test_a_network_without_the_key_is_for_everybody():
    """As ever."""
    assert all(one.is_for(platform) for one in loads(ACME).networks for platform in Platform)


def test_payloads_of_other_platforms_are_those_of_a_group_without_it():
    """Byte for byte: where it is not for them, it is not there."""
    whole = make_plan(
        NORTHWIND, replace(STAFF, networks=limited(Platform.LINUX)), certificates(), STAFF_CHALLENGE
    )
    without = make_plan(
        NORTHWIND,
        replace(STAFF, networks=tuple(n for n in STAFF.networks if n.name != "desk")),
        certificates(),
        STAFF_CHALLENGE,
    )
    others = [platform for platform in Platform if platform is not Platform.LINUX]
    made = [compose(plan, neutral, platforms=others) for plan in (whole, without)]
    assert [one.artifact for one in made[0]] == [one.artifact for one in made[1]]
    linux = compose(whole, neutral, platforms=[Platform.LINUX])
    assert any("desk" in one.artifact.path for one in linux)


def test_teap_chains_groups_whose_windows_is_told_of_the_network():
    """A group that does not join brings no certificates there."""
    first, *rest = STAFF.networks
    teap = replace(first, eap=EapMethod.TEAP)
    told = replace(STAFF, networks=(teap, *rest))
    other = replace(NORTHWIND.group("students"), networks=(replace(teap, platforms=(Platform.APPLE,)),))
    plan = make_plan(replace(NORTHWIND, groups=(told, other)), told, certificates(), STAFF_CHALLENGE)
    assert plan.networks[0].chained[Holder.DEVICE] == ()


def test_what_a_platform_cannot_do_there_is_no_trouble_of_others(tmp_path):
    """A network that is not for Android says nothing of Android's lack of Ethernet."""
    path = tmp_path / "org.yaml"
    text = ACME.replace("[apple, windows]", "[windows, android]").replace("[corp]", "[corp, wire]")
    path.write_text(text)
    assert [m.message[:24] for m in check(path, ENVIRON)[1]] == ["android goes without 802"]
    path.write_text(text.replace("    type: ethernet\n", "    type: ethernet\n    platforms: [windows]\n"))
    assert check(path, ENVIRON)[1] == ()
