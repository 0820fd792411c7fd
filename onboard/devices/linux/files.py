"""The other files in which a Linux computer may keep its networks: wpa_supplicant, netplan, iwd.

A computer takes one kind; NetworkManager's profiles are played, and the others must lead to the same servers.
Sources: wpa_supplicant.conf(5), netplan(5) with its NetworkManager renderer, iwd.network(5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass

import yaml
from cryptography import x509

from onboard.devices.errors import DeviceError
from onboard.devices.fields import Fields
from onboard.devices.linux.keyfile import Installed, read_groups
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import Medium, NetworkSettings

_KEY_MANAGEMENT = frozenset({"WPA-EAP", "WPA-EAP-SHA256", "WPA-EAP-SUITE-B-192", "IEEE8021X"})
_BLOCK = re.compile(r"^network=\{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Read:
    """What one file says of one network, as far as every kind can say it."""

    medium: Medium
    ssid: bytes | None  # None: the file's name says it
    anchors: tuple[x509.Certificate, ...]
    names: ServerNames | None  # None: written by rules that NetworkManager does not know
    identity: str

    @classmethod
    def of(cls, network: NetworkSettings) -> _Read:
        return cls(
            network.medium, network.ssid, network.anchors, network.server_names, network.eap_identity.text
        )

    def agrees(self, known: _Read) -> bool:
        """Whether a computer with this file would trust and be the same as one with NetworkManager."""
        return (self.medium, self.anchors, self.identity) == (
            known.medium,
            known.anchors,
            known.identity,
        ) and (self.ssid in {None, known.ssid} and self.names in (None, known.names))


def demand_agreement(
    networks: Sequence[NetworkSettings], others: Mapping[str, Sequence[bytes]], installed: Installed
) -> None:
    """Every network of the other files is one of NetworkManager's.

    Args:
        networks: of the connection profiles.
        others: the files by kind: wpa-supplicant, netplan, iwd; other kinds are ignored.
        installed: what they may name.

    Raises:
        DeviceError: the file cannot be read, names something that is not there, or says something else.
    """
    known = [_Read.of(network) for network in networks]
    for kind, read in _READERS.items():
        for content in others.get(kind, ()):
            for found in read(content, installed):
                if known and not any(found.agrees(one) for one in known):
                    name = (
                        "the wire"
                        if found.ssid == b""
                        else (found.ssid or b"a network").decode(errors="replace")
                    )
                    raise DeviceError(
                        kind, f"says something else of {name} than NetworkManager's profiles do"
                    )


def _wpa_supplicant(content: bytes, installed: Installed) -> Iterator[_Read]:
    text = _text(content, "wpa-supplicant")
    blocks = _BLOCK.findall(text)
    if not blocks:
        raise DeviceError("wpa-supplicant", "holds no network")
    for block in blocks:
        yield _wpa_network(_assignments(block), installed)


def _assignments(block: str) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for line in filter(None, map(str.strip, block.splitlines())):
        name, equals, value = line.partition("=")
        if not equals or name in values:
            raise DeviceError(f"wpa-supplicant: {name}", "is no assignment, or one too many")
        values[name] = value
    return values


def _wpa_network(values: Mapping[str, str], installed: Installed) -> _Read:
    def demand(name: str) -> str:
        value = _wpa_text(name, values.get(name, ""))
        if not value:
            raise DeviceError(f"wpa-supplicant: {name}", "is missing or empty")
        return value.decode(errors="replace")

    management = set(values.get("key_mgmt", "").split())
    if not management or not management <= _KEY_MANAGEMENT:
        raise DeviceError("wpa-supplicant: key_mgmt", "is no 802.1X")
    if values.get("eap") != "TLS":
        raise DeviceError("wpa-supplicant: eap", "is not TLS")
    for name in ("client_cert", "private_key"):
        installed.demand_own(demand(name), f"wpa-supplicant: {name}")
    wired = management == {"IEEE8021X"}
    return _Read(
        medium=Medium.ETHERNET if wired else Medium.WIFI,
        ssid=b"" if wired else _wpa_text("ssid", values.get("ssid", "")),
        anchors=installed.anchors(demand("ca_cert"), "wpa-supplicant: ca_cert"),
        names=_wpa_names(values, demand),
        identity=demand("identity"),
    )


def _wpa_names(values: Mapping[str, str], demand: Callable[[str], str]) -> ServerNames:
    """domain_match, domain_suffix_match; altsubject_match has its own form, `DNS:NAME;DNS:NAME`."""
    if "domain_match" in values:
        return ServerNames(NameRule.EQUAL, tuple(demand("domain_match").split(";")))
    if "domain_suffix_match" in values:
        return ServerNames(NameRule.SUFFIX, tuple(demand("domain_suffix_match").split(";")))
    if "altsubject_match" in values:
        names = demand("altsubject_match").split(";")
        return ServerNames(NameRule.EQUAL, tuple(name.removeprefix("DNS:") for name in names))
    raise DeviceError("wpa-supplicant: domain_match", "is missing: every server of the CA would be accepted")


def _wpa_text(name: str, value: str) -> bytes:
    """A text field: between double quotes, or its octets in hexadecimal."""
    quoted = re.fullmatch(r'"(.*)"', value)
    if quoted:
        return quoted[1].encode()
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise DeviceError(f"wpa-supplicant: {name}", "is neither quoted nor hexadecimal") from error


def _netplan(content: bytes, installed: Installed) -> Iterator[_Read]:
    try:
        document = yaml.BaseLoader(content).get_single_data()
    except yaml.YAMLError as error:
        raise DeviceError("netplan", "is not YAML") from error
    network = Fields.of(document, "netplan").child("network")
    if network.text("renderer", "networkd") != "NetworkManager":
        raise DeviceError(
            network.place("renderer"), "is not NetworkManager, which alone can pin a server's name"
        )
    for card in _named(network, "wifis"):
        for ssid in card.child("access-points").values:
            point = card.child("access-points").child(ssid)
            radio = {"ssid": "".join(f"{octet};" for octet in ssid.encode())}
            yield _netplan_network(
                point, {"wifi": radio, "connection": {"id": ssid, "type": "wifi"}}, installed
            )
    for port in _named(network, "ethernets"):
        connection = {"id": port.path, "type": "ethernet"}
        yield _netplan_network(port, {"connection": connection}, installed)


def _named(network: Fields, key: str) -> Iterator[Fields]:
    definitions = network.child(key) if network.has(key) else Fields({})
    return (definitions.child(name) for name in definitions.values)


def _netplan_network(place: Fields, groups: Mapping[str, Mapping[str, str]], installed: Installed) -> _Read:
    """What NetworkManager gets: netplan's own keys in its words, and what is passed through."""
    auth = place.child("auth")
    wanted = "802.1x" if groups["connection"]["type"] == "ethernet" else "eap"
    if auth.text("key-management") != wanted:
        raise DeviceError(auth.place("key-management"), f"is not {wanted}")
    written = {name: dict(keys) for name, keys in groups.items()}
    written["802-1x"] = {
        "eap": f"{auth.text('method')};",
        "identity": auth.text("identity"),
        "ca-cert": auth.text("ca-certificate"),
        "client-cert": auth.text("client-certificate"),
        "private-key": auth.text("client-key"),
    }
    passed = place.child("networkmanager").child("passthrough")
    for name in passed.values:
        group, _, key = name.partition(".")
        written.setdefault(group, {})[key] = passed.text(name)
    escaped = {
        group: {k: v.replace("\\", "\\\\") for k, v in keys.items()} for group, keys in written.items()
    }
    return _Read.of(read_groups(escaped, installed))


