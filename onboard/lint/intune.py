"""Judges a bundle of Microsoft Graph objects for Intune: rules windows-10, -29 to -32, -34, -36 and -38.

What the objects carry is judged by the rooms of its own format: WLAN profiles and Apple profiles.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote

from cryptography import x509

from onboard.errors import Finding, Severity
from onboard.lint import apple
from onboard.lint.jsonfile import Json, JsonError, parse
from onboard.lint.windows.document import UnreadableError, read_node
from onboard.lint.windows.profile import profile
from onboard.lint.windows.schema import ROOTS

_COLLECTION = b"/deviceManagement/deviceConfigurations"
_PREFIX = "#microsoft.graph."
_SUFFIXES: Mapping[str, tuple[str, ...]] = {
    # type ending -> properties that Graph demands beside displayName
    "TrustedRootCertificate": ("trustedRootCertificate",),
    "CertificateProfile": (
        "certificateValidityPeriodScale",
        "certificateValidityPeriodValue",
        "extendedKeyUsages",
        "keySize",
        "keyUsage",
        "renewalThresholdPercentage",
        "scepServerUrls",
        "subjectNameFormatString",
    ),
    "EnterpriseWiFiConfiguration": ("networkName", "ssid", "eapType", "wiFiSecurityType", "proxySettings"),
    "WiredNetworkConfiguration": ("eapType",),
    "10CustomConfiguration": ("omaSettings",),
    "OSCustomConfiguration": ("payload", "payloadName", "deploymentChannel"),
    "osCustomConfiguration": ("payload", "payloadName"),
}
_NETWORKS = ("EnterpriseWiFiConfiguration", "WiredNetworkConfiguration")
_WLAN_URI = re.compile(r"\./(?:(?:User|Device)/)?Vendor/MSFT/WiFi/Profile/([^/]+)/WlanXml")
_LAN_URI = re.compile(r"\./(?:(?:User|Device)/)?Vendor/MSFT/WiredNetwork/LanXML")
_DAYS: Mapping[str, int] = {"days": 1, "months": 30, "years": 365}


def recognises(content: bytes) -> bool:
    """Whether this is JSON with objects for Intune's collection of profiles."""
    return content.lstrip()[:1] == b"{" and _COLLECTION in content and b'"objects"' in content


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """Findings in the order of the objects; never raises."""
    try:
        document = parse(content)
    except JsonError as error:
        return (_error(path, "", "30", f"it is not JSON: {error}"),)
    objects = document.get("objects") if isinstance(document, dict) else None
    if not isinstance(objects, list):
        return (_error(path, "objects", "30", "the list of objects is missing"),)
    assignment = document.get("assignment") if isinstance(document, dict) else None
    return (*_objects(path, objects), *_assignment(path, assignment, objects))


def _objects(path: str, objects: list[Json]) -> Iterator[Finding]:
    types: dict[str, str] = {}
    for number, entry in enumerate(objects):
        if not isinstance(entry, dict):
            yield _error(path, f"objects[{number}]", "30", "this is no object")
            continue
        key, body = _text(entry, "key"), _mapping(entry, "body")
        where = key or f"objects[{number}]"
        if not key or key in types:
            yield _error(path, where, "30", "the key is missing or used twice")
        kind = _text(body, "@odata.type")
        yield from _references(path, where, kind, _mapping(entry, "bind"), types)
        types[key] = kind
        yield from _body(path, where, kind, body)


def _assignment(path: str, assignment: Json, objects: list[Json]) -> Iterator[Finding]:
    """Root, certificate and network go to the same groups, or a device gets half of them."""
    if assignment is None:
        return
    assigned = assignment.get("keys") if isinstance(assignment, dict) else None
    keys = [entry.get("key") for entry in objects if isinstance(entry, dict)]
    for key in keys:
        if not isinstance(assigned, list) or key not in assigned:
            yield _error(path, "assignment", "31", f"{key} is assigned to nobody, and the others need it")
    for key in assigned if isinstance(assigned, list) else []:
        if key not in keys:
            yield _error(path, "assignment", "31", f"{key!r} is assigned and not created")


def _references(
    path: str, where: str, kind: str, bind: Mapping[str, Json], types: Mapping[str, str]
) -> Iterator[Finding]:
    """An object is created after those that it refers to, which are of its own platform."""
    for navigation, target in bind.items():
        for key in target if isinstance(target, list) else [target]:
            if str(key) not in types:
                yield _error(
                    path, where, "30", f"{navigation} refers to {key!r}, which is not created before"
                )
    if kind.endswith(_NETWORKS):
        for navigation in ("identityCertificateForClientAuthentication", "rootCertificate"):
            if not any(name.startswith(navigation) for name in bind):
                yield _error(path, where, "30", f"a network needs {navigation}, or Intune deploys half of it")
    elif kind.endswith("CertificateProfile") and "rootCertificate" not in bind:
        yield _error(path, where, "30", "a SCEP profile needs rootCertificate")


