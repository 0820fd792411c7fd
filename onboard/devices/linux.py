"""A Linux computer runs the enrolment script (certmonger) and loads NetworkManager's connection profiles.

The script is read, not run: its settings stand in one block. Sources: certmonger's getcert-request(1),
NetworkManager's nm-settings-keyfile(5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError

from cryptography import x509

from onboard.devices.ca_certificates import Fingerprint
from onboard.devices.certificate import parse_certificate
from onboard.devices.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.devices.errors import DeviceError
from onboard.devices.identity import EapIdentity, EnrolledIdentity, IdentitySource
from onboard.devices.request_shape import CERTMONGER
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, Medium, NetworkSettings, Patience
from onboard.devices.shell_settings import here_documents, read_settings
from onboard.secret import Secret

# certmonger drops other attribute names without a word, unless they are OIDs.
_TYPES = {
    "CN": "2.5.4.3",
    "OU": "2.5.4.11",
    "O": "2.5.4.10",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "C": "2.5.4.6",
    "DC": "0.9.2342.19200300.100.1.25",
    "UID": "0.9.2342.19200300.100.1.1",
}
_PATIENCE = Patience(polls=None)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n?", re.DOTALL)
_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_KEY_MANAGEMENT = frozenset({"wpa-eap", "wpa-eap-suite-b-192"})


def read_linux(script: bytes, connections: Sequence[bytes]) -> DeviceSettings:
    """What a computer does with the script and the connection profiles beside it.

    Args:
        script: the certmonger script, its variables filled in.
        connections: NetworkManager keyfiles.

    Raises:
        DeviceError: a setting or key is absent or wrong, or a profile names a file that nobody writes.
    """
    settings = read_settings(script)
    folder = settings.get("folder", "")
    documents = {name: body for name, body in here_documents(script).items() if _PEM.search(body)}
    files = {f"{folder}/{name}": _certificates(name, body) for name, body in documents.items()}
    own = {f"{folder}/certificate.pem", f"{folder}/key.pem"}
    return DeviceSettings(
        platform="linux",
        enrolment=_enrolment(settings),
        networks=tuple(read_connection(content, files, own) for content in connections),
        certificates=tuple(dict.fromkeys(c for certificates in files.values() for c in certificates)),
    )


def _enrolment(settings: Mapping[str, str]) -> EnrolmentSettings:
    url, pin, bits = (_setting(settings, key) for key in ("scep_url", "root_sha256", "key_bits"))
    if not re.fullmatch(r"[0-9a-f]{64}", pin):
        raise DeviceError("settings: root_sha256", "is not 64 lower-case hexadecimal digits")
    if bits not in {"2048", "3072", "4096"}:
        raise DeviceError("settings: key_bits", f"{bits} is none of 2048, 3072 and 4096")
    usages = tuple(settings.get("extended_key_usage", "").split())
    return EnrolmentSettings(
        url=url,
        request=CertificateRequest(
            subject=_subject(_setting(settings, "subject")),
            alt_names=tuple(
                RequestedName(kind, settings[key])
                for key, kind in (("email", "rfc822"), ("dns", "dns"))
                if settings.get(key)
            ),
            challenge=Secret(_setting(settings, "challenge")),
            key_usage=("digital_signature", "key_encipherment"),
            extended_key_usage=usages,
        ),
        key_bits=int(bits),
        shape=CERTMONGER,
        pin=Fingerprint(bytes.fromhex(pin)),
        patience=_PATIENCE,
    )


def _setting(settings: Mapping[str, str], key: str) -> str:
    value = settings.get(key, "")
    if not value:
        raise DeviceError(f"settings: {key}", "is missing or empty")
    return value


def _subject(text: str) -> tuple[tuple[NameAttribute, ...], ...]:
    rdns = []
    for piece in re.findall(r"(?:^|,)((?:\\.|[^,\\])*)", text):
        kind, equals, value = piece.partition("=")
        oid = _TYPES.get(kind.strip(), kind.strip())
        if not equals or not re.fullmatch(r"\d+(\.\d+)+", oid):
            raise DeviceError("settings: subject", f"certmonger drops {kind!r} without a word")
        if not re.fullmatch(r'(?:\\.|[^\\+"<>;=])*', value):
            raise DeviceError(
                "settings: subject", f"the value of {kind} has a special character without '\\'"
            )
        rdns.append((NameAttribute(oid, re.sub(r"\\(.)", r"\1", value)),))
    return tuple(rdns)


def read_connection(
    content: bytes, files: Mapping[str, tuple[x509.Certificate, ...]], own: frozenset[str] | set[str]
) -> NetworkSettings:
    """One NetworkManager keyfile.

    Args:
        content: the file.
        files: certificates by the path at which they will lie.
        own: paths that enrolment fills.

    Raises:
        DeviceError: a key is absent, has a value NetworkManager refuses, or names a file that is not there.
    """
    keyfile = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",))
    try:
        keyfile.read_string(content.decode())
    except (ConfigError, UnicodeDecodeError) as error:
        raise DeviceError("nmconnection", "is no key file") from error
    keys = _Keys({section: dict(keyfile.items(section)) for section in keyfile.sections()})
    wired = keys.text("connection", "type") == "ethernet"
    if not wired and keys.text("wifi-security", "key-mgmt") not in _KEY_MANAGEMENT:
        raise DeviceError("[wifi-security] key-mgmt", "is neither wpa-eap nor wpa-eap-suite-b-192")
    if "tls" not in keys.text("802-1x", "eap").split(";"):
        raise DeviceError("[802-1x] eap", "does not hold tls")
    for key in ("client-cert", "private-key"):
        if keys.text("802-1x", key) not in own:
            raise DeviceError(f"[802-1x] {key}", "names a file that enrolment does not write")
    ca = keys.text("802-1x", "ca-cert")
    if ca not in files:
        raise DeviceError("[802-1x] ca-cert", f"{ca} is written by nobody")
    return NetworkSettings(
        name=keys.text("connection", "id"),
        medium=Medium.ETHERNET if wired else Medium.WIFI,
        ssid=b"" if wired else _ssid(keys.text("wifi", "ssid")),
        anchors=files[ca],
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


def _certificates(name: str, body: str) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(parse_certificate(pem.encode()) for pem in _PEM.findall(body))
    except ValueError as error:
        raise DeviceError(f"script: {name}", "is not a certificate") from error
