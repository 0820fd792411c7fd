"""An Apple device reads a configuration profile (iOS, iPadOS, macOS), signed or not.

Sources: apple/device-management (mdm/profiles), Security (SecSCEP.c, SecCertificateRequest.c), eap8021x.
Unknown keys are ignored as the device ignores them, so a misspelt `Keysize` becomes its default of 1024.
"""

from __future__ import annotations

import plistlib
import re
from datetime import timedelta
from xml.parsers.expat import ExpatError

from cryptography import x509

from onboard.devices.apple.networks import read_network
from onboard.devices.apple.signed_profile import open_profile
from onboard.devices.certificate import parse_certificate
from onboard.devices.errors import DeviceError
from onboard.devices.fields import Fields
from onboard.devices.scep.ca_certificates import Fingerprint
from onboard.devices.scep.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.devices.scep.request_shape import APPLE
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, Patience
from onboard.secret import Secret

SCEP = "com.apple.security.scep"
_CERTIFICATES = frozenset({"com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem"})
_NETWORKS = re.compile(r"com\.apple\.(wifi|(global|(first|second|third)(active)?)ethernet)\.managed")
_SHORT_NAMES = {
    "C": "2.5.4.6",
    "ST": "2.5.4.8",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "CN": "2.5.4.3",
    "EMAIL": "1.2.840.113549.1.9.1",
}
_OID = re.compile(r"[0-2](\.\d+)+")
_ALT_NAMES = {"rfc822Name": "rfc822", "dNSName": "dns", "uniformResourceIdentifier": "uri"}
_KEY_SIZES = frozenset({1024, 2048, 4096})
_DIGEST_LENGTHS = frozenset({16, 20, 28, 32, 48, 64})


def read_profile(content: bytes) -> DeviceSettings:
    """What a device does with a `.mobileconfig`.

    Args:
        content: the file as downloaded, an XML or binary property list or CMS around one.

    Raises:
        DeviceError: the device would refuse to install it, or would ask its user to trust a server.
    """
    profile = _load(open_profile(content))
    payloads = {payload.text("PayloadUUID"): payload for payload in _payloads(profile)}
    certificates = {
        uuid: _certificate(payload)
        for uuid, payload in payloads.items()
        if payload.text("PayloadType") in _CERTIFICATES
    }
    identities = [uuid for uuid, payload in payloads.items() if payload.text("PayloadType") == SCEP]
    enrolments = [_enrolment(payloads[uuid].child("PayloadContent")) for uuid in identities]
    if len(enrolments) > 1:
        raise DeviceError("PayloadContent", "two SCEP payloads make the device enrol twice")
    networks = tuple(
        read_network(payload, certificates, identities)
        for payload in payloads.values()
        if _NETWORKS.fullmatch(payload.text("PayloadType"))
    )
    return DeviceSettings(
        platform="apple",
        enrolment=enrolments[0] if enrolments else None,
        networks=networks,
        certificates=tuple(certificates.values()),
    )


def _load(content: bytes) -> Fields:
    try:
        profile = Fields.of(plistlib.loads(content), "")
    except (plistlib.InvalidFileException, ExpatError, ValueError, LookupError, AttributeError) as error:
        msg = f"is not a property list: {error}"
        raise DeviceError("profile", msg) from error
    if profile.text("PayloadType") != "Configuration":
        raise DeviceError("PayloadType", "is not 'Configuration'")
    _demand_common_keys(profile)
    return profile


def _payloads(profile: Fields) -> tuple[Fields, ...]:
    payloads = profile.children("PayloadContent")
    for key in ("PayloadUUID", "PayloadIdentifier"):
        seen: set[str] = set()
        for payload in payloads:
            value = payload.text(key).upper()
            if value in seen:
                raise DeviceError(payload.place(key), "is used twice in this profile")
            seen.add(value)
    for payload in payloads:
        _demand_common_keys(payload)
    return payloads


def _demand_common_keys(payload: Fields) -> None:
    for key in ("PayloadType", "PayloadIdentifier", "PayloadUUID"):
        payload.text(key)
    if payload.integer("PayloadVersion") != 1:
        raise DeviceError(payload.place("PayloadVersion"), "is not 1")


