"""`onboard ca rotate`: another authority takes the place of one that nears its end, or must be given up."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.certificates.hierarchy import as_json, show
from onboard.cli.keys import Passphrase, Sealed, opened, site_of
from onboard.cli.options import ORG_DEFAULT, Format, KeyPassphrase, Org, Output, State
from onboard.cli.session import Session, open_session
from onboard.cli.terminal import console
from onboard.errors import OnboardError, PkiError

if TYPE_CHECKING:  # the help page does not pay for loading this
    from onboard.changes import Comparison
    from onboard.model import Organization
    from onboard.orgfile.rollover import Succession
    from onboard.provision import Row, Site


Replaced = Annotated[str, typer.Argument(metavar="AUTHORITY", help="The authority that is replaced.")]
SuccessorName = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Key of the next one; default: the next number."),
]
CommonName = Annotated[
    str | None, typer.Option("--common-name", help="Of the next one; default: the old one's, numbered.")
]
Issuer = Annotated[
    str | None,
    typer.Option("--issuer", metavar="NAME", help="Of the next one; default: the old one's issuer."),
]
Announce = Annotated[
    bool,
    typer.Option("--announce", help="The old one issues for now; devices that ask hear of the next."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the change of the org definition, and make nothing.")
]


def command(
    name: Replaced,
    *,
    successor: SuccessorName = None,
    common_name: CommonName = None,
    issuer: Issuer = None,
    announce: Announce = False,
    dry_run: DryRun = False,
    sealed: Sealed = None,
    passphrase: Passphrase = None,
    org: Org = ORG_DEFAULT,
    state: State = None,
    key_passphrase: KeyPassphrase = None,
    output: Output = Format.TEXT,
) -> None:
    """Begin a CA rollover, or take its next step.

    Makes the next authority with a key of its own beside the old one and writes it into the org definition:
    `authority: [next, old]` in the groups, where the first issues and both are accepted; for a root
    `trust: [old, next]` in the RADIUS entries, and the other way round at the second run. Then says which
    artifacts change and what their devices do. --sealed is the key of the issuer, where that was sealed away.
    Nothing of the old authority is removed: take it out of the lists when nothing of it is in use any more.
    """
    from onboard.orgfile.rollover import rewritten

    session = open_session(org, state)
    site = site_of(session, key_passphrase)
    names = {"common_name": common_name or "", "issuer": issuer or ""}
    plan = _planned(session, site, name, successor or "", names, announce=announce)
    if sealed is not None:
        site = opened(session, site, plan.successor.issuer or name, sealed, passphrase)
    plan = replace(plan, listed=_can_issue(site, plan))
    before = _read(org)
    after = rewritten(before, str(org), plan)
    difference = "".join(_difference(org, before, after))
    if dry_run:
        _print(plan, difference, (), {}, output)
        return
    old_payloads = _payloads(org)
    rows = _provision(replace(site, organization=_organization(after, org)))
    _write(org, after)
    made = tuple(row for row in rows if row.outcome.value not in ("kept", "sealed"))
    compared = _compared(old_payloads, _payloads(org)) if plan.listed else {}
    _print(plan, difference, made, compared or {}, output)
    _report(session, plan, compared)


def _print(
    plan: Succession,
    difference: str,
    rows: tuple[Row, ...],
    compared: Mapping[str, Comparison],
    output: Format,
) -> None:
    """The change of the org definition, what was made, and what devices do about their artifacts."""
    if output is Format.JSON:
        console.data_json(
            {
                "successor": plan.successor.name,
                "difference": difference,
                "certificates": [as_json(row) for row in rows],
                "artifacts": [{"path": path, "verdict": one.verdict} for path, one in compared.items()],
            }
        )
    elif rows:
        show(rows, output)
        console.note(difference)
        for path, one in compared.items():
            console.prose(f"{path}: {one.verdict}")
    else:
        console.data(difference)


def _planned(
    session: Session, site: Site, name: str, successor: str, names: Mapping[str, str], *, announce: bool
) -> Succession:
    from onboard.orgfile.rollover import Succession, successor_of

    old = site.own(name)
    if site.certificate(name) is None:
        msg = f"there is nothing to roll over: pki/{name}.pem is not there yet"
        raise OnboardError(msg, hint="run 'onboard ca init' first")
    following = successor_of(session.organization, old, name=successor, **names)
    if following.issuer:
        site.authority(following.issuer)
    return Succession(old=old, successor=following, announce=announce)


def _can_issue(site: Site, plan: Succession) -> bool:
    """Whether the successor has its certificate, or gets it in this run."""
    following = plan.successor
    known = {authority.name for authority in site.organization.authorities}
    if following.name in known and site.certificate(following.name) is not None:
        return True
    return not following.issuer or site.at_hand(following.issuer)


def _organization(text: str, org: Path) -> Organization:
    from onboard.orgfile import loads

    return loads(text, str(org))


def _provision(site: Site) -> tuple[Row, ...]:
    from onboard.provision import init

    with console.progress("making keys and certificates"):
        return init(site)


def _read(org: Path) -> str:
    try:
        return org.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{org} cannot be read: {error}"
        raise OnboardError(msg) from error


def _write(org: Path, text: str) -> None:
    from scep_server.keys.files import replace as replace_file

    try:
        replace_file(org, text.encode(), mode=org.stat().st_mode & 0o777)
    except OSError as error:
        msg = f"{org} cannot be written: {error.strerror}"
        raise OnboardError(msg, hint="the keys are made; run this again once it can be written") from error


def _difference(org: Path, before: str, after: str) -> Iterator[str]:
    lines = (before.splitlines(keepends=True), after.splitlines(keepends=True))
    return difflib.unified_diff(*lines, fromfile=str(org), tofile=str(org))


def _payloads(org: Path) -> Mapping[str, bytes] | None:
    """What the definition generates, secrets aside; None while a certificate is not there yet."""
    from onboard.cli.org_payloads import payloads_of

    try:
        return payloads_of(org, secrets=False)
    except PkiError:
        return None


def _compared(
    before: Mapping[str, bytes] | None, after: Mapping[str, bytes] | None
) -> Mapping[str, Comparison] | None:
    """What changes by artifact; None where one of the two cannot be made yet."""
    from onboard.changes.sets import compare_sets

    return None if before is None or after is None else compare_sets(before, after)


def _report(session: Session, plan: Succession, compared: Mapping[str, Comparison] | None) -> None:
    """How many artifacts change, who enrols again and when, and what is to be done in which order."""
    old, new = plan.old.name, plan.successor.name
    if not plan.listed:
        console.note(f"{new} waits for its certificate: pki/{new}.csr is its request.")
        console.note(f"After 'onboard ca import {new} FILE' run 'onboard ca rotate {old}' again.")
        return
    if compared is None:
        console.note("artifacts cannot be compared until 'onboard ca init' has made every certificate")
    else:
        console.note(f"{console.count(len(compared), 'artifact')} to give out anew")
    for line in _steps(session, plan):
        console.note(line)


def _steps(session: Session, plan: Succession) -> Iterator[str]:
    old, new = plan.old.name, plan.successor.name
    groups = [g.name for g in session.organization.groups if old in {a.name for a in g.authorities}]
    if groups:
        yield f"1. 'onboard radius' for every RADIUS server: it must let in certificates of {new} first."
        yield f"2. 'onboard generate' for {', '.join(groups)}, upload it, and wait until devices have it:"
        yield f"   until then Windows and ChromeOS profiles do not offer certificates of {new}."
        yield "3. Restart 'onboard serve'; until then it goes on as before."
        yield (
            f"No device has to enrol again at once: certificates of {old} are accepted until their end and "
            f"renew into {old if plan.announce else new}."
        )
    else:
        yield "1. 'onboard generate' for every group, and upload, until each device trusts both roots."
        yield f"2. 'onboard ca rotate {old}' again: RADIUS certificates then come from {new}."
        yield f"3. 'onboard ca rotate NAME --issuer {new}' for each authority below {old}."
    yield f"When nothing of {old} is in use any more ('onboard status'), take it out of the lists."
