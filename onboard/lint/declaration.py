"""Judges Apple's declarations for certificates, and the credential documents that they point to: D01 to D11.

Source: apple/device-management, declarative/declarations: assets/credential.{scep,acme}, assets/credentials/
{scep,acme}, configurations/{legacy,security.identity}. A device reports an invalid declaration to its MDM and
nowhere else, and ignores keys that it does not know.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from onboard.errors import Finding
from onboard.lint.apple.tokens import is_final
from onboard.lint.jsonfile import Json, JsonError, looks_like, parse
from onboard.lint.report import Report

_MARKS: Final = ("ServerToken", "Keysize", "Key Type", "CAFingerprint", "ClientIdentifier", "DirectoryURL")
_OF_ACME: Final = frozenset({"ClientIdentifier", "DirectoryURL", "HardwareBound"})
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_FINGERPRINTS: Final = (20, 32)  # bytes of SHA-1 and SHA-256; MD5, which devices take too, is broken
_RSA: Final = range(2048, 4097, 8)  # Apple allows 1024 as well
_CURVES: Final = (256, 384, 521)
_OF_HARDWARE: Final = (256, 384)
_NAMES: Final = {list: "a list", dict: "an object", str: "text", int: "a whole number", bool: "true or false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """What Apple's schema says of one key."""

    type: type
    required: bool = False
    values: tuple[str | int, ...] = ()  # any when empty
    schemes: tuple[str, ...] = ()  # of a URL
    keys: Mapping[str, _Key] | None = None  # of an object


_TEXT: Final = _Key(type=str)
_FLAG: Final = _Key(type=bool)
_NEEDED: Final = _Key(type=str, required=True)
_HTTPS: Final = _Key(type=str, required=True, schemes=("https",))
_ALT_NAMES: Final = _Key(
    type=dict,
    keys=dict.fromkeys(("rfc822Name", "dNSName", "uniformResourceIdentifier", "ntPrincipalName"), _TEXT),
)
_ASSET: Final[Mapping[str, _Key]] = {
    "Reference": _Key(
        type=dict,
        required=True,
        keys={
            "DataURL": _HTTPS,
            "ContentType": _Key(type=str, values=("application/json",)),
            "Size": _Key(type=int),
            "Hash-SHA-256": _TEXT,
        },
    ),
    "Authentication": _Key(type=dict, keys={"Type": _Key(type=str, required=True, values=("MDM", "None"))}),
    "Accessible": _Key(type=str, values=("Default", "AfterFirstUnlock")),
}
_PAYLOADS: Final[Mapping[str, Mapping[str, _Key]]] = {
    "com.apple.asset.credential.scep": _ASSET,
    "com.apple.asset.credential.acme": _ASSET,
    "com.apple.configuration.legacy": {"ProfileURL": _HTTPS},
    "com.apple.configuration.security.identity": {
        "CredentialAssetReference": _NEEDED,
        "KeyIsExtractable": _FLAG,
        "AllowAllAppsAccess": _FLAG,
    },
}
_DECLARATION: Final[Mapping[str, _Key]] = {
    "Type": _Key(type=str, required=True, values=tuple(_PAYLOADS)),
    "Identifier": _NEEDED,
    "ServerToken": _NEEDED,
    "Payload": _Key(type=dict, required=True),
}
_SCEP: Final[Mapping[str, _Key]] = {
    "URL": _Key(type=str, required=True, schemes=("http", "https")),
    "Name": _TEXT,
    "Subject": _Key(type=list),
    "Challenge": _TEXT,
    "Keysize": _Key(type=int, values=(1024, 2048, 4096)),
    "Key Type": _Key(type=str, values=("RSA",)),
    "Key Usage": _Key(type=int, values=(0, 1, 4, 5)),
    "CAFingerprint": _TEXT,
    "Retries": _Key(type=int),
    "RetryDelay": _Key(type=int),
    "SubjectAltName": _ALT_NAMES,
}
_ACME: Final[Mapping[str, _Key]] = {
    "DirectoryURL": _HTTPS,
    "ClientIdentifier": _NEEDED,
    "KeySize": _Key(type=int, required=True),
    "KeyType": _Key(type=str, required=True, values=("RSA", "ECSECPrimeRandom")),
    "HardwareBound": _Key(type=bool, required=True),
    "Subject": _Key(type=list, required=True),
    "SubjectAltName": _ALT_NAMES,
    "UsageFlags": _Key(type=int),
    "ExtendedKeyUsage": _Key(type=list),
    "Attest": _FLAG,
}


