"""Certificates that must open nothing: run out, of a look-alike authority, for another server's name.

Those that need the org's own signature live for minutes, and their keys end with the rehearsal.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from onboard.devices.scep.client import Identity
from onboard.radius import ServerCertificate
from scep_server.authority import IssuingAuthority, Shape, infrastructure
from scep_server.keys import PrivateKey

WRONG_NAME = "another-server.invalid"  # RFC 6761: nobody has it
_MINUTES = timedelta(minutes=10)
_DAY = timedelta(days=1)


def run_out(identity: Identity, issuer: IssuingAuthority, serial: int, now: datetime) -> Identity:
    """The device's certificate, had it ended yesterday."""
    certificate = _copy(identity.certificate, issuer.certificate, issuer.key, serial, now - _DAY)
    return Identity(certificate=certificate, key=identity.key, others=identity.others)


def of_a_look_alike(identity: Identity, issuer: x509.Certificate, serial: int, now: datetime) -> Identity:
    """The device's certificate from an authority that has the issuer's name and another key."""
    key = ec.generate_private_key(ec.SECP256R1())
    fake = _authority(issuer.subject, key, serial, now)
    certificate = _copy(identity.certificate, fake, key, serial + 1, now + _MINUTES)
    return Identity(certificate=certificate, key=identity.key, others=(fake,))


def server_of_another_name(issuer: IssuingAuthority, serial: int, now: datetime) -> ServerCertificate:
    """A server certificate of the org's own PKI for a name that no profile demands."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = infrastructure(
        issuer,
        Shape.RADIUS_SERVER,
        _name(WRONG_NAME),
        key.public_key(),
        dns_names=(WRONG_NAME,),
        valid_for=_MINUTES,
        serial=serial,
        now=now,
    )
    intermediates = [c for c in (issuer.certificate, *issuer.chain) if c.subject != c.issuer]
    return ServerCertificate(chain=(own, *intermediates), key=_pem(key))


def server_of_a_stranger(genuine: ServerCertificate, serial: int, now: datetime) -> ServerCertificate:
    """The right names from a root that nobody trusts, under the real issuer's name."""
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    fake = _authority(genuine.chain[0].issuer, root, serial, now)
    own = _copy(genuine.chain[0], fake, root, serial + 1, now + _MINUTES, key.public_key())
    return ServerCertificate(chain=(own,), key=_pem(key))


def _copy(
    genuine: x509.Certificate,
    issuer: x509.Certificate,
    key: PrivateKey,
    serial: int,
    until: datetime,
    public_key: ec.EllipticCurvePublicKey | None = None,
) -> x509.Certificate:
    """The same subject, usages and names; another issuer, end and serial."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(genuine.subject)
        .issuer_name(issuer.subject)
        .public_key(public_key or genuine.public_key())
        .serial_number(serial)
        .not_valid_before(until - 2 * _DAY)
        .not_valid_after(until)
    )
    for extension in genuine.extensions:
        if not isinstance(extension.value, x509.AuthorityKeyIdentifier | x509.SubjectKeyIdentifier):
            builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, hashes.SHA256())


def _authority(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, serial: int, now: datetime
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
