"""Hypothesis strategies for org definitions that have no mistake, as data and as YAML text."""

from __future__ import annotations

from typing import TypeAlias

import yaml
from hypothesis import strategies as st

Org: TypeAlias = dict[str, object]

_SLUGS = st.from_regex(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", fullmatch=True)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(
    lambda text: "${" not in text
)  # where a variable would begin
_SSIDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=32).filter(
    lambda text: len(text.encode()) <= 32 and text.isprintable()
)
_HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,10}[a-z0-9](\.[a-z][a-z0-9]{1,8}){1,3}", fullmatch=True)
_SERVER_NAMES = st.one_of(_HOSTS, _HOSTS.filter(lambda host: host.count(".") > 0).map("*.{}".format))
_PLATFORMS = ["apple", "windows", "chromeos", "android", "linux"]
_KEYS = ["rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384"]
_TAGS = ["apple-base", "windows-base", "chromeos-base", "android-base", "intune", "entra-sso"]


def names(least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(_SLUGS, min_size=least, max_size=most, unique=True)


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=len(values), unique=True)


@st.composite
def _networks(draw: st.DrawFn, radius: list[str]) -> Org:
    wifi = draw(names(1, 3))
    ssids = draw(st.lists(_SSIDS, min_size=len(wifi), max_size=len(wifi), unique=True))
    networks: Org = {name: draw(_wifi(ssid, radius)) for name, ssid in zip(wifi, ssids, strict=True)}
    if draw(st.booleans()):
        networks["the-wire"] = {"type": "ethernet", "radius": draw(st.sampled_from(radius))}
    return networks


@st.composite
def _wifi(draw: st.DrawFn, ssid: str, radius: list[str]) -> Org:
    security = draw(st.sampled_from(["wpa2-enterprise", "wpa2-wpa3-enterprise", "wpa3-enterprise"]))
    network: Org = {"ssid": ssid, "security": security, "radius": draw(st.sampled_from(radius))}
    if draw(st.booleans()):
        network["fips"] = draw(st.booleans()) and security != "wpa3-enterprise"
        network["mac_randomization"] = draw(st.booleans())
    return network


@st.composite
def _platforms(draw: st.DrawFn) -> list[str] | Org:
    """A list, or a mapping with options for Windows."""
    platforms = draw(some(_PLATFORMS))
    if draw(st.booleans()):
        return platforms
    windows = {
        "minimum": draw(st.sampled_from(["10.0.17763", "10.0.22000", "10.0.26100"])),
        "key_protection": draw(st.sampled_from(["software", "tpm", "tpm-if-present"])),
    }
    return {name: windows if name == "windows" else {} for name in platforms}


@st.composite
def _terms(draw: st.DrawFn) -> Org:
    """Some of what limits a shared secret."""
    terms: Org = {
        "until": "2027-01-31",
        "also_accept": [{"secret": "env:SECRET_OLD", "until": "2026-12-31"}],
        "addresses": draw(some(["10.0.0.0/8", "2001:db8::/32", "192.0.2.7/32"])),
        "uses": draw(st.integers(1, 1_000_000)),
    }
    return {name: terms[name] for name in draw(st.lists(st.sampled_from(sorted(terms)), unique=True))}


@st.composite
def _challenge(draw: st.DrawFn) -> Org:
    if draw(st.booleans()):
        secret = draw(st.sampled_from(["env:SECRET_1", "file:secret", "x" * 16]))
        return {"type": "static", "secret": secret} | draw(_terms())
    return {"type": "one-time"} | draw(st.sampled_from([{}, {"valid_for": "1h"}, {"valid_for": "15min"}]))


