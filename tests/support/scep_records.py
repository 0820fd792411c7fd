"""Store records that tests fill in: every field has a plausible default, and bytes are labels."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from scep_server.audit import Event, EventKind
from scep_server.challenges import Challenge
from scep_server.messages import MessageType, TransactionID
from scep_server.store import CertificateRecord, Issuance, RequestKey, Store, Vouch, Voucher

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def label(text: str) -> bytes:
    """32 bytes that stand for `text`."""
    return hashlib.sha256(text.encode()).digest()


def a_request(transaction: str = "A1", **changes: Any) -> RequestKey:
    fields = {
        "group": "staff",
        "issuer": "staff-ca",
        "message_type": MessageType.PKCS_REQ,
        "transaction": TransactionID(transaction),
        "signer": b"signer",
        "csr": b"csr",
    }
    return RequestKey(**(fields | changes))


def a_record(serial: int = 0x51, **changes: Any) -> CertificateRecord:
    fields = {
        "serial": serial,
        "issuer": "staff-ca",
        "group": "staff",
        "request": label(f"request {serial}"),
        "subject": f"CN=user{serial}@northwind.example",
        "identity": "bound",
        "values": {"user.email": f"user{serial}@northwind.example"},
        "challenge": "minted-1",
        "spki": label(f"key {serial}"),
        "not_before": NOW - timedelta(hours=1),
        "not_after": NOW + timedelta(days=365),
        "issued": NOW,
        "der": f"certificate {serial}".encode(),
    }
    return CertificateRecord(**(fields | changes))


def a_challenge(identifier: str = "minted-1", **changes: Any) -> Challenge:
    fields = {
        "id": identifier,
        "group": "staff",
        "digest": label(f"challenge {identifier}"),
        "bound": {},
        "minted": NOW - timedelta(minutes=5),
        "expires": NOW + timedelta(hours=1),
    }
    return Challenge(**(fields | changes))


def an_event(**changes: Any) -> Event:
    fields = {"at": NOW, "kind": EventKind.ISSUED, "group": "staff", "transaction": "A1"}
    return Event(**(fields | changes))


def an_issuance(serial: int = 0x51, *, voucher: Voucher | None = None, **changes: Any) -> Issuance:
    """An issuance under the one-time challenge `minted-1`, unless `voucher` says otherwise."""
    record = a_record(serial, **changes)
    vouched = voucher or Voucher(kind=Vouch.ONE_TIME, id=record.challenge)
    return Issuance(
        certificate=record,
        voucher=vouched,
        event=an_event(serial=f"{serial:x}", challenge=vouched.id, subject=record.subject),
    )


STATIC = Voucher(kind=Vouch.STATIC, id="static-staff")


def kinds(store: Store) -> list[str]:
    """The kinds of the audit's events, in order."""
    return [json.loads(link.text)["kind"] for link in store.audit()]
