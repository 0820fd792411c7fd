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
        "--org", envvar="ONBOARD_ORG", help="The org definition.", show_default=True, readable=False
    ),
]
ORG_DEFAULT = Path("org.yaml")

State = Annotated[
    Path | None,
    typer.Option(
        "--state",
        envvar="ONBOARD_STATE",
        help="Folder of keys and records; default: .onboard beside the org definition.",
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
    list[Platform] | None, typer.Option("--platform", "-p", help="Only this platform; may be repeated.")
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
        help="Encrypts the keys in the state folder: env:NAME or file:PATH.",
        metavar="REFERENCE",
        show_default=False,
    ),
]
