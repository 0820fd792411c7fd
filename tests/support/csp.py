"""A Windows device that knows nothing but a SyncML file: plays the CSPs and says what it would do or refuse.

It follows the published rules of RootCATrustedCertificates, ClientCertificateInstall/SCEP, WiFi and
WiredNetwork, not the builder: a node is added before it is used, formats must fit, an Atomic fails whole,
Enroll needs every required node and comes last, a Wi-Fi profile is stored under its own name.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from defusedxml import ElementTree as SafeET

_S = "{SYNCML:SYNCML1.2}"
_FORMAT = "{syncml:metinf}Format"
_WLAN = "{http://www.microsoft.com/networking/WLAN/profile/v1}"
_ROOTS = re.compile(
    r"\./Device/Vendor/MSFT/RootCATrustedCertificates/(Root|CA)/([0-9A-F]{40})/EncodedCertificate"
)
_SCEP = re.compile(r"(\./(?:User|Device)/Vendor/MSFT/ClientCertificateInstall/SCEP/[^/]+)(?:/Install/(\w+))?")
_WIFI = re.compile(r"(\./(?:User|Device)/Vendor/MSFT)/WiFi/Profile/([^/]+)/WlanXml")
_LAN = "{http://www.microsoft.com/networking/LAN/profile/v1}"
_WIRE = re.compile(r"(\./(?:User|Device)/Vendor/MSFT)/WiredNetwork/LanXML")
_FORMATS = {
    "ServerURL": "chr",
    "Challenge": "chr",
    "EKUMapping": "chr",
    "KeyUsage": "int",
    "SubjectName": "chr",
    "SubjectAlternativeNames": "chr",
    "KeyLength": "int",
    "HashAlgorithm": "chr",
    "CAThumbprint": "chr",
    "KeyProtection": "int",
    "RetryCount": "int",
    "RetryDelay": "int",
    "ValidPeriod": "chr",
    "ValidPeriodUnits": "int",
    "Enroll": "null",
}
_REQUIRED = {
    "ServerURL",
    "Challenge",
    "EKUMapping",
    "KeyUsage",
    "SubjectName",
    "KeyLength",
    "HashAlgorithm",
    "CAThumbprint",
}


class CspError(Exception):
    """The device answers a command with a status that is not 200."""


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What the device would ask the SCEP server for."""

    scope: str  # User | Device
    url: str
    challenge: str
    subject: tuple[tuple[str, str], ...]
    alt_names: tuple[tuple[int, str], ...]
    key_bits: int
    key_usage: int
    ekus: tuple[str, ...]
    root_sha1: str


@dataclass(kw_only=True)
class Device:
    """What is on the device after the file."""

    roots: dict[str, bytes] = field(default_factory=dict)
    intermediates: dict[str, bytes] = field(default_factory=dict)
    enrolments: list[Enrolment] = field(default_factory=list)
    wifi: dict[str, str] = field(default_factory=dict)
    wire: str = ""
    log: list[str] = field(default_factory=list)


def play(document: bytes) -> Device:
    """Carry out a SyncML file.

    Raises:
        CspError: a command is refused; the message is the LocURI and the reason.
    """
    device = Device()
    root = SafeET.fromstring(document)
    _demand(root.tag == f"{_S}SyncML", "root", "not a SyncML document")
    (body,) = root
    ids = [element.text for element in root.iter(f"{_S}CmdID")]
    _demand(len(ids) == len(set(ids)), "CmdID", "a number is used twice")
    *commands, final = body
    _demand(final.tag == f"{_S}Final", "SyncBody", "Final is not last")
    for command in commands:
        if command.tag == f"{_S}Atomic":
            _atomic(device, command)
        else:
            _single(device, command)
    return device


def _atomic(device: Device, atomic) -> None:
    number, *commands = atomic
    _demand(number.tag == f"{_S}CmdID", "Atomic", "has no CmdID")
    nodes: dict[str, dict[str, str]] = {}
    for position, command in enumerate(commands):
        verb, uri, kind, data = _read(command)
        base, name = _scep(uri)
        if name is None:
            _demand(verb == "Add" and kind == "node", uri, "the certificate's node is added with format node")
            _demand(base not in nodes, uri, "418 already exists")
            nodes[base] = {}
            continue
        _demand(base in nodes, uri, "404: its node was not added")
        _demand(kind == _FORMATS.get(name), uri, "415: unknown node or wrong format")
        if name == "Enroll":
            _demand(verb == "Exec", uri, "405: Enroll is executed, not added")
            _demand(position == len(commands) - 1, uri, "Enroll is not the last command")
            device.enrolments.append(_enrol(device, base, nodes[base]))
            device.log.append("enrol")
        else:
            _demand(verb == "Add" and data is not None, uri, "405: a value is added with data")
            _demand(name not in nodes[base], uri, "418 already exists")
            nodes[base][name] = data
    _demand(bool(device.enrolments), "Atomic", "enrols nothing")


