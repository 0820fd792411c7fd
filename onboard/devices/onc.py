"""A Chromebook (or Android's policy) reads Open Network Configuration: networks, certificates, their links.

Source: Chromium's components/onc, chromeos/components/onc (validator), client_cert_resolver.cc. A bad network
or certificate is dropped there with a log line; here it is an error, because that network would be missing.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping

from cryptography import x509

from onboard.devices.certificate import parse_certificate
from onboard.devices.errors import DeviceError
from onboard.devices.fields import Fields
from onboard.devices.identity import CertificatePattern
from onboard.devices.server_names import NameRule, ServerNames
from onboard.devices.settings import Medium

_PATTERN_OIDS = {
    "CommonName": "2.5.4.3",
    "Locality": "2.5.4.7",
    "Organization": "2.5.4.10",
    "OrganizationalUnit": "2.5.4.11",
}


Certificates = Mapping[str, x509.Certificate]  # by GUID


def load(content: bytes) -> Fields:
    """The document's top object; raises DeviceError."""
    try:
        return Fields.of(json.loads(content), "")
    except ValueError as error:
        raise DeviceError("ONC", f"is not JSON: {error}") from error


def read_certificates(onc: Fields) -> Mapping[str, x509.Certificate]:
    """Authorities by GUID; raises DeviceError for a GUID twice or something that is no certificate."""
    certificates: dict[str, x509.Certificate] = {}
    for entry in onc.children("Certificates", []):
        guid = _guid(entry)
        if guid in certificates:
            raise DeviceError(entry.place("GUID"), "is used twice")
        if entry.text("Type") != "Authority":
            raise DeviceError(entry.place("Type"), "is not Authority; nothing else is a trust anchor")
        certificates[guid] = _certificate(entry)
    return certificates


def read_guids(onc: Fields) -> tuple[Fields, ...]:
    """The network entries, each with a GUID of its own and what its type demands; raises DeviceError."""
    entries, seen = onc.children("NetworkConfigurations", []), set[str]()
    for entry in entries:
        guid = _guid(entry)
        if guid in seen:
            raise DeviceError(entry.place("GUID"), "is used twice")
        seen.add(guid)
        entry.text("Name")
    return entries


def medium(entry: Fields) -> tuple[Medium, Fields]:
    """The medium and the object that goes with it; raises DeviceError."""
    kind = entry.text("Type")
    if kind == "WiFi":
        return Medium.WIFI, entry.child("WiFi")
    if kind == "Ethernet":
        ethernet = entry.child("Ethernet")
        if ethernet.text("Authentication", "None") != "8021X":
            raise DeviceError(ethernet.place("Authentication"), "is not 8021X")
        return Medium.ETHERNET, ethernet
    raise DeviceError(entry.place("Type"), f"{kind!r} is neither WiFi nor Ethernet")


def ssid(wifi: Fields) -> bytes:
    """HexSSID wins over SSID; raises DeviceError."""
    if wifi.has("HexSSID"):
        try:
            octets = bytes.fromhex(wifi.text("HexSSID"))
        except ValueError as error:
            raise DeviceError(wifi.place("HexSSID"), "is not hexadecimal") from error
    else:
        octets = wifi.text("SSID").encode()
    if not 1 <= len(octets) <= 32:
        raise DeviceError(wifi.place("SSID"), "is not 1 to 32 bytes of UTF-8")
    return octets


def eap_tls(parent: Fields) -> Fields:
    """The EAP object; raises DeviceError where it is not EAP-TLS."""
    eap = parent.child("EAP")
    if eap.text("Outer") != "EAP-TLS":
        raise DeviceError(eap.place("Outer"), "is not EAP-TLS")
    return eap


def anchors(eap: Fields, certificates: Certificates) -> tuple[x509.Certificate, ...]:
    """ServerCARefs resolved; raises DeviceError where one is dangling or both forms stand there."""
    if eap.has("ServerCARef") and eap.has("ServerCARefs"):
        raise DeviceError(eap.place("ServerCARef"), "excludes ServerCARefs")
    refs = (eap.text("ServerCARef"),) if eap.has("ServerCARef") else eap.texts("ServerCARefs", [])
    if not refs:
        raise DeviceError(eap.place("ServerCARefs"), "is empty: no authority vouches for the RADIUS server")
    return tuple(_resolve(ref, certificates, eap.place("ServerCARefs")) for ref in refs)


def server_names(eap: Fields) -> ServerNames:
    """SubjectAlternativeNameMatch (exact DNS) before DomainSuffixMatch; raises DeviceError without either.

    A device demands both lists where both stand there, so names that fit the first alone do not count.
    """
    matches = eap.children("SubjectAlternativeNameMatch", [])
    exact = tuple(m.text("Value") for m in matches if m.text("Type") == "DNS")
    suffixes = eap.texts("DomainSuffixMatch", [])
    if exact and suffixes:
        exact = tuple(n for n in exact if any(n == s or n.endswith("." + s) for s in suffixes))
        if not exact:
            raise DeviceError(eap.place("DomainSuffixMatch"), "fits none of SubjectAlternativeNameMatch")
    if not exact and not suffixes:
        raise DeviceError(
            eap.place("DomainSuffixMatch"), "is missing: every server of the CA would be accepted"
        )
    return ServerNames(NameRule.EQUAL, exact) if exact else ServerNames(NameRule.SUFFIX, suffixes)


def pattern(eap: Fields, certificates: Certificates) -> CertificatePattern:
    """ClientCertPattern; raises DeviceError where it is empty or refers to nothing."""
    found = eap.child("ClientCertPattern")
    refs = found.texts("IssuerCARef", [])
    result = CertificatePattern(
        issuers=tuple(_resolve(ref, certificates, found.place("IssuerCARef")) for ref in refs),
        issuer=_name_pattern(found, "Issuer"),
        subject=_name_pattern(found, "Subject"),
    )
    if not (result.issuers or result.issuer or result.subject):
        raise DeviceError(found.path, "needs IssuerCARef, Issuer or Subject")
    return result


def _name_pattern(parent: Fields, key: str) -> tuple[tuple[str, str], ...]:
    if not parent.has(key):
        return ()
    name = parent.child(key)
    return tuple((oid, name.text(field)) for field, oid in _PATTERN_OIDS.items() if name.has(field))


def _resolve(ref: str, certificates: Certificates, place: str) -> x509.Certificate:
    if ref not in certificates:
        raise DeviceError(place, f"{ref} names no certificate of this file")
    return certificates[ref]


def _guid(entry: Fields) -> str:
    guid = entry.text("GUID")
    if not guid:
        raise DeviceError(entry.place("GUID"), "is empty")
    return guid


def _certificate(entry: Fields) -> x509.Certificate:
    text = entry.text("X509")
    try:
        if text.startswith("-----BEGIN"):
            return parse_certificate(text.encode())
        if re.search(r"\s", text):
            raise DeviceError(entry.place("X509"), "has white space, which only PEM with its armour may have")
        return parse_certificate(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error) as error:
        raise DeviceError(entry.place("X509"), "is not a certificate") from error