def _body(path: str, where: str, kind: str, body: Mapping[str, Json]) -> Iterator[Finding]:
    if not kind.startswith(_PREFIX):
        yield _error(path, where, "30", f"the @odata.type {kind!r} does not begin with {_PREFIX}")
        return
    suffix = next((known for known in _SUFFIXES if kind.endswith(known)), None)
    if suffix is None:
        yield _error(path, where, "30", f"{kind} is no type of trust, certificate or network")
        return
    for name in ("displayName", *_SUFFIXES[suffix]):
        if name not in body or body[name] in (None, ""):
            yield _error(path, where, "30", f"{name} is missing, and Graph demands it")
    if suffix == "TrustedRootCertificate":
        yield from _trust(path, where, body)
    elif suffix == "CertificateProfile":
        yield from _scep(path, where, kind, body)
    elif suffix == "10CustomConfiguration":
        yield from _settings(path, where, body)
    elif suffix.endswith("CustomConfiguration"):
        yield from _apple(path, where, body)


def _trust(path: str, where: str, body: Mapping[str, Json]) -> Iterator[Finding]:
    der = _base64(_text(body, "trustedRootCertificate"))
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        yield _error(path, where, "28", "trustedRootCertificate is no certificate in base64 of DER")
        return
    wants_root = _text(body, "destinationStore") == "computerCertStoreRoot"
    if wants_root and certificate.subject != certificate.issuer:
        yield _error(path, where, "10", "this certificate is not a root", "use computerCertStoreIntermediate")


def _scep(path: str, where: str, kind: str, body: Mapping[str, Json]) -> Iterator[Finding]:
    names = _text(body, "subjectNameFormatString")
    if "windows" in kind and "{{DeviceId}}" in names:
        yield _error(path, where, "34", "{{DeviceId}} in a Windows subject breaks the sync")
    if _text(body, "certificateStore") == "machine" and re.search(r"\{\{(?:User|Email|OnPrem)", names):
        yield _error(path, where, "34", "a device's certificate has no user to name")
    value = body.get("certificateValidityPeriodValue")
    days = (
        value * _DAYS.get(_text(body, "certificateValidityPeriodScale"), 0) if isinstance(value, int) else 0
    )
    if not 5 <= days <= 732:
        yield _error(path, where, "36", f"Intune takes 5 days to 24 months, not {days} days")
    urls = body.get("scepServerUrls")
    for url in urls if isinstance(urls, list) else []:
        if "android" in kind and not str(url).startswith("https://"):
            yield _error(path, where, "38", f"Android enrols at https URLs only, not at {url}")
    if "challenge" in str(sorted(body)).lower():
        yield _error(path, where, "32", "a native SCEP profile has no challenge; Intune makes one itself")


def _settings(path: str, where: str, body: Mapping[str, Json]) -> Iterator[Finding]:
    settings = body.get("omaSettings")
    for setting in settings if isinstance(settings, list) else []:
        known = setting if isinstance(setting, dict) else {}
        uri = _text(known, "omaUri")
        wireless = _WLAN_URI.fullmatch(uri)
        if wireless is None and not _LAN_URI.fullmatch(uri):
            continue
        try:
            root = read_node(path, _text(known, "value"), where)
        except UnreadableError as error:
            yield _error(path, where, "29", f"the network profile cannot be read: {error}")
            continue
        wanted = "WLANProfile" if wireless else "LANProfile"
        if root.name != wanted:
            yield _error(path, where, "29", f"this node takes a {wanted}")
        elif wireless and root.value("name") != unquote(wireless[1]):
            yield _error(path, where, "29", "the node is not named after the profile")
        if root.name in ROOTS:
            yield from profile(root)


def _apple(path: str, where: str, body: Mapping[str, Json]) -> Iterator[Finding]:
    for finding in apple.lint(path, _base64(_text(body, "payload"))):
        yield replace(finding, where=f"{where}: {finding.where}")


def _text(mapping: Mapping[str, Json], name: str) -> str:
    value = mapping.get(name)
    return value if isinstance(value, str) else ""


def _mapping(mapping: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = mapping.get(name)
    return value if isinstance(value, dict) else {}


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _error(path: str, where: str, rule: str, message: str, hint: str = "") -> Finding:
    return Finding(
        path=path, where=where, rule=f"windows-{rule}", severity=Severity.ERROR, message=message, hint=hint
    )
