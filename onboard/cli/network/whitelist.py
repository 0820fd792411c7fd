"""`onboard whitelist`: what the onboarding SSID must let through."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from onboard.cli.options import ORG_DEFAULT, Format, Org, Output
from onboard.cli.session import open_session
from onboard.cli.terminal import console
from onboard.cli.usage import NotYetError
from onboard.model import GardenMode
from onboard.whitelist import Entry, Refusal, Whitelist

Mode = Annotated[GardenMode | None, typer.Option("--mode", help="captive or zero-touch; default: the org's.")]
Required = Annotated[bool, typer.Option("--required", help="Only what the services cannot do without.")]


def command(
    org: Org = ORG_DEFAULT,
    mode: Mode = None,
    required: Required = False,
    controller: Annotated[str | None, typer.Option("--controller", hidden=True)] = None,
    output: Output = Format.TEXT,
) -> None:
    """Print the whitelist of the onboarding SSID, from the catalogue and the org's own hosts.

    In captive mode no host is listed that would keep the portal from popping up.
    """
    from onboard.whitelist import build

    if controller is not None:
        what = "`onboard whitelist --controller`"
        raise NotYetError(what, hint="--format json has hosts, ports and protocols, for a script of yours")
    whitelist = build(open_session(org).organization, mode)
    entries = [entry for entry in whitelist.entries if entry.required or not required]
    if output is Format.JSON:
        console.data_json([_as_json(entry) for entry in entries])
    else:
        _show(whitelist, entries)
    for refusal in whitelist.unfilled:
        if refusal.required:
            console.warn(f"{refusal.host} ({refusal.tag}) {refusal.reason}; add it by hand")


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "host": entry.host,
        "ports": list(entry.ports),
        "protocol": entry.protocol,
        "purpose": entry.purpose,
        "required": entry.required,
        "tag": entry.tag,
        "source": entry.source,
        "checked": entry.checked.isoformat(),
    }


def _show(whitelist: Whitelist, entries: list[Entry]) -> None:
    title = f"Whitelist of {whitelist.ssid} ({whitelist.mode}): {len(entries)} hosts"
    if console.on_terminal():
        tables = [f"{title}\n", *_by_tag(entries)]
    else:  # a row says everything of its host
        rows = [(entry.host, _ports(entry), _need(entry), entry.tag, entry.purpose) for entry in entries]
        tables = [console.table(("host", "ports", "need", "tag", "purpose"), rows, title=title)]
    if whitelist.closed:
        tables.append(console.table(("keep closed", "because"), _closed(whitelist.closed)))
    console.data("\n".join(tables))
    for text in whitelist.notes:
        console.prose(f"* {text}")


def _by_tag(entries: Sequence[Entry]) -> Iterator[str]:
    for tag, group in itertools.groupby(entries, lambda entry: entry.tag):
        rows = [(entry.host, _ports(entry), _need(entry), entry.purpose) for entry in group]
        yield console.table((tag, "ports", "need", "purpose"), rows)


def _ports(entry: Entry) -> str:
    return f"{entry.protocol} {', '.join(map(str, entry.ports))}"


def _need(entry: Entry) -> str:
    return "required" if entry.required else "optional"


def _closed(refusals: Sequence[Refusal]) -> list[tuple[str, str]]:
    """Each host once, with every reason."""
    reasons: dict[str, dict[str, None]] = {}
    for refusal in refusals:
        reasons.setdefault(refusal.host, {})[refusal.reason] = None
    return [(host, "; ".join(said)) for host, said in sorted(reasons.items())]
