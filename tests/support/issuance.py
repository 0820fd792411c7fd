"""Policies, requests and keys for tests of the SCEP server's core, without an org definition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from scep_server.messages import AltName, AltNameKind, Attribute, Csr
from scep_server.policy import AltNameRule, IssuancePolicy, Pattern, Slot

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
