"""`onboard explain`: what a payload will do to a device, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onboard.cli.options import Format, Output
from onboard.cli.payloads.lint import read_payload
from onboard.cli.terminal import console


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="A payload that anyone made.")],
    output: Output = Format.TEXT,
) -> None:
    """Say in plain words what a payload will do to a device: mobileconfig, WLAN and LAN XML, SyncML, ONC.

    Bundles for Intune, too. Secrets are said to be there and never shown.
    """
    from onboard.explain import explain

    sections = explain(str(file), read_payload(file))
    if output is Format.JSON:
        console.data_json([{"title": s.title, "sentences": list(s.sentences)} for s in sections])
        return
    texts = ["\n".join([section.title, *(f"  {s}" for s in section.sentences)]) for section in sections]
    console.prose("\n\n".join(texts))
