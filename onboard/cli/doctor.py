"""`onboard doctor`: which SCEP clients would fail at a server, ours or anybody's, and why."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli import console
from onboard.cli.challenge import mint_one, record
from onboard.cli.options import ORG_DEFAULT, Format, Org, Output, State, Values
from onboard.cli.session import open_session, parse_values, resolve_reference
from onboard.errors import OnboardError
from onboard.secret import Secret

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.cli.session import Session
    from onboard.devices.ca_certificates import Fingerprint
    from onboard.doctor import Examination, Tickets, Visit
    from onboard.doctor.tickets import Challenges

_DIGESTS = (16, 20, 28, 32, 48, 64)  # octets of MD5, SHA-1 and SHA-2


def command(
    url: Annotated[str, typer.Argument(metavar="URL", help="Of the SCEP endpoint, as artifacts name it.")],
    *,
    challenge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REFERENCE",
            help="Enrol with it: env:NAME or file:PATH. Repeated: each serves one enrolment.",
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="To ask for, e.g. 'CN={}@example.org,O=Example'; {} is made unique."
        ),
    ] = None,
    san: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:VALUE", help="Alternative name: rfc822, dns, uri or upn; may be repeated."
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", "-g", help="Enrol as a device of this group of the org.", metavar="GROUP"),
    ] = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    values: Values = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="That a certificate of GetCACert must have."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for each step of a request.", min=0.1)] = 15.0,
    everything: Annotated[bool, typer.Option("--all", help="Say also what was found right.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for risks as well.")] = False,
    output: Output = Format.TEXT,
) -> None:
    """Play Apple, Windows, certmonger, Chrome, Android and Cisco clients against a live SCEP URL.

    Without a challenge nothing is issued: what every client asks first is judged, and whether the server
    understands their messages. With one, each client enrols, repeats itself and renews, and the server is
    asked for what it must refuse. That takes some 30 certificates; revoke them afterwards. Exit code 1 if a
    client would fail, or the server does what no server may.
    """
    from onboard.doctor import Outcome, examine, failed

    _demand_http(url)
    tickets, pin = _tickets(challenge, subject, san, group, org, state, values)
    if fingerprint is not None:
        pin = _fingerprint(fingerprint)
    with console.progress("examining") as line, _visit(url, timeout, tickets, pin, line.step) as visit:
        examination = examine(visit)
    _show(examination, output, everything=everything)
    risky = any(finding.outcome is Outcome.RISK for finding in examination.findings)
    if failed(examination.findings) or (strict and risky):
        raise typer.Exit(1)


@contextmanager
def _visit(
    url: str,
    timeout: float,
    tickets: Tickets | None,
    pin: Fingerprint | None,
    progress: Callable[[str], None],
) -> Iterator[Visit]:
    """The way to the server; whom its TLS certificate is trusted by is judged, not demanded."""
    import httpx

    from onboard.doctor import Line, Visit
    from onboard.doctor.sockets import Http10Transport, tls_trouble, trusting

    def handshake(old: bool, verify: bool) -> str:
        newest = ssl.TLSVersion.TLSv1_2 if old else ssl.TLSVersion.MAXIMUM_SUPPORTED
        return tls_trouble(url, maximum=newest, verify=verify, timeout=timeout)

    with httpx.HTTPTransport(verify=trusting(), trust_env=False) as transport:
        line = Line(url=url, transport=transport, old_transport=Http10Transport(timeout), timeout=timeout)
        yield Visit(
            line=line,
            tls_trouble=handshake,
            now=datetime.now(UTC),
            random=secrets.token_bytes,
            pin=pin,
            tickets=tickets,
            progress=progress,
        )


def _tickets(
    challenge: Sequence[str] | None,
    subject: str | None,
    san: Sequence[str] | None,
    group: str | None,
    org: Path,
    state: Path | None,
    values: Sequence[str] | None,
) -> tuple[Tickets | None, Fingerprint | None]:
    """What to ask for, and the fingerprint where an org knows it."""
    from onboard.doctor.tickets import Challenges, Wish, WishTickets

    given = [resolve_reference(text, Path(), "--challenge") for text in challenge or ()]
    run = secrets.token_hex(3)
    if group is not None:
        if subject is not None or san:
            msg = "--group has a profile that says what to ask for, so --subject and --san have no place"
            raise OnboardError(msg)
        return _tickets_of_group(
            open_session(org, state), group, parse_values(values), Challenges(given), run
        )
    if bool(given) != (subject is not None) or (san and not given):
        msg = "to enrol, doctor needs a challenge and a subject"
        raise OnboardError(msg, hint="give --challenge and --subject, or --group with the org that has it")
    if subject is None:
        return None, None
    return WishTickets(wish=Wish.parse(subject, san or ()), challenges=Challenges(given), run=run), None


def _tickets_of_group(
    session: Session, name: str, values: Mapping[str, str], given: Challenges, run: str
) -> tuple[Tickets, Fingerprint]:
    from onboard.devices.ca_certificates import Fingerprint
    from onboard.doctor.tickets import GroupTickets
    from onboard.pki import read_certificates

    (group,) = session.groups([name])
    static = session.static_challenge(group)

    def challenge(bound: Mapping[str, str]) -> Secret:
        known = given.next() or static
        if known is not None:
            return known
        minted = mint_one(session, group, bound)
        record(session, [minted])
        return minted.challenge

    certificates = read_certificates(session.organization, session.folder)
    pin = Fingerprint(certificates[group.authority.name].sha256)
    organization = session.organization
    tickets = GroupTickets(
        organization=organization, group=group, values=values, challenge=challenge, run=run
    )
    return tickets, pin


def _demand_http(url: str) -> None:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        msg = f"{url!r} is no http or https URL"
        raise OnboardError(msg, hint="give it as artifacts name it, e.g. https://scep.example.org/scep/staff")


def _fingerprint(text: str) -> Fingerprint:
    from onboard.devices.ca_certificates import Fingerprint

    try:
        digest = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        digest = b""
    if len(digest) not in _DIGESTS:
        msg = f"--fingerprint {text}: no digest of a certificate in hexadecimal"
        raise OnboardError(msg, hint="SHA-256 has 64 digits; colons may stand between")
    return Fingerprint(digest)


def _show(examination: Examination, output: Format, *, everything: bool) -> None:
    from onboard.doctor import summary
    from onboard.doctor.signs import sign

    findings = examination.findings
    if output is Format.JSON:
        console.data_json([{**finding.to_json(), "sign": sign(finding)} for finding in findings])
    else:
        console.data(console.table(summary.HEADERS, summary.rows(findings)))
        for paragraph in summary.paragraphs(findings, everything=everything):
            console.data(f"\n{paragraph}")
        console.data(f"\n{summary.verdict(findings)}")
    if examination.issued:
        serials = " ".join(f"{certificate.serial_number:x}" for certificate in examination.issued)
        console.note(f"{len(examination.issued)} certificates were issued to doctor; revoke them: {serials}")
