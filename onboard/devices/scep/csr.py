"""Builds a PKCS#10 request (RFC 2986) as a device does: subject, key, challenge, wanted extensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from onboard.devices.scep import der
from onboard.secret import Secret

UPN = "1.3.6.1.4.1.311.20.2.3"
_CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7"  # noqa: S105  an OID, no password
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
_SHA256_WITH_RSA = "1.2.840.113549.1.1.11"
_IA5_ATTRIBUTES = frozenset({"1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"})  # emailAddress, DC


@dataclass(frozen=True, slots=True)
class NameAttribute:
    """One attribute of a distinguished name: dotted OID and text."""

    oid: str
    value: str


@dataclass(frozen=True, slots=True)
class RequestedName:
    """One subject alternative name: `kind` is rfc822, dns, uri or upn."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRequest:
    """What a device asks for; the same whoever signs the message around it."""

    subject: tuple[tuple[NameAttribute, ...], ...]  # RDNs in order, each one or more attributes
    alt_names: tuple[RequestedName, ...] = ()
    challenge: Secret | None = field(default=None, repr=False)
    key_usage: tuple[str, ...] = ()  # digital_signature, key_encipherment; empty asks for none
    extended_key_usage: tuple[str, ...] = ()  # dotted OIDs; empty asks for none


def issuer_and_subject(
    issuer: x509.Certificate, subject: Sequence[Sequence[NameAttribute]], *, utf8: bool
) -> bytes:
    """IssuerAndSubject, what a CertPoll asks for (RFC 8894 §3.3.3)."""
    return der.sequence(issuer.subject.public_bytes(), name_der(subject, utf8=utf8))


def name_der(subject: Sequence[Sequence[NameAttribute]], *, utf8: bool) -> bytes:
    """A Name (RFC 5280 §4.1.2.4); PrintableString where it fits unless `utf8`."""
    return der.sequence(
        *(der.set_of(*(_attribute(attribute, utf8=utf8) for attribute in rdn)) for rdn in subject)
    )


def build_csr(
    request: CertificateRequest, key: rsa.RSAPrivateKey, *, utf8: bool = False, version: int = 0
) -> bytes:
    """The signed request, DER; SHA-256 with RSA (what every platform signs its PKCS#10 with today)."""
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    attributes = []
    if request.challenge is not None:
        attributes.append(_request_attribute(_CHALLENGE_PASSWORD, _directory_string(request.challenge)))
    extensions = _extensions(request)
    if extensions:
        attributes.append(_request_attribute(_EXTENSION_REQUEST, der.sequence(*extensions)))
    info = der.sequence(
        der.integer(version),
        name_der(request.subject, utf8=utf8),
        spki,
        der.tlv(0xA0, *sorted(attributes)),
    )
    signature = key.sign(info, padding.PKCS1v15(), hashes.SHA256())
    return der.sequence(info, der.algorithm(_SHA256_WITH_RSA), der.bit_string(signature))


def _attribute(attribute: NameAttribute, *, utf8: bool) -> bytes:
    if attribute.oid in _IA5_ATTRIBUTES:
        value = der.ia5(attribute.value)
    elif der.is_printable(attribute.value) and not utf8:
        value = der.printable(attribute.value)
    else:
        value = der.utf8(attribute.value)
    return der.sequence(der.oid(attribute.oid), value)


def _request_attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of(value))


def _directory_string(challenge: Secret) -> bytes:
    text = challenge.reveal()
    return der.printable(text) if der.is_printable(text) else der.utf8(text)  # RFC 2985 §5.4.1


def _extensions(request: CertificateRequest) -> list[bytes]:
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if request.key_usage:
        extensions.append((_key_usage(request.key_usage), True))
    if request.extended_key_usage:
        purposes = [x509.ObjectIdentifier(oid) for oid in request.extended_key_usage]
        extensions.append((x509.ExtendedKeyUsage(purposes), False))
    if request.alt_names:
        names = [_general_name(name) for name in request.alt_names]
        extensions.append((x509.SubjectAlternativeName(names), False))
    return [_extension(value, critical=critical) for value, critical in extensions]


def _extension(value: x509.ExtensionType, *, critical: bool) -> bytes:
    flag = (b"\x01\x01\xff",) if critical else ()
    return der.sequence(der.oid(value.oid.dotted_string), *flag, der.octets(value.public_bytes()))


def _key_usage(wanted: Sequence[str]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature="digital_signature" in wanted,
        key_encipherment="key_encipherment" in wanted,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: RequestedName) -> x509.GeneralName:
    match name.kind:
        case "rfc822":
            return x509.RFC822Name(name.value)
        case "dns":
            return x509.DNSName(name.value)
        case "uri":
            return x509.UniformResourceIdentifier(name.value)
        case "upn":
            return x509.OtherName(x509.ObjectIdentifier(UPN), der.utf8(name.value))
    msg = f"{name.kind!r} is no kind of alternative name that a device asks for"
    raise ValueError(msg)
