"""Audit events and checkpoints as lines for a SIEM: our own JSON, CEF (ArcSight), ECS (Elastic)."""

from __future__ import annotations

import enum
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from scep_server.audit import ChainedEvent, EventKind
from scep_server.reporting.checkpoint import Checkpoint

_ECS_VERSION = "8.11.0"
_CEF_HEADER = "CEF:0|onboard|scep_server|1"
_DATASET = "scep_server.audit"
_encode = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode
_Fields = Mapping[str, str | int]


class Format(enum.StrEnum):
    """What a line looks like: our own JSON, ArcSight's CEF, Elastic's ECS."""

    JSON = "json"
    CEF = "cef"
    ECS = "ecs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line for a sink.

    Attributes:
        sequence: of the event, or how many events a checkpoint counts.
        at: as the event says, RFC 3339.
        kind: of the event, or "checkpoint".
        text: one line, ASCII.
    """

    sequence: int
    at: str
    kind: str
    text: str

    @property
    def is_alarm(self) -> bool:
        """Whether somebody should look."""
        return self.kind == EventKind.ALARM

    @property
    def is_refusal(self) -> bool:
        """Whether somebody did not get what was asked for."""
        return self.kind in _REFUSALS


_REFUSALS = frozenset({EventKind.REFUSED, EventKind.COUNTED, EventKind.REJECTED, EventKind.ALARM})
_CEF_SEVERITY = {EventKind.ALARM: 9, EventKind.COUNTED: 6, EventKind.REFUSED: 5, EventKind.REVOKED: 4}
# Where CEF has no key of its own: custom strings, each with its label.
_CEF_STRINGS = (
    "group",
    "transaction",
    "serial",
    "subject",
    "challenge",
    "signer",
)
_CEF_NAMES = {"reason": "reason", "remedy": "msg", "fail_info": "cat", "message_type": "requestMethod"}
_SUCCEEDED = frozenset({EventKind.ISSUED, EventKind.REPEATED, EventKind.DELIVERED, EventKind.APPROVED})


def event_record(link: ChainedEvent, form: Format) -> Record:
    """An event of the chain in one of the forms."""
    fields: _Fields = json.loads(link.text)
    return Record(
        sequence=link.sequence,
        at=str(fields["time"]),
        kind=str(fields["kind"]),
        text=FORMATS[form](link.text, fields),
    )


def checkpoint_record(checkpoint: Checkpoint, form: Format) -> Record:
    """A checkpoint; whatever the form, its JSON is inside unchanged, for `audit verify`."""
    fields: dict[str, str | int] = {
        "time": json.loads(checkpoint.text)["time"],
        "kind": "checkpoint",
        "sequence": checkpoint.count,
    }
    text = checkpoint.text
    if form is Format.CEF:
        text = _cef_line(fields, {"msg": checkpoint.text})
    elif form is Format.ECS:
        tree = _ecs_tree(fields)
        tree["event"] = {**_mapping(tree["event"]), "original": checkpoint.text}
        text = _encode(tree)
    return Record(sequence=checkpoint.count, at=str(fields["time"]), kind="checkpoint", text=text)


def _json(text: str, _: _Fields) -> str:
    """The very text that was hashed: whoever has every line can compute the chain again."""
    return text


def _cef(_: str, fields: _Fields) -> str:
    extension: dict[str, object] = {cef: fields[name] for name, cef in _CEF_NAMES.items() if name in fields}
    address = str(fields.get("address", ""))
    if address:
        extension["src" if _is_address(address) else "shost"] = address
    if "count" in fields:
        extension["cnt"] = fields["count"]
    present = [name for name in _CEF_STRINGS if name in fields]
    for name in present:
        number = _CEF_STRINGS.index(name) + 1
        extension |= {f"cs{number}Label": name, f"cs{number}": fields[name]}
    for number, name in enumerate(("identity", "ignored"), 1):
        if name in fields:
            extension |= {f"flexString{number}Label": name, f"flexString{number}": fields[name]}
    return _cef_line(fields, extension)


def _cef_line(fields: _Fields, extension: Mapping[str, object]) -> str:
    kind = str(fields["kind"])
    whole = {
        "rt": _milliseconds(str(fields["time"])),
        "externalId": fields["sequence"],
        "act": kind,
        "outcome": _outcome(kind),
        **extension,
    }
    severity = _CEF_SEVERITY.get(EventKind(kind), 2) if kind in set(EventKind) else 1
    pairs = " ".join(f"{key}={_cef_value(str(value))}" for key, value in whole.items())
    return f"{_CEF_HEADER}|{kind}|SCEP {kind}|{severity}|{pairs}"


def _cef_value(text: str) -> str:
    """Escaped (CEF 25, "Character Encoding"), and kept ASCII like every line here."""
    spelled = text.encode("ascii", "backslashreplace").decode()
    escaped = spelled.replace("\\", "\\\\").replace("=", "\\=")
    return re.sub(r"[\x00-\x1f\x7f]", " ", escaped.replace("\r", "\\r").replace("\n", "\\n"))


def _ecs(_: str, fields: _Fields) -> str:
    return _encode(_ecs_tree(fields))


def _ecs_tree(fields: _Fields) -> dict[str, object]:
    kind = str(fields["kind"])
    tree: dict[str, object] = {
        "@timestamp": fields["time"],
        "ecs": {"version": _ECS_VERSION},
        "message": f"SCEP {kind}" + (f": {fields['reason']}" if "reason" in fields else ""),
        "event": _ecs_event(kind, fields),
        "labels": {name: str(fields[name]) for name in _ECS_LABELS if name in fields},
    }
    address = str(fields.get("address", ""))
    if address:
        tree["source"] = {"address": address} | ({"ip": address} if _is_address(address) else {})
    if "group" in fields:
        tree["group"] = {"name": fields["group"]}
    certificate: dict[str, object] = {}
    if "serial" in fields:
        certificate["serial_number"] = str(fields["serial"]).upper()
    if "subject" in fields:
        certificate["subject"] = {"distinguished_name": fields["subject"]}
    if certificate:
        tree["x509"] = certificate
    return tree


_ECS_LABELS = (
    "message_type",
    "transaction",
    "fail_info",
    "remedy",
    "identity",
    "challenge",
    "signer",
    "ignored",
    "count",
)


def _ecs_event(kind: str, fields: _Fields) -> dict[str, object]:
    event: dict[str, object] = {
        "kind": "alert" if kind == EventKind.ALARM else "event",
        "category": ["iam"],
        "type": ["denied"] if kind in _REFUSALS else ["info"],
        "action": kind,
        "outcome": _outcome(kind),
        "dataset": _DATASET,
        "provider": "scep_server",
        "sequence": fields["sequence"],
    }
    return event | ({"reason": fields["reason"]} if "reason" in fields else {})


def _outcome(kind: str) -> str:
    if kind in _REFUSALS:
        return "failure"
    return "success" if kind in _SUCCEEDED else "unknown"


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


FORMATS: Mapping[Format, Callable[[str, _Fields], str]] = MappingProxyType(
    {Format.JSON: _json, Format.CEF: _cef, Format.ECS: _ecs}
)
