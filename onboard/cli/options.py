"""The options that several commands share, spelled and explained once."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from onboard.model import Platform

Org = Annotated[
    Path,
    # readable=False: the reader of the file says more than typer would, and with exit code 1
    typer.Option(
        "--org",
        envvar="ONBOARD_ORG",
        help="The org definition.",
        metavar="FILE",
        show_default=True,
        readable=False,
    ),
]
ORG_DEFAULT = Path("org.yaml")

State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="ONBOARD_STATE",
        help="Folder of keys and records; default: .onboard beside the org definition.",
        metavar="DIR",
        show_default=False,
        readable=False,
    ),
]


class Format(enum.StrEnum):
    """How data is printed."""

    TEXT = "text"
    JSON = "json"


Output = Annotated[Format, typer.Option("--format", help="text for people, json for scripts.")]
GroupNames = Annotated[
    list[str] | None, typer.Option("--group", "-g", help="Only this group; may be repeated.", metavar="GROUP")
]
Platforms = Annotated[
    list[Platform] | None,
    typer.Option(
        "--platform",
        "-p",
        metavar="PLATFORM",
        help="Only apple, windows, chromeos, android or linux; may be repeated.",
    ),
]
OneGroup = Annotated[str | None, typer.Argument(metavar="[GROUP]", help="Only this group.")]
Live = Annotated[
    bool, typer.Option("--live", help="Enrol at the org's own server instead of a throw-away one.")
]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A variable's value, e.g. device.serial=C02X; may be repeated.",
        metavar="VARIABLE=VALUE",
    ),
]
KeyPassphrase = Annotated[
    str | None,
    typer.Option(
        "--key-passphrase",
        envvar="ONBOARD_KEY_PASSPHRASE",
        help="Of the keys in the state folder, if they are encrypted: env:NAME or file:PATH.",
        metavar="REFERENCE",
        show_default=False,
    ),
]
