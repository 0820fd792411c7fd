"""Records as rows and rows as records: serials are 16-byte blobs, times microseconds since 1970."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from scep_server.audit import ChainedEvent
from scep_server.challenges import Challenge
from scep_server.messages import TransactionID
from scep_server.store import (
    CertificateRecord,
    GroupEnding,
    PendingRequest,
    PendingState,
    Revocation,
    RevocationReason,
    StoredCrl,
)

SqlValue = str | int | bytes | None
Row = tuple[SqlValue, ...]

SERIAL_BYTES = 20  # the most that RFC 5280 §4.1.2.2 allows
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

CERTIFICATE_COLUMNS = (
    "serial, issuer, grp, request, subject, identity, vals, challenge, spki,"
    " not_before, not_after, issued, renews, revoked, reason, der, supersede, profile"
)
CHALLENGE_COLUMNS = "id, grp, digest, bound, minted, expires, spent, spent_by, revoked"
PENDING_COLUMNS = (
    "id, grp, tid, signer, request, csr, subject, vals, spki, source,"
    " received, expires, state, decided, reason, serial"
)
CRL_COLUMNS = "number, revision, this_update, next_update, der"

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def to_serial(serial: int) -> bytes:
    """Big-endian, of fixed length so that blobs sort as numbers."""
    return serial.to_bytes(SERIAL_BYTES, "big")


def to_time(moment: datetime) -> int:
    """Microseconds since 1970; exact."""
    return (moment - _EPOCH) // _MICROSECOND


def _optional_time(moment: datetime | None) -> int | None:
    return None if moment is None else to_time(moment)


def _optional_serial(serial: int | None) -> bytes | None:
    return None if serial is None else to_serial(serial)


def certificate_row(record: CertificateRecord) -> Row:
    """In the order of CERTIFICATE_COLUMNS."""
    return (
        to_serial(record.serial),
        record.issuer,
        record.group,
        record.request,
        record.subject,
        record.identity,
        _encode(dict(record.values)),
        record.challenge,
        record.spki,
        to_time(record.not_before),
        to_time(record.not_after),
        to_time(record.issued),
        _optional_serial(record.renews),
        _optional_time(record.revoked),
        None if record.reason is None else record.reason.value,
        record.der,
        _optional_time(record.supersede),
        record.profile,
    )


def certificate(row: Row) -> CertificateRecord:
    """Of a row in the order of CERTIFICATE_COLUMNS."""
    reason = row[14]
    return CertificateRecord(
        serial=_serial(row[0]),
        issuer=_text(row[1]),
        group=_text(row[2]),
        request=_blob(row[3]),
        subject=_text(row[4]),
        identity=_text(row[5]),
        values=json.loads(_text(row[6])),
        challenge=_text(row[7]),
        spki=_blob(row[8]),
        not_before=_time(row[9]),
        not_after=_time(row[10]),
        issued=_time(row[11]),
        renews=None if row[12] is None else _serial(row[12]),
        revoked=None if row[13] is None else _time(row[13]),
        reason=None if reason is None else RevocationReason(reason),
        der=_blob(row[15]),
        supersede=None if row[16] is None else _time(row[16]),
        profile=_text(row[17]),
    )


def pending_row(pending: PendingRequest) -> Row:
    """In the order of PENDING_COLUMNS."""
    return (
        pending.id,
        pending.group,
        pending.transaction,
        pending.signer,
        pending.request,
        pending.csr,
        pending.subject,
        _encode(dict(pending.values)),
        pending.spki,
        pending.source,
        to_time(pending.received),
        to_time(pending.expires),
        pending.state.value,
        _optional_time(pending.decided),
        pending.reason,
        _optional_serial(pending.serial),
    )


def pending(row: Row) -> PendingRequest:
    """Of a row in the order of PENDING_COLUMNS."""
    return PendingRequest(
        id=_text(row[0]),
        group=_text(row[1]),
        transaction=TransactionID(_text(row[2])),
        signer=_blob(row[3]),
        request=_blob(row[4]),
        csr=_blob(row[5]),
        subject=_text(row[6]),
        values=json.loads(_text(row[7])),
        spki=_blob(row[8]),
        source=_text(row[9]),
        received=_time(row[10]),
        expires=_time(row[11]),
        state=PendingState(_text(row[12])),
        decided=None if row[13] is None else _time(row[13]),
        reason=_text(row[14]),
        serial=None if row[15] is None else _serial(row[15]),
    )


def challenge_row(challenge: Challenge) -> Row:
    """In the order of CHALLENGE_COLUMNS."""
    return (
        challenge.id,
        challenge.group,
        challenge.digest,
        _encode(dict(challenge.bound)),
        to_time(challenge.minted),
        to_time(challenge.expires),
        _optional_time(challenge.spent),
        _optional_serial(challenge.spent_by),
        _optional_time(challenge.revoked),
    )


def challenge(row: Row) -> Challenge:
    """Of a row in the order of CHALLENGE_COLUMNS."""
    return Challenge(
        id=_text(row[0]),
        group=_text(row[1]),
        digest=_blob(row[2]),
        bound=json.loads(_text(row[3])),
        minted=_time(row[4]),
        expires=_time(row[5]),
        spent=None if row[6] is None else _time(row[6]),
        spent_by=None if row[7] is None else _serial(row[7]),
        revoked=None if row[8] is None else _time(row[8]),
    )


def revocation(row: Row) -> Revocation:
    """Of serial, revoked, reason."""
    return Revocation(serial=_serial(row[0]), at=_time(row[1]), reason=RevocationReason(row[2]))


def crl(row: Row) -> StoredCrl:
    """Of a row in the order of CRL_COLUMNS."""
    return StoredCrl(
        number=_number(row[0]),
        revision=_number(row[1]),
        this_update=_time(row[2]),
        next_update=_time(row[3]),
        der=_blob(row[4]),
    )


def link(row: Row) -> ChainedEvent:
    """Of sequence, entry, hash."""
    return ChainedEvent(sequence=_number(row[0]), text=_text(row[1]), hash=_blob(row[2]))


def _serial(value: SqlValue) -> int:
    return int.from_bytes(_blob(value), "big")


def _time(value: SqlValue) -> datetime:
    return _EPOCH + timedelta(microseconds=_number(value))


def ending(row: Row) -> GroupEnding:
    """Of a row group, count, first end."""
    return GroupEnding(group=_text(row[0]), count=_number(row[1]), first=_time(row[2]))


def _text(value: SqlValue) -> str:
    assert isinstance(value, str)  # noqa: S101 # the tables are STRICT: SQLite has checked it
    return value


def _blob(value: SqlValue) -> bytes:
    assert isinstance(value, bytes)  # noqa: S101 # same
    return value


def _number(value: SqlValue) -> int:
    assert isinstance(value, int)  # noqa: S101 # same
    return value
