"""`onboard whitelist`: what the onboarding SSID must let through."""

from __future__ import annotations

from typing import Annotated

import typer

from onboard.cli import console
from onboard.cli.options import ORG_DEFAULT, Format, Org, Output
from onboard.cli.session import open_session
from onboard.cli.usage import NotYetError
from onboard.model import GardenMode
from onboard.whitelist import Entry, Whitelist

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
        console.data(_as_text(whitelist, entries))
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


def _as_text(whitelist: Whitelist, entries: list[Entry]) -> str:
    title = f"Whitelist of {whitelist.ssid} ({whitelist.mode}): {len(entries)} hosts"
    rows = [
        (
            entry.host,
            f"{entry.protocol} {','.join(map(str, entry.ports))}",
            "required" if entry.required else "optional",
            entry.tag,
            entry.purpose,
        )
        for entry in entries
    ]
    parts = [console.table(("host", "ports", "need", "tag", "purpose"), rows, title=title)]
    if whitelist.closed:
        closed = sorted({(refusal.host, refusal.reason) for refusal in whitelist.closed})
        parts.append(console.table(("keep closed", "because"), closed))
    parts += [f"* {text}" for text in whitelist.notes]
    return "\n".join(parts)
