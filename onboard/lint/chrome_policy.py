"""Judges request lists for the Chrome Policy API: schemas, order, and what refers to what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from onboard.errors import Finding
from onboard.lint.jsonfile import Json, JsonError, looks_like, parse
from onboard.lint.report import Report

_API = "chromepolicy.v1"
_BODIES: Mapping[str, frozenset[str]] = {
    "defineCertificate": frozenset({"targetResource", "certificate", "ceritificateName", "settings"}),
    "defineNetwork": frozenset({"targetResource", "name", "settings"}),
    "removeNetwork": frozenset({"targetResource", "networkId"}),
    "removeCertificate": frozenset({"targetResource", "networkId"}),
}
_OPTIONAL = frozenset({"ceritificateName", "settings"})
_STEP = re.compile(r"\{([A-Za-z0-9_-]+)\.networkId\}")


def recognises(content: bytes) -> bool:
    """Whether it says for which API it is."""
    return looks_like(content, "api") and _API.encode() in content


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What the API would refuse, or accept in the wrong order."""
    report = Report(path, "chrome-policy")
    try:
        document = parse(content)
    except JsonError as error:
        report.error("01", "", f"this is not JSON: {error}")
        return report.findings
    if not isinstance(document, dict) or document.get("api") != _API:
        report.error("02", "api", f"not {_API}")
        return report.findings
    defined: dict[str, str] = {}
    for where, step in _steps(report, "define", document.get("define")):
        _define(report, where, step, defined)
    gone: set[str] = set()
    for where, step in _steps(report, "remove", document.get("remove")):
        _remove(report, where, step, defined, gone)
    if not isinstance(document.get("losses"), list):
        report.error("03", "losses", "missing: what the API cannot hold must be said")
    return report.findings


def _steps(report: Report, where: str, listed: Json) -> Iterable[tuple[str, Mapping[str, Json]]]:
    if not isinstance(listed, list):
        report.error("04", where, "not a list of requests")
        return
    for position, step in enumerate(listed):
        place = f"{where}[{position}]"
        if not isinstance(step, dict) or not isinstance(step.get("body"), dict):
            report.error("04", place, "not a request with a body")
        elif _method(step) not in _BODIES:
            report.error("05", f"{place}.path", "not a method of networks that defines or removes")
        else:
            yield place, step


def _method(step: Mapping[str, Json]) -> str:
    return str(step.get("path", "")).rpartition(":")[2]


def _define(report: Report, where: str, step: Mapping[str, Json], defined: dict[str, str]) -> None:
    body = _body(report, where, step)
    for name in _references(body):
        if defined.get(name) != "defineCertificate":
            report.error("06", f"{where}.body", f"refers to {name}, which no earlier step defines")
    if _method(step) == "defineNetwork":
        _settings(report, f"{where}.body.settings", body.get("settings"))
    name = str(step.get("id", ""))
    if not name or name in defined:
        report.error("07", f"{where}.id", "missing or used before")
    defined[name] = _method(step)


def _settings(report: Report, where: str, settings: Json) -> None:
    listed = [entry for entry in settings if isinstance(entry, dict)] if isinstance(settings, list) else []
    schemas = [str(entry.get("policySchema", "")) for entry in listed]
    if not any(schema.endswith(".Details") for schema in schemas):
        report.error("08", where, "Details is mandatory")
    switches = [entry.get("value") for entry in listed if ".AllowForChrome" in str(entry.get("policySchema"))]
    if not any(isinstance(value, dict) and True in value.values() for value in switches):
        report.error("09", where, "no switch lets users or devices use the network")
    for entry in listed:
        value = entry.get("value")
        details = value.get("details") if isinstance(value, dict) else None
        if isinstance(details, dict):
            _eap(report, f"{where}.details.eap", details.get("eap"))


def _eap(report: Report, where: str, eap: Json) -> None:
    if not isinstance(eap, dict):
        report.error("10", where, "missing")
        return
    if eap.get("useSystemCas") is not False:
        report.error("11", f"{where}.useSystemCas", "any public CA could vouch for the server")
    for name in ("serverCaRef", "domainSuffixMatch", "identity"):
        if not eap.get(name):
            report.error("12", f"{where}.{name}", "missing")


def _remove(
    report: Report, where: str, step: Mapping[str, Json], defined: Mapping[str, str], gone: set[str]
) -> None:
    body = _body(report, where, step)
    wanted = _method(step).replace("remove", "define")
    for name in _references(body):
        if defined.get(name) != wanted:
            report.error("13", f"{where}.body.networkId", f"{name} is not what {_method(step)} removes")
        gone.add(name)
    networks = {name for name, method in defined.items() if method == "defineNetwork"}
    if wanted == "defineCertificate" and not networks <= gone:
        report.error("14", where, "a certificate that a network still names cannot be removed")


def _body(report: Report, where: str, step: Mapping[str, Json]) -> Mapping[str, Json]:
    body = step["body"]
    known = _BODIES[_method(step)]
    if not isinstance(body, dict):
        return {}
    for name in body:
        if name not in known:
            report.error("15", f"{where}.body.{name}", f"not a field of {_method(step)}")
    for name in sorted(known - _OPTIONAL - set(body)):
        report.error("16", f"{where}.body.{name}", "missing")
    if not str(body.get("targetResource", "")).startswith("orgunits/"):
        report.error("17", f"{where}.body.targetResource", "networks attach to org units only")
    return body


def _references(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield from _STEP.findall(value)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
