"""`onboard cert`: the certificates that were issued."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli import console
from onboard.cli.examples import epilog
from onboard.cli.options import ORG_DEFAULT, Format, Org, Output, State
from onboard.cli.session import open_session
from onboard.errors import OnboardError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from scep_server.sqlite_store import SqliteStore
    from scep_server.store import CertificateRecord

app = typer.Typer(help="The certificates that were issued.", rich_markup_mode=None, no_args_is_help=True)
Serial = Annotated[str, typer.Argument(metavar="SERIAL", help="Hexadecimal, as `cert list` shows it.")]


@app.command("list", epilog=epilog("cert list"))
def list_all(
    group: Annotated[str | None, typer.Argument(metavar="[GROUP]", help="Only this group.")] = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    output: Output = Format.TEXT,
) -> None:
    """List the certificates issued, oldest first."""
    with open_session(org, state).store() as store:
        found = [_as_json(record) for record in store.certificates(group)]
    if output is Format.JSON:
        console.data_json(found)
        return
    headers = ("serial", "status", "group", "identity", "until", "subject")
    rows = [
        (c["serial"], c["status"], c["group"], c["identity"], c["not_after"][:10], c["subject"])
        for c in found
    ]
    console.data(console.table(headers, rows))


@app.command("show", epilog=epilog("cert show"))
def show(serial: Serial, org: Org = ORG_DEFAULT, state: State = None, output: Output = Format.TEXT) -> None:
    """Show one certificate: what is recorded of it, and its PEM."""
    with open_session(org, state).store() as store:
        record = _find(store, serial)
    if output is Format.JSON:
        console.data_json(_as_json(record) | {"values": dict(record.values), "pem": _pem(record)})
        return
    facts: dict[str, str] = _as_json(record) | {f"${{{k}}}": v for k, v in record.values.items()}
    facts["challenge"] = record.challenge
    width = max(map(len, facts))
    console.data("\n".join(f"{name:{width}}  {value}" for name, value in facts.items()))
    console.data(_pem(record))


@app.command("revoke", epilog=epilog("cert revoke"))
def revoke(
    serial: Serial,
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="REASON", help="Why, by RFC 5280: key-compromise, superseded, ..."),
    ] = "unspecified",
    org: Org = ORG_DEFAULT,
    state: State = None,
) -> None:
    """Revoke a certificate; the next CRL and OCSP answer of every server process says so."""
    from scep_server.store import RevocationReason

    reasons = {r.name.lower().replace("_", "-"): r for r in RevocationReason}
    if reason not in reasons:
        msg = f"{reason!r} is no reason; there are {', '.join(reasons)}"
        raise typer.BadParameter(msg, param_hint="--reason")
    with open_session(org, state).store() as store:
        record = _find(store, serial)
        if not store.revoke(record.serial, reasons[reason], datetime.now(UTC)):
            msg = f"certificate {serial} is revoked already"
            raise OnboardError(msg)
    console.note(f"certificate {serial} of {record.subject} is revoked ({reason})")


def _find(store: SqliteStore, serial: str) -> CertificateRecord:
    try:
        record = store.certificate(int(serial.replace(":", ""), 16))
    except ValueError:
        record = None
    if record is None:
        msg = f"no certificate with the serial {serial!r} was issued here"
        raise OnboardError(msg, hint="see 'onboard cert list'")
    return record


def _status(record: CertificateRecord, now: datetime) -> str:
    if record.revoked is not None:
        return "superseded" if record.reason is not None and record.reason.value == 4 else "revoked"
    return "expired" if now >= record.not_after else "valid"


def _as_json(record: CertificateRecord) -> dict[str, str]:
    return {
        "serial": f"{record.serial:x}",
        "subject": record.subject,
        "group": record.group,
        "identity": record.identity,
        "not_before": record.not_before.isoformat(),
        "not_after": record.not_after.isoformat(),
        "status": _status(record, datetime.now(UTC)),
    }


def _pem(record: CertificateRecord) -> str:
    import ssl

    return ssl.DER_cert_to_PEM_cert(record.der)
