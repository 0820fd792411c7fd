"""A whole small PKI with one SCEP endpoint: what server tests stand on, without an org definition."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from support.issuance import CLIENT_AUTH, CN, FORMS, OU, O

from scep_server.algorithms import AlgorithmPolicy
from scep_server.authority import IssuingAuthority, Shape, Urls, certificate_authority, infrastructure, root
from scep_server.challenges import Challenge, StaticChallenge, digest, identifier, mint
from scep_server.keys import generate
from scep_server.memory_store import MemoryStore
from scep_server.messages import AltNameKind, ChallengePassword
from scep_server.pkimessage import Recipient
from scep_server.policy import AltNameRule, IssuancePolicy, Pattern, Slot
from scep_server.revocation import Responder
from scep_server.runtime import ServerConfig
from scep_server.service import Endpoint
from scep_server.service.publishing import PublishedAuthority
from scep_server.sqlite_store import SqliteStore

PEPPER = bytes(range(32))
STATIC_SECRET = "correct-horse-battery-staple"
YEAR = timedelta(days=365)

POLICY = IssuancePolicy(
    name="user-eap-tls",
    subject=(
        (CN, Pattern((Slot("user.email"),))),
        (OU, Pattern(("staff",))),
        (O, Pattern(("Northwind University",))),
    ),
    alt_names=(AltNameRule(kind=AltNameKind.RFC822, pattern=Pattern((Slot("user.email"),))),),
    forms=FORMS,
    valid_for=YEAR,
    renew_within=timedelta(days=30),
    extended_key_usages=(CLIENT_AUTH,),
)
LEGACY = replace(POLICY, algorithms=AlgorithmPolicy(allow_sha1=True, allow_3des=True))
RENEWS_AT_ANY_TIME = replace(POLICY, renew_within=YEAR)


def subject_of(email: str) -> str:
    """The subject that POLICY demands, RFC 4514."""
    return f"CN={email},OU=staff,O=Northwind University"


@dataclass(frozen=True, kw_only=True)
class Site:
    """Keys and certificates of one hierarchy."""

    root: x509.Certificate
    authority: IssuingAuthority
    ra: Recipient
    responder: Responder
    static: StaticChallenge = field(
        default_factory=lambda: StaticChallenge(
            id="static-staff", digest=digest(ChallengePassword(STATIC_SECRET), PEPPER)
        )
    )

    def endpoint(self, policy: IssuancePolicy = POLICY, **changes) -> Endpoint:
        fields = {
            "group": "staff",
            "authority": self.authority,
            "recipients": (self.ra,),
            "policy": policy,
            "static": (self.static,),
        }
        return Endpoint(**(fields | changes))

    def another_ra(self, serial: int = 99) -> Recipient:
        """A second RA pair under the same authority, as a renewal makes one."""
        key = generate("rsa-2048")
        shape, now = Shape.REGISTRATION_AUTHORITY, datetime.now(UTC)
        return Recipient(certificate=_leaf(self.authority, shape, "Next RA", key, serial, now), key=key)

    def published(self) -> tuple[PublishedAuthority, ...]:
        name = self.authority.name
        return (
            PublishedAuthority(
                name=name,
                certificate=self.authority.certificate,
                signer=self.authority,
                responder=self.responder,
                infrastructure=frozenset({self.ra.certificate.serial_number}),
            ),
            PublishedAuthority(name="root", certificate=self.root),
        )

    def config(self, database: Path | None, policy: IssuancePolicy = POLICY, **changes) -> ServerConfig:
        """A server over an SQLite file, or over one store in memory that all openings share."""
        memory = MemoryStore()
        fields = {
            "endpoints": (self.endpoint(policy),),
            "authorities": self.published(),
            "open_store": (lambda: memory) if database is None else (lambda: SqliteStore(database)),
            "pepper": PEPPER,
        }
        return ServerConfig(**(fields | changes))


@functools.cache
def site(algorithm: str = "rsa-2048", root_algorithm: str = "ec-p256") -> Site:
    """One hierarchy for each algorithm of issuing CA and root, made once in a test run."""
    now = datetime.now(UTC)
    urls = Urls(
        crl="http://127.0.0.1/crl/staff-ca.crl",
        ocsp="http://127.0.0.1/ocsp/staff-ca",
        issuer="http://127.0.0.1/ca/staff-ca.cer",
    )
    root_key, ca_key, ra_key = generate(root_algorithm), generate(algorithm), generate("rsa-2048")
    top = IssuingAuthority(
        name="root",
        key=root_key,
        certificate=root(_name("Test Root"), root_key, path_length=1, valid_for=20 * YEAR, serial=1, now=now),
    )
    certificate = certificate_authority(
        top,
        _name("Test Issuing CA"),
        ca_key.public_key(),
        path_length=0,
        valid_for=5 * YEAR,
        serial=2,
        now=now,
    )
    authority = IssuingAuthority(
        name="staff-ca", key=ca_key, certificate=certificate, chain=(top.certificate,), urls=urls
    )
    ra = _leaf(authority, Shape.REGISTRATION_AUTHORITY, "Test RA", ra_key, 3, now)
    ocsp_key = generate("ec-p256")
    ocsp = _leaf(authority, Shape.OCSP_SIGNER, "Test OCSP", ocsp_key, 4, now)
    return Site(
        root=top.certificate,
        authority=authority,
        ra=Recipient(certificate=ra, key=ra_key),
        responder=Responder(issuer=certificate, signer=ocsp, key=ocsp_key),
    )


def _leaf(authority, shape, name, key, serial, now) -> x509.Certificate:
    return infrastructure(
        authority, shape, _name(name), key.public_key(), valid_for=YEAR, serial=serial, now=now
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def minted(
    number: int, now: datetime, *, group: str = "staff", valid_for: timedelta = timedelta(hours=1), **bound
) -> tuple[str, Challenge]:
    """A challenge and its record; keywords such as user_email="…" are bound as user.email."""
    seed = hashlib.sha256(number.to_bytes(8, "big")).digest()[:27]
    password = mint(seed[:17])
    record = Challenge(
        id=identifier(seed[-10:]),
        group=group,
        digest=digest(password, PEPPER),
        bound={name.replace("_", "."): value for name, value in bound.items()},
        minted=now,
        expires=now + valid_for,
    )
    return password.reveal(), record
