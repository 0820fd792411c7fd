"""Rules that need the whole file: repeated GUIDs, dangling references, wired networks that collide."""

from __future__ import annotations

from collections.abc import Iterator

from onboard.lint.onc.judge import Judge, Object, child, children, strings, text


def check(judge: Judge, document: Object) -> None:
    """Rules 009, 023, 031 and 038."""
    _guids(judge, document, "NetworkConfigurations", "009")
    _guids(judge, document, "Certificates", "031")
    _wired(judge, document)
    trusted = {
        text(entry, "GUID")
        for _, entry in children(document, "Certificates")
        if entry.get("Type") in {"Authority", "Server"}
    }
    for where, eap in eap_objects(document):
        references = [(f"{where}.ServerCARefs", guid) for guid in strings(eap, "ServerCARefs")]
        if text(eap, "ServerCARef"):
            references.append((f"{where}.ServerCARef", text(eap, "ServerCARef")))
        pattern = child(eap, "ClientCertPattern") or {}
        references += [(f"{where}.ClientCertPattern.IssuerCARef", g) for g in strings(pattern, "IssuerCARef")]
        for place, guid in references:
            if guid not in trusted:
                judge.say("038", place, f"{guid!r} is no CA of this file")


def eap_objects(document: Object) -> Iterator[tuple[str, Object]]:
    """Every EAP object of a Wi-Fi or Ethernet network, with its place."""
    for where, network in children(document, "NetworkConfigurations"):
        for medium in ("WiFi", "Ethernet"):
            eap = child(child(network, medium) or {}, "EAP")
            if eap is not None:
                yield f"{where}.{medium}.EAP", eap


def _guids(judge: Judge, document: Object, name: str, rule: str) -> None:
    seen: set[str] = set()
    for where, entry in children(document, name):
        guid = text(entry, "GUID")
        if not guid:
            judge.say(rule, f"{where}.GUID", "missing or empty")
        elif guid in seen:
            judge.say(rule, f"{where}.GUID", f"{guid} is used by an earlier entry")
        seen.add(guid)


def _wired(judge: Judge, document: Object) -> None:
    seen: set[object] = set()
    for where, network in children(document, "NetworkConfigurations"):
        ethernet = child(network, "Ethernet")
        if network.get("Type") == "Ethernet" and ethernet is not None:
            authentication = str(ethernet.get("Authentication", "None"))
            if authentication in seen:
                judge.say("023", where, f"replaces the earlier Ethernet network with {authentication}")
            seen.add(authentication)