def _enrol(device: Device, base: str, values: dict[str, str]) -> Enrolment:
    missing = _REQUIRED - set(values)
    _demand(not missing, base, f"500: {', '.join(sorted(missing))} missing")
    _demand(int(values["KeyUsage"]) & 0xA0, base, "500: key usage without signature and encipherment")
    _demand(values["KeyLength"] in {"1024", "2048", "4096"}, base, "500: key length")
    _demand(set(values["HashAlgorithm"].split("+")) <= {"SHA-1", "SHA-2", "SHA-3"}, base, "500: hash")
    _demand(values["CAThumbprint"].upper() in device.roots, base, "the root is not trusted yet")
    _demand("_" not in values["Challenge"], base, "non-printable character in the challenge")
    return Enrolment(
        scope=base.split("/")[1],
        url=values["ServerURL"],
        challenge=values["Challenge"],
        subject=parse_x500(values["SubjectName"]),
        alt_names=_alt_names(values.get("SubjectAlternativeNames", "")),
        key_bits=int(values["KeyLength"]),
        key_usage=int(values["KeyUsage"]),
        ekus=tuple(values["EKUMapping"].split("+")),
        root_sha1=values["CAThumbprint"].upper(),
    )


def _alt_names(text: str) -> tuple[tuple[int, str], ...]:
    pairs = (pair.split("+", 1) for pair in text.split(";") if pair)
    return tuple((int(number), value) for number, value in pairs)


def _single(device: Device, command) -> None:
    verb, uri, kind, data = _read(command)
    _demand(verb == "Add" and data is not None, uri, "405: outside an Atomic only Add with data is expected")
    if match := _ROOTS.fullmatch(uri):
        _demand(kind == "b64", uri, "415: format")
        _demand(re.fullmatch(r"[A-Za-z0-9+/]+=*", data), uri, "line feeds or blanks in the certificate")
        der = base64.b64decode(data, validate=True)
        sha1 = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
        _demand(sha1 == match[2], uri, "the node is not the certificate's SHA-1")
        (device.roots if match[1] == "Root" else device.intermediates)[sha1] = der
        device.log.append(f"trust {match[1]}")
    elif match := _WIFI.fullmatch(uri):
        _demand(kind == "chr", uri, "415: format")
        profile = SafeET.fromstring(data)
        name = profile.findtext(f"{_WLAN}name")
        _demand(unquote(match[2]) == name, uri, "the node is not named after the profile")
        _demand(len(name.encode()) <= 32, uri, "the name is longer than 32 bytes")
        device.wifi[name] = data
        device.log.append(f"wifi {name}")
    elif _WIRE.fullmatch(uri):
        _demand(kind == "chr", uri, "415: format")
        _demand(not device.wire, uri, "418 already exists")
        _demand(SafeET.fromstring(data).tag == f"{_LAN}LANProfile", uri, "not a LAN profile")
        device.wire = data
        device.log.append("wire")
    else:
        _demand(False, uri, "404: no such node outside an Atomic")


def _read(command) -> tuple[str, str, str, str | None]:
    number, item = command
    _demand(number.tag == f"{_S}CmdID", command.tag, "CmdID is not first")
    uri = item.findtext(f"{_S}Target/{_S}LocURI")
    kind = item.findtext(f"{_S}Meta/{_FORMAT}")
    data = item.find(f"{_S}Data")
    return command.tag.removeprefix(_S), uri, kind, None if data is None else data.text


def _scep(uri: str) -> tuple[str, str | None]:
    match = _SCEP.fullmatch(uri)
    _demand(match is not None, uri, "404: not a node of ClientCertificateInstall/SCEP")
    return match[1], match[2]


def parse_x500(text: str) -> tuple[tuple[str, str], ...]:
    """X.500 text as CertStrToName reads it: ',' or '+' between parts, '"' around values, '""' for one."""
    parts, rest = [], text
    while rest:
        match = re.match(r'\s*([A-Za-z0-9.]+)\s*=\s*(?:"((?:[^"]|"")*)"|([^,+;="]*))\s*(?:[,+;]|$)', rest)
        _demand(match is not None, text, "cannot be read as an X.500 name")
        quoted, plain = match[2], match[3]
        parts.append((match[1], quoted.replace('""', '"') if quoted is not None else plain.strip()))
        rest = rest[match.end() :]
    return tuple(parts)


def _demand(condition: object, uri: str, reason: str) -> None:
    if not condition:
        msg = f"{uri}: {reason}"
        raise CspError(msg)