def _certificate(payload: Fields) -> x509.Certificate:
    content = payload.data("PayloadContent")
    try:
        certificate = parse_certificate(content)
    except ValueError as error:
        raise DeviceError(payload.place("PayloadContent"), "is not a certificate") from error
    root = payload.text("PayloadType") == "com.apple.security.root"
    if root and certificate.issuer != certificate.subject:
        raise DeviceError(
            payload.place("PayloadType"), "com.apple.security.root holds a certificate that is no root"
        )
    return certificate


def _enrolment(scep: Fields) -> EnrolmentSettings:
    bits = scep.integer("Keysize", 1024)
    if bits not in _KEY_SIZES:
        raise DeviceError(scep.place("Keysize"), f"{bits} is none of 1024, 2048 and 4096")
    if scep.text("Key Type", "RSA") != "RSA":
        raise DeviceError(scep.place("Key Type"), "is not RSA, the only key that SCEP makes")
    url = scep.text("URL")
    if not re.match(r"https?://[^/\s]+", url):
        raise DeviceError(scep.place("URL"), "is not an absolute http or https URL")
    return EnrolmentSettings(
        url=url,
        request=_request(scep),
        key_bits=bits,
        shape=APPLE,
        pin=_fingerprint(scep),
        patience=Patience(
            polls=scep.integer("Retries", 3), every=timedelta(seconds=scep.integer("RetryDelay", 10))
        ),
        identifier=scep.text("Name", ""),
    )


def _request(scep: Fields) -> CertificateRequest:
    usage = scep.integer("Key Usage", 0)
    return CertificateRequest(
        subject=_subject(scep),
        alt_names=_alt_names(scep.child("SubjectAltName")) if scep.has("SubjectAltName") else (),
        challenge=Secret(scep.text("Challenge")) if scep.has("Challenge") else None,
        key_usage=(
            *(("digital_signature",) if usage & 1 else ()),
            *(("key_encipherment",) if usage & 4 else ()),
        ),
    )


def _subject(scep: Fields) -> tuple[tuple[NameAttribute, ...], ...]:
    rdns = []
    for at, rdn in enumerate(scep.items("Subject", [])):
        place = f"{scep.place('Subject')}[{at}]"
        if not isinstance(rdn, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in rdn):
            raise DeviceError(place, "is not an array of [OID, value] pairs; Subject has three levels")
        rdns.append(tuple(_attribute(pair, place) for pair in rdn))
    return tuple(rdns)


def _attribute(pair: list[object], place: str) -> NameAttribute:
    name, value = pair
    if not isinstance(name, str) or not isinstance(value, str) or not value:
        raise DeviceError(place, "a pair is not two texts")
    oid = _SHORT_NAMES.get(name, name)
    if not _OID.fullmatch(oid):
        raise DeviceError(
            place,
            f"the device reads {name!r} as a dotted OID and makes garbage of it",
            hint=f"use the OID; the short names are {', '.join(_SHORT_NAMES)}",
        )
    return NameAttribute(oid, value)


def _alt_names(names: Fields) -> tuple[RequestedName, ...]:
    found = []
    for key, kind in _ALT_NAMES.items():
        if names.has(key):
            one = isinstance(names.values[key], str)
            values = (names.text(key),) if one else names.texts(key)
            for value in values:
                if not value.isascii():
                    raise DeviceError(names.place(key), "is not ASCII")
                found.append(RequestedName(kind, value))
    if names.has("ntPrincipalName"):
        found.append(RequestedName("upn", names.text("ntPrincipalName")))
    return tuple(found)


def _fingerprint(scep: Fields) -> Fingerprint | None:
    if not scep.has("CAFingerprint"):
        return None
    digest = scep.data("CAFingerprint")
    if len(digest) not in _DIGEST_LENGTHS:
        raise DeviceError(scep.place("CAFingerprint"), f"{len(digest)} bytes are the length of no digest")
    return Fingerprint(digest)
