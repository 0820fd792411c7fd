"""`python -m scep_server`: a SCEP server from one folder, for those who want nothing else."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Annotated

import typer

from scep_server.audit import verify
from scep_server.challenges import ENTROPY_BYTES, IDENTIFIER_BYTES, Challenge, digest, identifier, mint
from scep_server.cli import deciding
from scep_server.cli.console import Where, explained, opened_store
from scep_server.cli.deciding import crl_reason
from scep_server.cli.folder import Folder
from scep_server.cli.table import SettingsError
from scep_server.runtime import listen, serve

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=__doc__,
    name="scep_server",
)


@app.command("init")
def init_command(folder: Where) -> None:
    """Make keys, certificates and an example scep.toml; what is there stays as it is."""
    with explained():
        settings = Folder(folder).init()
    for group in settings.groups:
        typer.echo(f"{settings.url}/scep/{group.name}")


@app.command("serve")
def serve_command(
    folder: Where,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    trusted_proxy: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="Whose X-Forwarded-For is believed.")
    ] = None,
) -> None:
    """Serve SCEP, CRLs, OCSP and health until interrupted."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    with explained():
        config = Folder(folder).config(tuple(ip_network(cidr) for cidr in trusted_proxy or ()))
        serve(config, [listen(host, port)], workers=workers)


@app.command("challenge")
def challenge_command(
    folder: Where,
    group: Annotated[str, typer.Argument(help="The group that it is for.")],
    assign: Annotated[
        list[str] | None, typer.Option("--set", metavar="VARIABLE=VALUE", help="What the request must show.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0, help="How long it is good for.")] = 1.0,
) -> None:
    """Mint a one-time challenge and print it alone."""
    with explained():
        here = Folder(folder)
        if group not in {known.name for known in here.settings().groups}:
            raise SettingsError(f"there is no group {group!r}")
        password, now = mint(os.urandom(ENTROPY_BYTES)), datetime.now(UTC)
        record = Challenge(
            id=identifier(os.urandom(IDENTIFIER_BYTES)),
            group=group,
            digest=digest(password, here.pepper()),
            bound=dict(_assignment(pair) for pair in assign or ()),
            minted=now,
            expires=now + timedelta(hours=hours),
        )
        with opened_store(here) as store:
            store.add_challenges([record])
    typer.echo(password.reveal())


@app.command("certificates")
def certificates_command(folder: Where) -> None:
    """List the certificates issued: serial, group, end, state, subject."""
    with explained(), opened_store(Folder(folder)) as store:
        for record in store.certificates():
            state = "revoked" if record.revoked else "valid" if record.is_valid(datetime.now(UTC)) else "over"
            typer.echo(f"{record.serial:x} {record.group} {record.not_after:%F} {state} {record.subject}")


@app.command("revoke")
def revoke_command(
    folder: Where,
    serial: Annotated[str, typer.Argument(help="Hexadecimal, as `certificates` prints it.")],
    reason: Annotated[str, typer.Option(help="CRLReason, such as key-compromise.")] = "unspecified",
) -> None:
    """Revoke a certificate; CRL and OCSP of every process show it at once."""
    with explained(), opened_store(Folder(folder)) as store:
        try:
            number = int(serial.replace(":", ""), 16)
        except ValueError as error:
            raise SettingsError(f"{serial!r} is no serial number in hexadecimal") from error
        if not store.revoke(number, crl_reason(reason), datetime.now(UTC)):
            raise SettingsError(f"there is no certificate {serial} to revoke")


@app.command("audit")
def audit_command(folder: Where) -> None:
    """Print the audit trail, one JSON object a line, and verify its chain."""
    with explained(), opened_store(Folder(folder)) as store:
        for link in store.audit():
            typer.echo(link.text)
        verdict = verify(store.audit())
        if verdict.fault:
            raise SettingsError(f"the audit trail does not hold: {verdict.fault}")
        typer.echo(f"{verdict.count} events, head {verdict.head.hex()}", err=True)


def _assignment(text: str) -> tuple[str, str]:
    variable, equals, value = text.partition("=")
    if not equals:
        raise SettingsError(f"--set {text}: write VARIABLE=VALUE")
    return variable, value


for _command in (
    deciding.pending,
    deciding.approve,
    deciding.reject,
    deciding.challenges,
    deciding.revoke_since,
):
    app.command()(_command)


def main() -> None:
    """Entry point of `python -m scep_server`."""
    app()