def recognises(content: bytes) -> bool:
    """Whether it is a declaration, or a credential for SCEP or ACME."""
    return looks_like(content, *_MARKS)


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What devices would refuse or ignore, and what is unsafe."""
    report = Report(path, "apple")
    try:
        document = parse(content)
    except JsonError as error:
        report.error("D01", "", f"this is not JSON: {error}")
        return report.findings
    if not isinstance(document, dict):
        report.error("D01", "", "a declaration or a credential is a JSON object")
    elif "ServerToken" in document or "Payload" in document:
        _declaration(report, document)
    elif document.keys() & _OF_ACME:
        _judge(report, "", document, _ACME)
        _subject(report, document)
        _acme_key(report, document)
    else:
        _judge(report, "", document, _SCEP)
        _subject(report, document)
        _scep_key(report, document)
    return report.findings


def _judge(report: Report, where: str, found: Mapping[str, Json], known: Mapping[str, _Key]) -> None:
    """D02 to D06: the keys of an object and what they hold."""
    for name in found:
        if name not in known:
            report.error(
                "D02", _at(where, name), "there is no such key here", f"keys: {', '.join(sorted(known))}"
            )
    for name, key in known.items():
        if name in found:
            _value(report, _at(where, name), found[name], key)
        elif key.required:
            report.error("D03", where or name, f"{name} is missing")


def _value(report: Report, where: str, value: Json, key: _Key) -> None:
    if type(value) is not key.type:  # true is no number here
        report.error("D04", where, f"this is not {_NAMES[key.type]}")
    elif isinstance(value, str | int) and key.values and value not in key.values:
        report.error("D05", where, "a device knows no such value", f"known: {_listed(key.values)}")
    elif isinstance(value, str):
        if key.required and not value:
            report.error("D03", where, "this is empty")
        elif key.schemes and is_final(value) and not _is_url(value, key.schemes):
            report.error("D06", where, f"this is no {' or '.join(key.schemes)} URL")
    elif isinstance(value, dict) and key.keys is not None:
        _judge(report, where, value, key.keys)


def _declaration(report: Report, document: Mapping[str, Json]) -> None:
    _judge(report, "", document, _DECLARATION)
    kind, payload = document.get("Type"), document.get("Payload")
    if not isinstance(kind, str) or kind not in _PAYLOADS or not isinstance(payload, dict):
        return
    _judge(report, "Payload", payload, _PAYLOADS[kind])
    reference = payload.get("Reference")
    if isinstance(reference, dict):
        _digest(report, reference)
    if kind == "com.apple.configuration.security.identity":
        _protection(report, payload)


def _protection(report: Report, payload: Mapping[str, Json]) -> None:
    """D10: who else gets at the private key on a Mac."""
    if payload.get("KeyIsExtractable", True) is True:
        report.error(
            "D10",
            "Payload.KeyIsExtractable",
            "anyone on the Mac could copy the private key out (the default is true)",
            "write false",
        )
    if payload.get("AllowAllAppsAccess") is True:
        report.warning("D10", "Payload.AllowAllAppsAccess", "every application may use the private key")


def _digest(report: Report, reference: Mapping[str, Json]) -> None:
    """D07: what the device holds the fetched document against."""
    digest = reference.get("Hash-SHA-256")
    if isinstance(digest, str) and not _DIGEST.fullmatch(digest):
        report.error(
            "D07", "Payload.Reference.Hash-SHA-256", "this is no SHA-256 digest", "64 lower-case hex digits"
        )
    size = reference.get("Size")
    if isinstance(size, int) and size <= 0:
        report.error(
            "D07", "Payload.Reference.Size", "no document is this small", "write its bytes, or leave it out"
        )


def _subject(report: Report, document: Mapping[str, Json]) -> None:
    """D08: an array of arrays of [attribute, value] pairs."""
    subject = document.get("Subject")
    if not isinstance(subject, list):
        return  # D03 or D04
    pairs = [pair for level in subject for pair in (level if isinstance(level, list) else [None])]
    if not pairs or not all(_is_pair(pair) for pair in pairs):
        report.error(
            "D08",
            "Subject",
            "this is no array of arrays of [attribute, value] pairs",
            'e.g. [[["O", "Example"]], [["CN", "ada@example.org"]]]',
        )


def _scep_key(report: Report, document: Mapping[str, Json]) -> None:
    """D09 for SCEP: defaults and values too weak; D11: whose server the device would believe."""
    if document.get("Keysize", 1024) == 1024:
        report.error("D09", "Keysize", "1024 bits, also the default, are too weak", "write 2048 or 4096")
    if document.get("Key Usage", 0) in (0, 4):
        report.error("D09", "Key Usage", "the key could not sign, which TLS wants", "write 5, or 1")
    fingerprint = document.get("CAFingerprint")
    if "CAFingerprint" not in document:
        report.warning("D11", "CAFingerprint", "without it the device believes any CA that answers")
    elif isinstance(fingerprint, str) and _length(fingerprint) not in _FINGERPRINTS:
        report.error("D11", "CAFingerprint", "this is no SHA-1 or SHA-256 digest in base64")


def _acme_key(report: Report, document: Mapping[str, Json]) -> None:
    """D09 for ACME: which sizes go with which type, and what hardware can make and vouch for."""
    size, is_rsa = document.get("KeySize"), document.get("KeyType") == "RSA"
    is_bound = document.get("HardwareBound") is True
    if is_rsa and is_bound:
        report.error("D09", "KeyType", "secure hardware makes no RSA keys", "write ECSECPrimeRandom")
    if document.get("Attest") is True and not is_bound:
        report.error("D09", "Attest", "Apple vouches only for keys in hardware", "set HardwareBound to true")
    if type(size) is not int:
        return  # D03 or D04
    curves = _OF_HARDWARE if is_bound else _CURVES
    if is_rsa and size not in _RSA:
        report.error("D09", "KeySize", "no RSA key has this size, or it is weak", "write 2048, 3072 or 4096")
    elif not is_rsa and size not in curves:
        report.error("D09", "KeySize", "there is no curve of this size", f"write one of {_listed(curves)}")


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname)
    except ValueError:
        return False


def _is_pair(pair: Json) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(item, str) for item in pair)


def _length(text: str) -> int:
    """Bytes that the base64 stands for; -1 where it is none."""
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return -1


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _listed(values: tuple[str | int, ...]) -> str:
    return ", ".join(map(str, values))
