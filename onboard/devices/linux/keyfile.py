"""NetworkManager's keyfiles: one 802.1X connection each (nm-settings-keyfile(5), nm-settings(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass

from cryptography import x509

from onboard.devices.errors import DeviceError
from onboard.devices.identity import EapIdentity, EnrolledIdentity, IdentitySource
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import Medium, NetworkSettings

_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_KEY_MANAGEMENT = frozenset({"wpa-eap", "wpa-eap-suite-b-192"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What lies on the computer when its networks are read.

    Attributes:
        trust: certificates by path, written by the script.
        own: paths that enrolment fills.
    """

    trust: Mapping[str, tuple[x509.Certificate, ...]]
    own: frozenset[str]

    def anchors(self, path: str, place: str) -> tuple[x509.Certificate, ...]:
        """The certificates of a trust file; DeviceError where nobody writes it."""
        if path not in self.trust:
            raise DeviceError(place, f"{path} is written by nobody")
        return self.trust[path]

    def demand_own(self, path: str, place: str) -> None:
        """DeviceError where enrolment does not write the file."""
        if path not in self.own:
            raise DeviceError(place, "names a file that enrolment does not write")


def read_connection(content: bytes, installed: Installed) -> NetworkSettings:
    """One NetworkManager keyfile.

    Args:
        content: the file.
        installed: what it may name.

    Raises:
        DeviceError: a key is absent, has a value NetworkManager refuses, or names a file that is not there.
    """
    keyfile = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    try:
        keyfile.read_string(content.decode())
    except (ConfigError, UnicodeDecodeError) as error:
        raise DeviceError("nmconnection", "is no key file") from error
    groups = {section: dict(keyfile.items(section)) for section in keyfile.sections()}
    return read_groups(groups, installed)


def read_groups(groups: Mapping[str, Mapping[str, str]], installed: Installed) -> NetworkSettings:
    """A connection by group and key, as a keyfile writes them; arguments and errors as `read_connection`."""
    keys = _Keys(groups)
    wired = keys.text("connection", "type") == "ethernet"
    if not wired and keys.text("wifi-security", "key-mgmt") not in _KEY_MANAGEMENT:
        raise DeviceError("[wifi-security] key-mgmt", "is neither wpa-eap nor wpa-eap-suite-b-192")
    if "tls" not in keys.text("802-1x", "eap").split(";"):
        raise DeviceError("[802-1x] eap", "does not hold tls")
    for key in ("client-cert", "private-key"):
        installed.demand_own(keys.text("802-1x", key), f"[802-1x] {key}")
    return NetworkSettings(
        name=keys.text("connection", "id"),
        medium=Medium.ETHERNET if wired else Medium.WIFI,
        ssid=b"" if wired else _ssid(keys.text("wifi", "ssid")),
        anchors=installed.anchors(keys.text("802-1x", "ca-cert"), "[802-1x] ca-cert"),
        server_names=_server_names(keys),
        identity=EnrolledIdentity(),
        eap_identity=EapIdentity(IdentitySource.TEMPLATE, keys.text("802-1x", "identity")),
        tls_maximum="1.3",
    )


class _Keys:
    """The groups of a key file; complaints are spelled `[group] key`."""

    def __init__(self, groups: Mapping[str, Mapping[str, str]]) -> None:
        self._groups = groups

    def text(self, group: str, key: str) -> str:
        value = self.optional(group, key)
        if not value:
            raise DeviceError(f"[{group}] {key}", "is missing or empty")
        return value

    def optional(self, group: str, key: str) -> str:
        raw = self._groups.get(group, {}).get(key, "")
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), raw)


def _server_names(keys: _Keys) -> ServerNames:
    exact = keys.optional("802-1x", "domain-match")
    suffix = keys.optional("802-1x", "domain-suffix-match")
    if exact:
        return ServerNames(NameRule.EQUAL, tuple(filter(None, exact.split(";"))))
    if suffix:
        return ServerNames(NameRule.SUFFIX, tuple(filter(None, suffix.split(";"))))
    raise DeviceError("[802-1x] domain-match", "is missing: every server of the CA would be accepted")


def _ssid(text: str) -> bytes:
    """Text, or the bytes in decimal with a ';' after each."""
    if re.fullmatch(r"(\d{1,3};)+", text):
        octets = bytes(int(number) for number in text.split(";")[:-1])
    else:
        octets = text.replace("\\;", ";").encode()
    if not 1 <= len(octets) <= 32:
        raise DeviceError("[wifi] ssid", "is not 1 to 32 bytes")
    return octets
