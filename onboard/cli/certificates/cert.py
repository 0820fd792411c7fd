"""`onboard cert`: the certificates that were issued."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.certificates import pending
from onboard.cli.certificates.revocation import reason_of, serial_of
from onboard.cli.examples import epilog
from onboard.cli.options import ORG_DEFAULT, Format, OneGroup, Org, Output, State
from onboard.cli.session import open_session
from onboard.cli.terminal import console
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from scep_server.sqlite_store import SqliteStore
    from scep_server.store import CertificateRecord

app = typer.Typer(help="List, approve and revoke certificates.", rich_markup_mode=None, no_args_is_help=True)
app.command("pending", epilog=epilog("cert pending"))(pending.pending)
app.command("approve", epilog=epilog("cert approve"))(pending.approve)
app.command("reject", epilog=epilog("cert reject"))(pending.reject)
Serial = Annotated[str, typer.Argument(metavar="SERIAL", help="Hexadecimal, as `cert list` shows it.")]


@app.command("list", epilog=epilog("cert list"))
def list_all(
    group: OneGroup = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    output: Output = Format.TEXT,
) -> None:
    """List the certificates issued, oldest first."""
    session = open_session(org, state)
    former = {one.name: one.names for one in session.organization.groups}
    names = (None,) if group is None else former.get(group, (group,))  # a group that is gone has its list
    with session.store() as store:
        found = [as_json(record) for name in names for record in store.certificates(name)]
    if output is Format.JSON:
        console.data_json(found)
        return
    headers = ("serial", "status", "group", "profile", "identity", "until", "subject")
    rows = [tuple((c | {"until": c["not_after"][:10]})[name] for name in headers) for c in found]
    console.data(console.table(headers, rows, nothing="no certificate was issued yet"))


@app.command("show", epilog=epilog("cert show"))
def show(serial: Serial, org: Org = ORG_DEFAULT, state: State = None, output: Output = Format.TEXT) -> None:
    """Show one certificate: what is recorded of it, and its PEM."""
    with open_session(org, state).store() as store:
        record = _find(store, serial)
    if output is Format.JSON:
        console.data_json(as_json(record) | {"values": dict(record.values), "pem": _pem(record)})
        return
    facts: dict[str, str] = as_json(record) | {f"${{{k}}}": v for k, v in record.values.items()}
    facts["challenge"] = record.challenge
    if record.supersede is not None:
        facts["superseded on"] = record.supersede.isoformat()
    width = max(map(len, facts))
    console.prose("\n".join(f"{name:{width}}  {value}" for name, value in facts.items()))
    console.data(_pem(record))


ReasonName = Annotated[
    str,
    typer.Option("--reason", metavar="REASON", help="Why, by RFC 5280: key-compromise, superseded, ..."),
]


@app.command("revoke", epilog=epilog("cert revoke"))
def revoke(
    serial: Serial,
    reason: ReasonName = "unspecified",
    org: Org = ORG_DEFAULT,
    state: State = None,
) -> None:
    """Revoke a certificate; the next CRL and OCSP answer of every server process says so."""
    from scep_server.store import RevocationReason

    why = reason_of(reason, RevocationReason)
    with open_session(org, state).store() as store:
        record = _find(store, serial)
        if not store.revoke(record.serial, why, datetime.now(UTC)):
            msg = f"certificate {serial} is revoked already"
            raise OnboardError(msg)
    console.note(f"certificate {serial} of {record.subject} is revoked ({reason})")


def _find(store: SqliteStore, serial: str) -> CertificateRecord:
    try:
        record = store.certificate(serial_of(serial))
    except ValueError:
        record = None
    if record is None:
        msg = f"no certificate with the serial {serial!r} was issued here"
        raise OnboardError(msg, hint="see 'onboard cert list'")
    return record


def _status(record: CertificateRecord, now: datetime) -> str:
    from scep_server.store import RevocationReason

    if record.revoked is not None:
        return "superseded" if record.reason is RevocationReason.SUPERSEDED else "revoked"
    return "expired" if now >= record.not_after else "valid"


def as_json(record: CertificateRecord) -> dict[str, str]:
    """A certificate as `--format json` shows it."""
    return {
        "serial": f"{record.serial:x}",
        "subject": record.subject,
        "group": record.group,
        "profile": record.profile,
        "identity": record.identity,
        "not_before": record.not_before.isoformat(),
        "not_after": record.not_after.isoformat(),
        "status": _status(record, datetime.now(UTC)),
    }


def _pem(record: CertificateRecord) -> str:
    import ssl

    return ssl.DER_cert_to_PEM_cert(record.der)
