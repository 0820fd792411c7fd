"""Certificates of the infrastructure: roots, issuing CAs, RAs, responders, RADIUS servers, profile signers.

None of the leaves carries clientAuth, so none can pass as a device where the network demands that usage; and
each carries some usage, because a certificate without any passes for everything (RFC 5280 §4.2.1.12).
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ObjectIdentifier

from scep_server import oids
from scep_server.authority.issuing import IssuingAuthority, authority_key_identifier, key_usage
from scep_server.authority.signing import digest_for
from scep_server.keys import PrivateKey, PublicKey

_BACKDATE = timedelta(hours=1)  # clocks differ


class Shape(enum.Enum):
    """The leaves, each with its extended key usages.

    REGISTRATION_AUTHORITY: id-kp-cmcRA (RFC 6402 §2.10) says what it is; emailProtection beside it, because
    OpenSSL's CMS and PKCS#7 verification asks a signer for the S/MIME purpose unless told otherwise, and SCEP
    clients are built on that. Apple chooses the RA by key usage alone.
    OCSP_SIGNER: the issuer's delegate (RFC 6960 §4.2.2.2).
    RADIUS_SERVER: serverAuth, which Windows and Apple demand of an EAP server.
    PROFILE_SIGNER: a mobileconfig is signed with CMS like S/MIME mail, and OpenSSL verifies it as such;
    Apple demands no particular usage. codeSigning would let the key sign programs too.
    AUDIT_SIGNER: signs checkpoints of the audit trail; id-kp-documentSigning (RFC 9336).
    """

    REGISTRATION_AUTHORITY = (oids.CMC_RA, oids.EMAIL_PROTECTION)
    OCSP_SIGNER = (oids.OCSP_SIGNING,)
    RADIUS_SERVER = (oids.SERVER_AUTH,)
    PROFILE_SIGNER = (oids.EMAIL_PROTECTION,)
    AUDIT_SIGNER = (oids.DOCUMENT_SIGNING,)


def root(
    subject: x509.Name,
    key: PrivateKey,
    *,
    path_length: int,
    deciphers: bool = False,
    valid_for: timedelta,
    serial: int,
    now: datetime,
) -> x509.Certificate:
    """A self-signed CA (RFC 5280 §3.2).

    Args:
        subject: its name.
        key: signs itself.
        path_length: how many CAs may stand between it and a leaf.
        deciphers: whether it opens SCEP requests and signs the replies itself, without an RA (RFC 8894
            §2.1.2); RSA only.
        valid_for: life from `now`; notBefore lies an hour earlier.
        serial: 127 random bits.
        now: aware UTC.
    """
    public_key = key.public_key()
    builder = _certificate(subject, public_key, serial).issuer_name(subject)
    builder = builder.not_valid_before(now - _BACKDATE).not_valid_after(now + valid_for)
    return _ca(builder, path_length, deciphers=deciphers).sign(key, digest_for(key))


def certificate_authority(
    issuer: IssuingAuthority,
    subject: x509.Name,
    public_key: PublicKey,
    *,
    path_length: int,
    deciphers: bool = False,
    valid_for: timedelta,
    serial: int,
    now: datetime,
) -> x509.Certificate:
    """A CA under `issuer`; arguments as for `root`.

    Raises:
        RequestRejectedError: the issuer has expired.
        ValueError: the issuer's path length leaves no room for it.
    """
    room = issuer.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    if room is not None and path_length >= room:
        msg = (
            f"{issuer.name!r} has path length {room}: it cannot issue to a CA with path length {path_length}"
        )
        raise ValueError(msg)
    builder = _issued(issuer, subject, public_key, valid_for=valid_for, serial=serial, now=now)
    return _ca(builder, path_length, deciphers=deciphers).sign(issuer.key, digest_for(issuer.key))


def infrastructure(
    issuer: IssuingAuthority,
    shape: Shape,
    subject: x509.Name,
    public_key: PublicKey,
    *,
    dns_names: tuple[str, ...] = (),
    valid_for: timedelta,
    serial: int,
    now: datetime,
) -> x509.Certificate:
    """A leaf under `issuer`; arguments as for `root`.

    Args:
        issuer: signs it.
        shape: what it is for.
        subject: its name.
        public_key: RSA for a REGISTRATION_AUTHORITY, because Apple envelopes to nothing else.
        dns_names: subject alternative names of a RADIUS_SERVER.
        valid_for: life from `now`.
        serial: 127 random bits.
        now: aware UTC.

    Raises:
        RequestRejectedError: the issuer has expired.
    """
    builder = _issued(issuer, subject, public_key, valid_for=valid_for, serial=serial, now=now)
    # An EC key enciphers nothing (RFC 5480 §3); RSA needs the bit for RSA key transport of SCEP and old TLS.
    enciphers = isinstance(public_key, rsa.RSAPublicKey) and shape in (
        Shape.REGISTRATION_AUTHORITY,
        Shape.RADIUS_SERVER,
    )
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(digital_signature=True, key_encipherment=enciphers), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ObjectIdentifier(oid) for oid in shape.value]), critical=False)
    )
    if shape is Shape.OCSP_SIGNER:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    if dns_names:
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer.key, digest_for(issuer.key))


def signing_request(
    subject: x509.Name, key: PrivateKey, *, path_length: int, deciphers: bool = False
) -> x509.CertificateSigningRequest:
    """A PKCS#10 request for a CA certificate that somebody else's CA shall sign (RFC 2986)."""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_ca_usage(deciphers=deciphers), critical=True)
        .sign(key, digest_for(key))
    )


def _certificate(subject: x509.Name, public_key: PublicKey, serial: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public_key)
        .serial_number(serial)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _issued(
    issuer: IssuingAuthority,
    subject: x509.Name,
    public_key: PublicKey,
    *,
    valid_for: timedelta,
    serial: int,
    now: datetime,
) -> x509.CertificateBuilder:
    starts, ends = issuer.lifetime(now=now, backdate=_BACKDATE, valid_for=valid_for)
    builder = (
        _certificate(subject, public_key, serial)
        .issuer_name(issuer.certificate.subject)
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(authority_key_identifier(issuer.certificate), critical=False)
    )
    for extension in issuer.urls.extensions():
        builder = builder.add_extension(extension, critical=False)
    return builder


def _ca(builder: x509.CertificateBuilder, path_length: int, *, deciphers: bool) -> x509.CertificateBuilder:
    return builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=path_length), critical=True
    ).add_extension(_ca_usage(deciphers=deciphers), critical=True)


def _ca_usage(*, deciphers: bool) -> x509.KeyUsage:
    return key_usage(
        key_cert_sign=True, crl_sign=True, digital_signature=deciphers, key_encipherment=deciphers
    )
