"""`onboard schema`: the JSON Schema of org.yaml, for editors."""

from __future__ import annotations

from onboard.cli.terminal import console


def command() -> None:
    """Print the JSON Schema of org.yaml."""
    from onboard.orgfile import json_schema

    console.data_json(json_schema())
