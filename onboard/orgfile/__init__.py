"""org.yaml -> Organization: every mistake of the file in one run, each at its line."""

from onboard.orgfile.loader import check, load, loads
from onboard.orgfile.schema import json_schema
from onboard.orgfile.sections.references import resolve, resolve_challenge, resolve_shared
from onboard.orgfile.text.scalars import parse_duration

__all__ = [
    "check",
    "json_schema",
    "load",
    "loads",
    "parse_duration",
    "resolve",
    "resolve_challenge",
    "resolve_shared",
]
