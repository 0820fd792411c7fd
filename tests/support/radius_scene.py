"""The contract's org with its RADIUS server on loopback, and certificates right from its authorities."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID
from support.northwind import NORTHWIND
from support.world import World

from onboard.devices.fill_in import fill_in
from onboard.devices.readers import read_device
from onboard.devices.scep.client import Identity
from onboard.devices.settings import Medium, NetworkSettings
from onboard.pki import read_certificates
from onboard.radius import Policy, ServerCertificate, make_policy
from onboard.rehearse.from_site import server_certificate
from onboard.rehearse.radius_server import LocalRadius, running_radius

DAY = timedelta(days=1)


@dataclass
class Scene:
    """The org with certificates made directly by its authorities, and its RADIUS server."""

    world: World
    folder: Path
    runs: int = 0

    @property
    def policy(self) -> Policy:
        return make_policy(
            NORTHWIND, NORTHWIND.radius[0], read_certificates(NORTHWIND, self.world.site.folder)
        )

    def crls(self, *revoked: x509.Certificate) -> dict[str, x509.CertificateRevocationList]:
        return {name: self._crl(name, revoked) for name in ("root", "staff", "students")}

    def _crl(self, name: str, revoked: tuple[x509.Certificate, ...]) -> x509.CertificateRevocationList:
        now = datetime.now(UTC)
        issuer = self.world.site.issuing(name)
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
        builder = builder.last_update(now - DAY).next_update(now + DAY)
        for certificate in revoked:
            if certificate.issuer == issuer.certificate.subject:
                entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
                builder = builder.add_revoked_certificate(entry.revocation_date(now - DAY).build())
        return builder.sign(issuer.key, hashes.SHA256())

    @contextmanager
    def radius(
        self, *, server: ServerCertificate | None = None, revoked=(), crls=None, **more
    ) -> Iterator[LocalRadius]:
        self.runs += 1
        own = server or server_certificate(self.world.site, NORTHWIND.radius[0])
        place = self.folder / str(self.runs)
        current = self.crls(*revoked) if crls is None else crls
        with running_radius(self.policy, own, current, place, **more) as local:
            yield local

    def identity(self, issuer: str = "staff", *, eku=(Eku.CLIENT_AUTH,), until: timedelta = DAY) -> Identity:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        authority = self.world.site.issuing(issuer)
        names = [x509.NameAttribute(NameOID.COMMON_NAME, "ada@northwind.example")]
        names.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, issuer))
        certificate = issue(
            authority.certificate,
            authority.key,
            x509.Name(names),
            key.public_key(),
            eku,
            until,
            [x509.RFC822Name("ada@northwind.example")],
        )
        return Identity(certificate=certificate, key=key)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return tuple(self.world.site.certificate(name) for name in ("staff", "students", "root"))

    def network(self, medium: Medium = Medium.WIFI, platform: str = "apple") -> NetworkSettings:
        files: dict[str, list[bytes]] = {}
        values = self.world.values("staff", platform)
        for given in self.world.artifacts:
            if (given.group, given.platform) == ("staff", platform):
                files.setdefault(given.kind, []).append(fill_in(given.content, given.kind, values))
        return next(n for n in read_device(platform, files).networks if n.medium is medium)


def issue(issuer, key, subject, public, eku, until, alt_names=()) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(int.from_bytes(os.urandom(12), "big") + 1)
        .not_valid_before(now - 3 * DAY)
        .not_valid_after(now + until)
    )
    if eku:
        builder = builder.add_extension(x509.ExtendedKeyUsage(eku), critical=False)
    if alt_names:
        builder = builder.add_extension(x509.SubjectAlternativeName(alt_names), critical=False)
    return builder.sign(key, hashes.SHA256())


def server(
    scene: Scene,
    name: str,
    *,
    issuer: str | None = "root",
    until: timedelta = DAY,
    eku: tuple[x509.ObjectIdentifier, ...] = (Eku.SERVER_AUTH,),
) -> ServerCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = None if issuer is None else scene.world.site.issuing(issuer)
    certificate = issue(
        authority.certificate if authority else None,
        authority.key if authority else key,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        key.public_key(),
        eku,
        until,
        [x509.DNSName(name)],
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ServerCertificate(chain=(certificate,), key=pem)