def _iwd(content: bytes, installed: Installed) -> Iterator[_Read]:
    file = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    file.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep the case
    try:
        file.read_string(_text(content, "iwd"))
    except ConfigError as error:
        raise DeviceError("iwd", "is no key file") from error

    def demand(key: str) -> str:
        value = file.get("Security", key, fallback="")
        if not value:
            raise DeviceError(f"iwd: {key}", "is missing or empty")
        return re.sub(r"\\(.)", lambda match: {"s": " "}.get(match[1], match[1]), value)

    if demand("EAP-Method") != "TLS":
        raise DeviceError("iwd: EAP-Method", "is not TLS")
    for key in ("EAP-TLS-ClientCert", "EAP-TLS-ClientKey"):
        installed.demand_own(demand(key), f"iwd: {key}")
    names = tuple(demand("EAP-TLS-ServerDomainMask").split(";"))
    plain = not any("*" in name for name in names)
    yield _Read(
        medium=Medium.WIFI,
        ssid=None,
        anchors=installed.anchors(demand("EAP-TLS-CACert"), "iwd: EAP-TLS-CACert"),
        names=ServerNames(NameRule.EQUAL, names) if plain else None,
        identity=demand("EAP-Identity"),
    )


def _text(content: bytes, kind: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise DeviceError(kind, "is not UTF-8") from error


_READERS: Mapping[str, Callable[[bytes, Installed], Iterator[_Read]]] = {
    "wpa-supplicant": _wpa_supplicant,
    "netplan": _netplan,
    "iwd": _iwd,
}
