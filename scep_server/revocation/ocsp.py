"""OCSP answers (RFC 6960) as a function of the request's bytes, a look-up and the clock.

A request for several certificates is answered in full; one that nobody can read, or that asks about another
issuer, gets the error that the standard has for it.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scep_server import ber, oids
from scep_server.authority.signing import signed
from scep_server.ber import tags
from scep_server.keys import PrivateKey

_BASIC: Final = ber.object_identifier("1.3.6.1.5.5.7.48.1.1")  # id-pkix-ocsp-basic, §4.2.1
_NONCE: Final = ber.object_identifier(oids.OCSP_NONCE)
_ENUMERATED: Final = 0x0A
_LIMITS: Final = ber.Limits(size=8_192, depth=12, elements=512)
_MOST = 16  # certificates in one request
_LONGEST_NONCE = 128  # octets, RFC 9654 §2.1
_HASHES: Final = {
    oids.SHA1: hashlib.sha1,
    oids.SHA256: hashlib.sha256,
    oids.SHA384: hashlib.sha384,
    oids.SHA512: hashlib.sha512,
}


class Standing(enum.Enum):
    """What the issuer says of a certificate (§2.2)."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"  # not issued here


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateStatus:
    """The answer for one serial; `revoked_at` (aware) and `reason` (CRLReason) only where it is revoked."""

    standing: Standing
    revoked_at: datetime | None = None
    reason: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Who answers for an issuer.

    Attributes:
        issuer: certificate of the authority that is asked about.
        signer: a delegate's certificate (OCSPSigning, made by `issuer`), or `issuer` itself.
        key: of `signer`.
        valid_for: how long an answer may be kept.
    """

    issuer: x509.Certificate
    signer: x509.Certificate
    key: PrivateKey = field(repr=False)
    valid_for: timedelta = timedelta(hours=1)


class _Failure(enum.IntEnum):
    """OCSPResponseStatus (§4.2.1), as far as we use it."""

    MALFORMED_REQUEST = 1
    UNAUTHORIZED = 6  # RFC 5019 §2.2.3: about another issuer


@dataclass(frozen=True, slots=True)
class _CertId:
    """One certificate that was asked about; `der` is the CertID, which the answer repeats."""

    der: bytes
    algorithm: str
    name_hash: bytes
    key_hash: bytes
    serial: int


def answer(
    request: bytes, responder: Responder, look_up: Callable[[int], CertificateStatus], *, now: datetime
) -> bytes:
    """A DER OCSPResponse, whatever the request is.

    Args:
        request: DER OCSPRequest, from the body of a POST or the decoded path of a GET (appendix A.1).
        responder: answers and signs.
        look_up: serial -> status.
        now: aware UTC.
    """
    try:
        asked, nonce = _read(request)
    except ber.BerError:
        return _failed(_Failure.MALFORMED_REQUEST)
    if not all(_is_ours(identifier, responder.issuer) for identifier in asked):
        return _failed(_Failure.UNAUTHORIZED)
    until = now + responder.valid_for
    answers = [_single(identifier, look_up(identifier.serial), now, until) for identifier in asked]
    data = ber.sequence(
        ber.implicit(2, ber.octet_string(_key_hash(responder.signer, hashlib.sha1))),  # byKey, always SHA-1
        _time(now),
        ber.sequence(*answers),
        ber.implicit(1, ber.sequence(nonce)) if nonce else b"",
    )
    delegate = responder.signer.public_bytes(Encoding.DER) if responder.signer != responder.issuer else b""
    certificates = (ber.implicit(0, ber.sequence(delegate)),) if delegate else ()
    basic = signed(data, responder.key, *certificates)
    body = ber.sequence(_BASIC, ber.octet_string(basic))
    return ber.sequence(ber.tlv(_ENUMERATED, b"\x00"), ber.implicit(0, body))


def _read(request: bytes) -> tuple[list[_CertId], bytes]:
    """The certificates asked about, and the nonce extension to repeat (empty without one)."""
    whole = ber.read(request, _LIMITS)
    outer = whole.enter()
    whole.finish()
    inner = outer.enter()
    for optional in (0, 1):  # version, requestorName
        if inner.tag == tags.CONTEXT_CONSTRUCTED | optional:
            inner.skip()
    entries = inner.enter()
    asked = []
    while entries.more:
        asked.append(_cert_id(entries.enter()))
    if not 0 < len(asked) <= _MOST:
        raise ber.BerError("a request asks about 1 to 16 certificates")
    return asked, _nonce(inner)


def _cert_id(entry: ber.Reader) -> _CertId:
    der, reader = entry.raw_and_enter()
    algorithm = reader.enter()
    oid = algorithm.oid()
    if algorithm.more:
        algorithm.body(tags.NULL)
    algorithm.finish()
    identifier = _CertId(ber.to_der(der), oid, reader.octets(), reader.octets(), reader.integer())
    reader.finish()
    return identifier


def _nonce(request: ber.Reader) -> bytes:
    if request.tag != tags.CONTEXT_CONSTRUCTED | 2:
        return b""
    extensions = request.enter(tags.CONTEXT_CONSTRUCTED | 2).enter()
    while extensions.more:
        extension = extensions.enter()
        if extension.oid() == oids.OCSP_NONCE:
            if extension.tag == tags.BOOLEAN:
                extension.skip()
            nonce = ber.read(extension.octets(), _LIMITS).octets()
            if not 0 < len(nonce) <= _LONGEST_NONCE:
                raise ber.BerError("the nonce is empty or too long")
            return ber.sequence(_NONCE, ber.octet_string(ber.octet_string(nonce)))
    return b""


def _is_ours(asked: _CertId, issuer: x509.Certificate) -> bool:
    hasher = _HASHES.get(asked.algorithm)
    if hasher is None:
        return False
    name_hash = hasher(issuer.subject.public_bytes()).digest()
    return asked.name_hash == name_hash and asked.key_hash == _key_hash(issuer, hasher)


def _key_hash(certificate: x509.Certificate, hasher: Callable[[bytes], hashlib._Hash]) -> bytes:
    """Hash of the key's BIT STRING without tag, length and unused bits (§4.1.1)."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    reader = ber.read(spki).enter()
    reader.skip()
    return hasher(reader.bits()).digest()


def _single(asked: _CertId, status: CertificateStatus, now: datetime, until: datetime) -> bytes:
    return ber.sequence(asked.der, _status(status), _time(now), ber.implicit(0, _time(until)))


def _status(status: CertificateStatus) -> bytes:
    if status.standing is Standing.GOOD:
        return ber.implicit(0, b"", constructed=False)
    if status.standing is Standing.UNKNOWN or status.revoked_at is None:
        return ber.implicit(2, b"", constructed=False)
    reason = ber.implicit(0, ber.tlv(_ENUMERATED, bytes((status.reason,)))) if status.reason else b""
    return ber.implicit(1, _time(status.revoked_at) + reason)


def _time(moment: datetime) -> bytes:
    """GeneralizedTime, to the second (RFC 6960 §4.2.2.1)."""
    return ber.tlv(tags.GENERALIZED_TIME, moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def _failed(failure: _Failure) -> bytes:
    return ber.sequence(ber.tlv(_ENUMERATED, bytes((failure,))))
