"""Rules of EAP objects: methods, server trust, and how the client certificate is found."""

from __future__ import annotations

from onboard.lint.onc.fields import CLIENT_CERT_COMPANIONS, INNER, OUTER
from onboard.lint.onc.judge import Judge, Object, text


def eap(judge: Judge, where: str, found: Object) -> None:
    """Rules 024 to 028."""
    if text(found, "Outer") not in OUTER:
        judge.say("024", f"{where}.Outer", f"not one of {', '.join(sorted(OUTER))}")
    if isinstance(found.get("Inner"), str) and found["Inner"] not in INNER:
        judge.say("025", f"{where}.Inner", f"not one of {', '.join(sorted(INNER))}")
    if found.get("ServerCARefs") == []:
        judge.say("026", f"{where}.ServerCARefs", "empty")
    if "ServerCARefs" in found and "ServerCARef" in found:
        judge.say("026", f"{where}.ServerCARef", "cannot stand beside ServerCARefs")
    kind = text(found, "ClientCertType")
    if kind and kind not in CLIENT_CERT_COMPANIONS:
        judge.say("027", f"{where}.ClientCertType", f"not one of {', '.join(CLIENT_CERT_COMPANIONS)}")
    companion = CLIENT_CERT_COMPANIONS.get(kind, "")
    if companion and companion not in found:
        judge.say("028", f"{where}.{companion}", f"missing, although ClientCertType is {kind}")


def pattern(judge: Judge, where: str, found: Object) -> None:
    """Rule 029."""
    if not any(found.get(name) for name in ("IssuerCARef", "Issuer", "Subject")):
        judge.say("029", where, "none of IssuerCARef, Issuer, Subject: it would match nothing")


def alternative_name(judge: Judge, where: str, found: Object) -> None:
    """Rule 030."""
    if text(found, "Type") not in {"EMAIL", "DNS", "URI"}:
        judge.say("030", f"{where}.Type", "not one of EMAIL, DNS, URI")
    if "Value" not in found:
        judge.say("030", f"{where}.Value", "missing")
