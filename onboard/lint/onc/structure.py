"""Walks a document along the field table: types, unknown fields, Recommended, then each object's check."""

from __future__ import annotations

from onboard.lint.jsonfile import Json
from onboard.lint.onc.certificates import certificate, scope
from onboard.lint.onc.eap import alternative_name, eap, pattern
from onboard.lint.onc.fields import SHAPES, Field, Kind, Shape
from onboard.lint.onc.judge import Judge, Mode, Object
from onboard.lint.onc.networks import (
    ethernet,
    global_configuration,
    ip_config,
    network,
    proxy,
    proxy_location,
    wifi,
)

_CHECKS = {
    "NetworkConfiguration": network,
    "WiFi": wifi,
    "Ethernet": ethernet,
    "EAP": eap,
    "AlternativeSubjectName": alternative_name,
    "CertificatePattern": pattern,
    "Certificate": certificate,
    "Scope": scope,
    "IPConfig": ip_config,
    "ProxySettings": proxy,
    "ProxyLocation": proxy_location,
    "GlobalNetworkConfiguration": global_configuration,
}


def walk(judge: Judge, document: Object) -> None:
    """Judge the whole document, every object where it stands."""
    _object(judge, "", document, "Toplevel")


def _object(judge: Judge, where: str, found: Object, name: str) -> None:
    shape = SHAPES[name]
    for key, value in found.items():
        place = f"{where}.{key}" if where else key
        if key == "Recommended" and shape.recommended:
            _recommended(judge, place, value, shape)
        elif key not in shape.fields:
            judge.say("002", place, "unknown to ONC, so it has no effect")
        else:
            _field(judge, place, value, shape.fields[key])
    if name in _CHECKS:
        _CHECKS[name](judge, where, found)


def _field(judge: Judge, where: str, value: Json, field: Field) -> None:
    if not _has_type(value, field.kind):
        judge.say("001", where, f"not a {field.kind.value}")
        return
    if isinstance(value, dict) and field.shape:
        _object(judge, where, value, field.shape)
    elif isinstance(value, list) and field.kind is Kind.OBJECTS and field.shape:
        for position, item in enumerate(value):
            if isinstance(item, dict):
                _object(judge, f"{where}[{position}]", item, field.shape)


def _has_type(value: Json, kind: Kind) -> bool:
    match kind:
        case Kind.STRING:
            return isinstance(value, str)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.OBJECT:
            return isinstance(value, dict)
        case Kind.STRINGS:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case Kind.OBJECTS:
            return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _recommended(judge: Judge, where: str, value: Json, shape: Shape) -> None:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        judge.say("001", where, "not a list of field names")
        return
    if judge.mode is Mode.IMPORT:
        judge.say("004", where, "has no effect in a file that is imported by hand")
        return
    for name in value:
        field = shape.fields.get(str(name))
        if field is None or field.kind is Kind.OBJECT:
            judge.say("003", where, f"{name} is not a value of this object")