@st.composite
def _profile(draw: st.DrawFn) -> Org:
    holder = draw(st.sampled_from(["user", "device"]))
    variable = {"user": "${user.upn}", "device": "${device.serial}"}[holder]
    profile: Org = {
        "description": draw(_TEXTS),
        "holder": holder,
        "subject": {"common_name": variable, "organizational_unit": "${group.name}"},
        "valid_for": "300d",
    }
    if draw(st.booleans()):
        profile["renew_within"] = draw(st.sampled_from(["30d", "300d", "1h"]))
    if draw(st.booleans()):
        profile |= {"max_active": draw(st.integers(1, 1000)), "supersede_after": "7d", "legacy": True}
        profile["renew_after_expiry"] = "30d"
        profile["subject_alt_names"] = {
            "uri": [f"urn:x:{variable}", "urn:y"],
            "dns": "${device.fqdn}",
        }
    return profile


@st.composite
def _group(
    draw: st.DrawFn, authorities: list[str], profiles: list[str], wifi: list[str], wires: list[str]
) -> Org:
    group: Org = {
        "authority": draw(st.sampled_from(authorities)),
        "profile": draw(st.sampled_from(profiles)),
        "networks": draw(some(wifi)) + draw(st.sampled_from([wires, []])),
        "platforms": draw(_platforms()),
        "challenge": draw(_challenge()),
    }
    if draw(st.booleans()):
        vlan = st.integers(1, 4094)
        nearer = {name: draw(vlan) for name in group["networks"]}
        group["vlan"] = draw(st.one_of(vlan, st.just({"default": draw(vlan), **nearer})))
        group["reply"] = {"Filter-Id": draw(_TEXTS)}
    return group


@st.composite
def _authorities(draw: st.DrawFn) -> Org:
    key = st.sampled_from(_KEYS)
    authorities: Org = {"root": {"common_name": "Root", "key": draw(key), "valid_for": "20y"}}
    for name in draw(names(1, 3)):
        authorities.setdefault(
            name, {"issuer": "root", "common_name": f"CA {name}", "key": draw(key), "valid_for": "5y"}
        )
    return authorities


@st.composite
def legal_orgs(draw: st.DrawFn) -> Org:
    """An org definition as data."""
    authorities = draw(_authorities())
    radius = {
        name: {
            "type": draw(st.sampled_from(["freeradius", "ise", "clearpass", "other"])),
            "server_names": draw(st.lists(_SERVER_NAMES, min_size=1, unique=True)),
            "trust": ["root"],
            "clients": {"main": {"addresses": ["10.0.0.0/8", "2001:db8::7"], "secret": "env:RADIUS_MAIN"}},
        }
        for name in draw(names(1, 2))
    }
    networks = draw(_networks(list(radius)))
    if draw(st.booleans()) and all(entry["type"] != "freeradius" for entry in radius.values()):
        networks = {name: network | {"eap": "peap-tls"} for name, network in networks.items()}
    wires = [name for name in networks if name == "the-wire"]
    profiles = {name: draw(_profile()) for name in draw(names(0, 2))}
    group = _group(
        list(authorities),
        [*profiles, "user-eap-tls", "device-eap-tls"],
        [name for name in networks if name not in wires],
        wires,
    )
    org: Org = {
        "organization": {"name": draw(_TEXTS), "identifier": draw(_HOSTS)},
        "authorities": authorities,
        "radius": radius,
        "networks": networks,
        "profiles": profiles,
        "groups": {name: draw(group) for name in draw(names(1, 3))},
        "scep": {"url": draw(st.sampled_from(["https://scep.example", "http://10.0.0.1:8080/a/b/"]))},
        "x-note": draw(_TEXTS),
    }
    if draw(st.booleans()):
        org["onboarding"] = {
            "ssid": "the onboarding network, surely",
            "mode": draw(st.sampled_from(["captive", "zero-touch", "no-portal"])),
            "portal": "https://start.example",
            "services": draw(some(_TAGS)),
        }
    return org


def as_yaml(data: object, *, flow: bool = False, quotes: str = "") -> str:
    """The data as YAML text, in flow or block style, with quotes everywhere or where needed."""
    return yaml.safe_dump(
        _as_text(data) if quotes else data,  # PyYAML would tag a quoted number
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=flow,
        default_style=quotes or None,
    )


def _as_text(data: object) -> object:
    if isinstance(data, dict):
        return {key: _as_text(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_as_text(value) for value in data]
    return str(data).lower() if isinstance(data, bool) else str(data)
