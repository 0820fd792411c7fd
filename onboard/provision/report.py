"""What a command of `ca` did, as rows for people and scripts."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.provision.hierarchy import Kind


class Outcome(enum.StrEnum):
    """What became of a certificate in this run."""

    CREATED = "created"
    KEPT = "kept"
    RENEWED = "renewed"
    SEALED = "sealed"  # kept; its key was taken away
    BLOCKED = "blocked"  # missing or near its end, and the issuer's key is not at hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One certificate or CRL.

    Attributes:
        kind: what it is for.
        name: of the authority, group or radius.
        outcome: what was done.
        subject: RFC 4514; of a CRL its issuer.
        key: "rsa-2048", "ec-p384"...
        sha1: hex, upper case, no separators; what Windows pins.
        sha256: the same; what Apple pins.
        not_after: end of validity, of a CRL its nextUpdate; aware UTC.
        file: where it lies.
        remark: why, and what to do, where there is something to say.
    """

    kind: Kind
    name: str
    outcome: Outcome
    subject: str = ""
    key: str = ""
    sha1: str = ""
    sha256: str = ""
    not_after: datetime | None = None
    file: str = ""
    remark: str = ""


def certificate_row(
    kind: Kind, name: str, outcome: Outcome, certificate: x509.Certificate, *, file: str, remark: str = ""
) -> Row:
    """The row of a certificate."""
    der = certificate.public_bytes(Encoding.DER)
    return Row(
        kind=kind,
        name=name,
        outcome=outcome,
        subject=certificate.subject.rfc4514_string(),
        key=_algorithm(certificate),
        sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
        sha256=hashlib.sha256(der).hexdigest().upper(),
        not_after=certificate.not_valid_after_utc,
        file=file,
        remark=remark,
    )


def _algorithm(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ec-p{key.curve.key_size}"
    return type(key).__name__
