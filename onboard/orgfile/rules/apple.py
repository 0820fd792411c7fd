"""Holds what a group asks of its Apple devices against what their systems and versions can do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from onboard.apple_options import (
    ETHERNET_SINCE,
    GROUP_KEYS,
    INTERFACES,
    NETWORK_KEYS,
    SHA256_PIN_SINCE,
    WPA3_SINCE,
    AppleOptions,
    AppleSystem,
    Key,
    Scope,
    Setting,
)
from onboard.model import EnrollmentProfile, Network, NetworkType, Platform, Security
from onboard.orgfile.rules.platforms import apple_profile
from onboard.orgfile.sections.groups import WrittenGroup
from onboard.orgfile.text.cursor import Cursor, ReportedError, readable
from onboard.variables import Holder

_WPA3_ALONE = frozenset({Security.WPA3_ENTERPRISE, Security.WPA3_ENTERPRISE_192})


def judge(groups: Iterable[WrittenGroup]) -> None:
    """Report what the Apple devices of each group cannot do, and options that no device of it reads."""
    for group in groups:
        with suppress(ReportedError):
            platforms = [platform for _, platform in readable(group.platforms.value)]
            if Platform.APPLE in platforms:
                _judge(group, group.asked.value.apple.value)
            elif group.apple.value:
                group.apple.cursor.warn("no Apple device is in this group, so nobody reads these keys")
            _judge_others(group, platforms)


def _judge(group: WrittenGroup, options: AppleOptions) -> None:
    _report_unknown(group.apple.cursor, group.apple.value, GROUP_KEYS, options)
    if group.apple.value.get("PayloadRemovalDisallowed") is True:
        group.apple.cursor.warn(
            "PayloadRemovalDisallowed is obeyed by supervised or managed devices; others refuse the profile",
            "leave it out where people install the profile themselves",
        )
    if old := options.older_than(SHA256_PIN_SINCE):
        group.asked.cursor.warn(
            f"{_listed(old)}: versions that old know a CA by its SHA-1 digest only, so the profile pins that",
            "raise 'minimum' to iOS 16, macOS 13 or the like as soon as you can",
        )
    profile = apple_profile(group)
    with suppress(ReportedError):
        for cursor, network in group.networks_on(Platform.APPLE):
            _judge_systems(cursor, network, options)
            _judge_network(cursor, network, options, profile)
        _judge_wires(group, options)


def _judge_network(
    cursor: Cursor, network: Network, options: AppleOptions, profile: EnrollmentProfile | None
) -> None:
    _report_unknown(cursor, network.apple, NETWORK_KEYS, options)
    is_user = profile is not None and profile.holder is Holder.USER and options.scope is None
    if "SetupModes" in network.apple and (options.scope is Scope.USER or is_user):
        cursor.mistake(
            f"network '{network.name}' has SetupModes, and this group's identities are in login keychains",
            "write 'scope: system' under macos in the group's platforms, or leave SetupModes out",
        )
    if network.security in _WPA3_ALONE and (old := options.older_than(WPA3_SINCE)):
        cursor.warn(f"{_listed(old)}: versions that old do not know WPA3", "raise 'minimum', or add WPA2")
    interface = network.apple.get("Interface", "AnyEthernet")
    others = [system for system in options.systems if system is not AppleSystem.MACOS]
    if interface != "AnyEthernet" and others:
        cursor.mistake(f"Interface {interface} exists on Macs only, and the group has {_listed(others)}")


def _judge_systems(cursor: Cursor, network: Network, options: AppleOptions) -> None:
    """A profile is for all Apple devices of a group, so no network in it is for some of them alone."""
    also = [s for s in AppleSystem if options.includes(s) and s not in network.apple_systems]
    if network.apple_systems and also:
        cursor.warn(
            f"{_listed(also)} get '{network.name}' too: the Apple devices of a group have one profile",
            "give them a group of their own if they must not join there",
        )


def _judge_wires(group: WrittenGroup, options: AppleOptions) -> None:
    wires = [(c, n) for c, n in group.networks_on(Platform.APPLE) if n.type is NetworkType.ETHERNET]
    seen: dict[str, str] = {}
    for cursor, network in wires:
        interface = str(network.apple.get("Interface", "AnyEthernet"))
        if interface in seen:
            cursor.mistake(
                f"'{seen[interface]}' and '{network.name}' are both wired, and an Apple device takes one"
                f" network for {interface}",
                f"give one of them another Interface: {', '.join(INTERFACES)}",
            )
        seen[interface] = network.name
    without = [system for system in options.systems if system not in ETHERNET_SINCE]
    old = options.older_than(ETHERNET_SINCE)
    late = tuple(dict.fromkeys((*without, *old)))
    if wires and late:
        wires[0][0].warn(f"{_listed(late)} of the versions admitted go without 802.1X on Ethernet")


def _judge_others(group: WrittenGroup, platforms: Collection[Platform]) -> None:
    """What other platforms do without."""
    others = [platform for platform in platforms if platform is not Platform.APPLE]
    with suppress(ReportedError):
        for cursor, network in readable(group.networks.value):
            rest = [platform for platform in others if network.is_for(platform)]
            if network.passpoint is not None and rest:
                cursor.warn(f"{', '.join(rest)}: joined by SSID; Passpoint is for Apple devices")


def _report_unknown(
    cursor: Cursor, keys: Mapping[str, Setting], known: Mapping[str, Key], options: AppleOptions
) -> None:
    for name in keys:
        if not any(options.includes(system) for system in known[name].systems):
            cursor.mistake(f"none of {_listed(options.systems)} knows {name}", "remove it, or add a system")


def _listed(systems: Iterable[AppleSystem]) -> str:
    return ", ".join(systems)
