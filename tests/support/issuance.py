"""Policies, requests and keys for tests of the SCEP server's core, without an org definition."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scep_server.authority import IssuingAuthority, Urls, certificate_authority, root
from scep_server.keys import generate
from scep_server.messages import AltName, AltNameKind, Attribute, Csr
from scep_server.policy import AltNameRule, Approval, Identity, IssuancePolicy, Pattern, Slot

CN, OU, O = "2.5.4.3", "2.5.4.11", "2.5.4.10"  # noqa: E741  # the attribute's name
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z0-9-]{2,63}"
FORMS: Mapping[str, str] = {
    "user.email": _ADDRESS,
    "user.upn": _ADDRESS,
    "user.name": r"[^\x00-\x1f\x7f]{1,128}",
    "user.sid": r"S-1-[0-9]{1,15}(?:-[0-9]{1,10}){1,15}",
    "device.name": r"[A-Za-z0-9 ._'()-]{1,64}",
    "device.serial": r"[A-Za-z0-9 ._/-]{1,64}",
    "device.id": r"[A-Za-z0-9._-]{1,64}",
}


def policy(
    *,
    subject: tuple[tuple[str, Pattern], ...],
    alt_names: tuple[AltNameRule, ...] = (),
    values: Mapping[str, str] | None = None,
    name: str = "test",
) -> IssuancePolicy:
    """A policy with the forms of this module and everything else as in the shipped profiles."""
    return IssuancePolicy(
        name=name,
        subject=subject,
        alt_names=alt_names,
        forms=FORMS,
        values=values or {},
        valid_for=timedelta(days=365),
        renew_within=timedelta(days=30),
        extended_key_usages=(CLIENT_AUTH,),
    )


USER = policy(
    name="user-eap-tls",
    subject=(
        (CN, Pattern((Slot("user.email"),))),
        (OU, Pattern(("staff",))),
        (O, Pattern(("Northwind University",))),
    ),
    alt_names=(
        AltNameRule(kind=AltNameKind.RFC822, pattern=Pattern((Slot("user.email"),))),
        AltNameRule(kind=AltNameKind.UPN, pattern=Pattern((Slot("user.upn"),))),
    ),
)
DEVICE = policy(
    name="device-eap-tls",
    subject=(
        (CN, Pattern((Slot("device.id"),))),
        (OU, Pattern(("students",))),
        (O, Pattern(("Northwind University",))),
    ),
)


def csr(
    *,
    subject: tuple[tuple[str, str], ...],
    alt_names: tuple[tuple[str, str], ...] = (),
    key_bits: int = 2048,
    spki: bytes = b"",
) -> Csr:
    """A request that proved possession, as `csr.read` returns it."""
    return Csr(
        der=b"",
        subject=tuple(Attribute(oid, value) for oid, value in subject),
        alt_names=tuple(AltName(AltNameKind(kind), value) for kind, value in alt_names),
        spki=spki,
        key_bits=key_bits,
        challenge=None,
        ignored_extensions=(),
    )


NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
URLS = Urls(
    crl="http://pki.example/crl/staff.crl",
    ocsp="http://pki.example/ocsp/staff",
    issuer="http://pki.example/ca/staff.cer",
)


@functools.cache
def device_key() -> rsa.RSAPrivateKey:
    """One device's RSA-2048 key, made once for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def device_spki() -> bytes:
    """The public half of `device_key`, DER."""
    return device_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def authority(algorithm: str = "ec-p256") -> IssuingAuthority:
    """An issuing CA under a P-384 root, valid from NOW for five years; the same for the same algorithm."""
    return _authority(algorithm)


@functools.cache
def _authority(algorithm: str) -> IssuingAuthority:
    root_key = generate("ec-p384")
    top = IssuingAuthority(
        name="root",
        key=root_key,
        certificate=root(
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test Root")]),
            root_key,
            path_length=1,
            valid_for=20 * YEAR,
            serial=1,
            now=NOW,
        ),
        urls=Urls(crl="http://pki.example/crl/root.crl", issuer="http://pki.example/ca/root.cer"),
    )
    key = generate(algorithm)
    certificate = certificate_authority(
        top,
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Test Issuing CA {algorithm}")]),
        key.public_key(),
        path_length=0,
        valid_for=5 * YEAR,
        serial=2,
        now=NOW,
    )
    return IssuingAuthority(
        name="staff", key=key, certificate=certificate, chain=(top.certificate,), urls=URLS
    )


def approval(**changes: object) -> Approval:
    """Ada's approval, with some fields changed."""
    email = "ada@northwind.example"
    return replace(
        Approval(
            subject=(Attribute(CN, email), Attribute(OU, "staff"), Attribute(O, "Northwind University")),
            alt_names=(AltName(AltNameKind.RFC822, email), AltName(AltNameKind.UPN, email)),
            spki=device_spki(),
            key_bits=2048,
            valid_for=YEAR,
            backdate=timedelta(hours=1),
            extended_key_usages=(CLIENT_AUTH,),
            identity=Identity.ASSERTED,
            values={"user.email": email, "user.upn": email},
            challenge_id="static",
        ),
        **changes,  # type: ignore[arg-type]  # fields of Approval by name
    )
