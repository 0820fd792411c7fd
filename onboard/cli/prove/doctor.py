"""`onboard doctor`: which SCEP clients would fail at a server, ours or anybody's, and why."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.options import ORG_DEFAULT, Format, Org, Output, State, Values
from onboard.cli.prove.meaning import show_meaning
from onboard.cli.prove.tickets import tickets_of_group, tickets_of_wish
from onboard.cli.session import open_session, parse_values, resolve_reference
from onboard.cli.terminal import console
from onboard.cli.usage import UsageError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.devices.scep.ca_certificates import Fingerprint
    from onboard.doctor import Examination, Tickets, Visit

_DIGESTS = (16, 20, 28, 32, 48, 64)  # octets of MD5, SHA-1 and SHA-2


Url = Annotated[
    str,
    typer.Argument(
        metavar="URL", help="Of the SCEP endpoint, as artifacts name it. Or what a device shows, e.g. 1206."
    ),
]
ChallengeReferences = Annotated[
    list[str] | None,
    typer.Option(
        "--challenge",
        metavar="REFERENCE",
        help="Enrol with it: env:NAME or file:PATH. Repeated: each serves one enrolment.",
    ),
]
Subject = Annotated[
    str | None,
    typer.Option(
        "--subject",
        metavar="NAME",
        help="To ask for, e.g. 'CN={}@example.org,O=Example'; {} is made unique.",
    ),
]
AlternativeNames = Annotated[
    list[str] | None,
    typer.Option(
        "--san",
        metavar="KIND:VALUE",
        help="Alternative name: rfc822, dns, uri or upn; may be repeated.",
    ),
]
OfGroup = Annotated[
    str | None,
    typer.Option("--group", "-g", help="Enrol as a device of this group of the org.", metavar="GROUP"),
]
Pin = Annotated[
    str | None,
    typer.Option("--fingerprint", metavar="HEX", help="That a certificate of GetCACert must have."),
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", help="For each step of a request.", min=0.1)
]
Everything = Annotated[bool, typer.Option("--all", help="Say also what was found right.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 for risks as well.")]


def command(
    url: Url,
    *,
    challenge: ChallengeReferences = None,
    subject: Subject = None,
    san: AlternativeNames = None,
    group: OfGroup = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    values: Values = None,
    fingerprint: Pin = None,
    timeout: Timeout = 15.0,
    everything: Everything = False,
    strict: Strict = False,
    output: Output = Format.TEXT,
) -> None:
    """Play Apple, Windows, certmonger, Chrome, Android and Cisco clients against a live SCEP URL.

    Without a challenge nothing is issued: what every client asks first is judged, and whether the server
    understands their messages. With one, each client enrols, repeats itself and renews, and the server is
    asked for what it must refuse. That takes some 30 certificates; revoke them afterwards. Exit code 1 if a
    client would fail, or the server does what no server may.

    What a Windows device or Intune shows, in place of the URL, is answered with its cause and cure.
    """
    if "://" not in url:
        show_meaning(url, output)
        return
    from onboard.doctor import Outcome, examine, failed

    _demand_http(url)
    given = [resolve_reference(text, Path(), "--challenge") for text in challenge or ()]
    pin, tickets = None, None
    if group is None:
        tickets = tickets_of_wish(given, subject, san or ())
    else:
        _demand_no_wish(subject, san)
        tickets, pin = tickets_of_group(open_session(org, state), group, parse_values(values), given)
    pin = pin if fingerprint is None else _fingerprint(fingerprint)
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


def _demand_no_wish(subject: str | None, san: Sequence[str] | None) -> None:
    if subject is not None or san:
        msg = "--group has a profile that says what to ask for, so --subject and --san have no place"
        raise UsageError(msg)


def _demand_http(url: str) -> None:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        msg = f"{url!r} is no http or https URL"
        raise UsageError(msg, hint="give it as artifacts name it, e.g. https://scep.example.org/scep/staff")


def _fingerprint(text: str) -> Fingerprint:
    from onboard.devices.scep.ca_certificates import Fingerprint

    try:
        digest = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        digest = b""
    if len(digest) not in _DIGESTS:
        msg = f"--fingerprint {text}: no digest of a certificate in hexadecimal"
        raise UsageError(msg, hint="SHA-256 has 64 digits; colons may stand between")
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
            console.prose(f"\n{paragraph}")
        console.prose(f"\n{summary.verdict(findings)}")
    if examination.issued:
        serials = " ".join(f"{certificate.serial_number:x}" for certificate in examination.issued)
        console.note(f"{len(examination.issued)} certificates were issued to doctor; revoke them: {serials}")
