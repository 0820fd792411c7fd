"""What a bench of enrolments needs beforehand: a server's folder, one-time challenges, finished requests."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from support import scep_requests
from support.scep_requests import Pair, Shape, enrol, rsa_key, self_signed
from support.scep_site import minted

from scep_server.challenges import digest
from scep_server.cli.folder import Folder
from scep_server.messages import ChallengePassword
from scep_server.sqlite_store import SqliteStore

SETTINGS = """\
url = "http://127.0.0.1"
key = "rsa-2048"
[limits]
per_address = "none"
[groups.devices]
subject = { CN = "${device.id}", OU = "devices" }
"""
Asked = tuple[str, str, str]  # subject, challenge, transactionID


@dataclass(frozen=True, kw_only=True)
class World:
    """A folder that no server has run in yet, and requests that each fit it once.

    Attributes:
        folder: copied for each run.
        messages: pkiMessages of one device key, each with a challenge of its own.
        pair: that key with its certificate; it opens the replies.
    """

    folder: Path
    messages: list[bytes]
    pair: Pair

    def copy(self, to: Path) -> Path:
        """The folder once more, as fresh as the first."""
        shutil.copytree(self.folder, to)
        return to


def world(folder: Path, number: int) -> World:
    """A world with so many requests."""
    folder.mkdir()
    (folder / "scep.toml").write_text(SETTINGS)
    Folder(folder).init()
    pepper, now = (folder / "pepper").read_bytes(), datetime.now(UTC)
    records, asked = [], []
    for n in range(number):
        text, record = minted(n, now, group="devices", device_id=f"d{n}", valid_for=timedelta(hours=9))
        records.append(replace(record, digest=digest(ChallengePassword(text), pepper)))
        asked.append((f"CN=d{n},OU=devices", text, f"T{n}"))
    store = SqliteStore(folder / "scep.sqlite")
    store.add_challenges(records)
    store.close()
    ra = (folder / "certificates" / "ra-devices.pem").read_bytes()
    messages, pair = requests(ra, asked)
    return World(folder=folder, messages=messages, pair=pair)


def requests(ra: bytes, asked: Sequence[Asked]) -> tuple[list[bytes], Pair]:
    """The messages for an RA, PEM, made on all cores; and the pair of the device."""
    pair = self_signed(rsa_key("device"))
    key = pair.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = pair.certificate.public_bytes(serialization.Encoding.DER)
    size = max(1, len(asked) // (4 * (os.cpu_count() or 1)))
    parts = [asked[start : start + size] for start in range(0, len(asked), size)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        made = list(pool.map(partial(_made, ra, key, certificate), parts))
    return [message for part in made for message in part], pair


def _made(ra: bytes, key: bytes, certificate: bytes, asked: Sequence[Asked]) -> list[bytes]:
    recipient = x509.load_pem_x509_certificate(ra)
    device = serialization.load_der_private_key(key, None)
    pair = Pair(certificate=x509.load_der_x509_certificate(certificate), key=device)
    return [
        enrol(scep_requests.csr(device, subject=s, challenge=c), recipient, pair, Shape(transaction_id=t))
        for s, c, t in asked
    ]


_FILL = """
with recursive n(i) as (select 1 union all select i + 1 from n where i < {number})
insert into certificates (serial, issuer, grp, request, subject, identity, vals, challenge, spki,
  not_before, not_after, issued, renews, der)
select randomblob(20), 'ca', 'devices', randomblob(32), 'OU=devices,CN=old' || i, 'bound',
  '{{"device.id":"old' || i || '"}}', lower(hex(randomblob(8))), randomblob(32),
  {now} - 3600000000, {now} + 31536000000000, {now} - 86400000000 * 30 - i, null, randomblob(900) from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < {number})
insert into challenges select lower(hex(randomblob(8))), 'devices', randomblob(32),
  '{{"device.id":"old' || i || '"}}', {now}, {now}, {now}, randomblob(20), null from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < {number})
insert into audit (entry, hash) select hex(randomblob(180)), randomblob(32) from n;
"""


def fill(database: Path, number: int) -> None:
    """As many certificates, spent challenges and audit events as if they had been issued; in bulk.

    The chain of these events does not verify, which no enrolment looks at: it extends the last hash.
    """
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript(
        "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -800000;"
    )
    indexes = connection.execute(
        "select name, sql from sqlite_schema where type = 'index' and sql is not null"
    ).fetchall()
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    connection.execute("begin")
    for name, _ in indexes:
        connection.execute(f"drop index {name}")
    for statement in _FILL.format(number=number, now=now).split(";")[:-1]:
        connection.execute(statement)
    for _, statement in indexes:
        connection.execute(statement)
    connection.execute("commit")
    connection.execute("pragma journal_mode = wal")
    connection.close()
