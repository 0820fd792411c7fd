"""The networks of two Apple profiles compared: which are left, which are joined, which join otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onboard.changes.differences import different, from_to
from onboard.changes.verdict import Change, Effect
from onboard.lint.apple.document import Document, Entry, items, text
from onboard.lint.apple.facts import facts
from onboard.lint.apple.payload_types import CERTIFICATES, NETWORKS, WIFI
from onboard.lint.apple.shape import eap

_REINSTALL = (Effect.REINSTALL,)
_DROP = (Effect.DROP, Effect.REINSTALL)
_JOINS: Mapping[str, frozenset[str]] = {  # since iOS 16 and macOS 13
    "WEP": frozenset({"WEP"}),
    "WPA": frozenset({"WPA", "WPA2"}),
    "WPA2": frozenset({"WPA2", "WPA3"}),
    "WPA3": frozenset({"WPA3"}),
    "None": frozenset({"open"}),
}
_ANYTHING = frozenset({"WEP", "WPA", "WPA2", "WPA3"})
_JUDGED = frozenset(
    {"EAPClientConfiguration", "EncryptionType", "SetupModes", "PayloadUUID", "PayloadIdentifier"}
)
_JUDGED_EAP = frozenset(
    {"AcceptEAPTypes", "PayloadCertificateAnchorUUID", "TLSTrustedServerNames", "TLSMinimumVersion"}
)


def network_changes(before: Document, after: Document) -> Iterator[Change]:
    """Changes of networks, paired by SSID on the air and by interface on the wire."""
    old, new = _by_name(before), _by_name(after)
    for name, entry in old.items():
        if name not in new:
            yield Change(where=entry.where, what=f"devices leave {name} and forget it", effects=_DROP)
    for name, entry in new.items():
        if name not in old:
            yield Change(where=entry.where, what=f"devices join {name} from now on", effects=_REINSTALL)
            continue
        was = old[name]
        yield from _replaced(was, entry, name)
        yield from _reach(was, entry)
        yield from _trust(before, was, after, entry)
        yield from _rest(was, entry)


def _by_name(document: Document) -> Mapping[str, Entry]:
    return {_name(entry): entry for entry in document.of_kind(*NETWORKS)}


def _name(entry: Entry) -> str:
    if entry.kind == WIFI:
        return f"the Wi-Fi network {entry.text('SSID_STR') or entry.text('DomainName')}"
    return f"the wired network ({entry.kind.removeprefix('com.apple.').removesuffix('.managed')})"


def _replaced(old: Entry, new: Entry, name: str) -> Iterator[Change]:
    if any(old.text(key) != new.text(key) for key in ("PayloadUUID", "PayloadIdentifier")):
        yield Change(
            where=new.where, what=f"{name} is removed and added again, with a gap between", effects=_REINSTALL
        )


def _reach(old: Entry, new: Entry) -> Iterator[Change]:
    """Encryption and time of joining."""
    if "EncryptionType" in different(old.keys, new.keys, set()):
        was, now = (_JOINS.get(entry.text("EncryptionType"), _ANYTHING) for entry in (old, new))
        yield Change(
            where=new.at("EncryptionType"),
            what=from_to("EncryptionType", old.keys, new.keys),
            effects=_REINSTALL if was <= now else _DROP,
        )
    if (was_modes := items(old.keys, "SetupModes")) != (modes := items(new.keys, "SetupModes")):
        loses = "System" in was_modes and "System" not in modes
        what = "Macs no longer join before login" if loses else "the moment at which a Mac joins changes"
        yield Change(where=new.at("SetupModes"), what=what, effects=_DROP if loses else _REINSTALL)


def _trust(before: Document, old: Entry, after: Document, new: Entry) -> Iterator[Change]:
    """Whom the device lets authenticate it: fewer servers, CAs or methods may mean that it stays outside."""
    place = new.at("EAPClientConfiguration")
    was, now = eap(old), eap(new)
    sides = (
        (
            "a RADIUS server called {} is",
            _texts(was, "TLSTrustedServerNames"),
            _texts(now, "TLSTrustedServerNames"),
        ),
        ("RADIUS certificates from {} are", _anchors(before, was), _anchors(after, now)),
        ("EAP method {} is", _texts(was, "AcceptEAPTypes"), _texts(now, "AcceptEAPTypes")),
    )
    for phrase, earlier, later in sides:
        for name in sorted(earlier - later):
            yield Change(where=place, what=f"{phrase.format(name)} refused from now on", effects=_DROP)
        for name in sorted(later - earlier):
            yield Change(where=place, what=f"{phrase.format(name)} accepted from now on", effects=_REINSTALL)
    if text(was, "TLSMinimumVersion") != text(now, "TLSMinimumVersion"):
        higher = (text(now, "TLSMinimumVersion") or "1.0") > (text(was, "TLSMinimumVersion") or "1.0")
        yield Change(
            where=f"{place}.TLSMinimumVersion",
            what=from_to("TLSMinimumVersion", was, now),
            effects=_DROP if higher else _REINSTALL,
        )


def _rest(old: Entry, new: Entry) -> Iterator[Change]:
    for key in different(old.keys, new.keys, _JUDGED):
        yield Change(where=new.at(key), what=from_to(key, old.keys, new.keys), effects=_REINSTALL)
    was, now = eap(old), eap(new)
    for key in different(was, now, _JUDGED_EAP):
        yield Change(
            where=new.at("EAPClientConfiguration", key), what=from_to(key, was, now), effects=_REINSTALL
        )


def _texts(keys: Mapping[str, object], key: str) -> frozenset[str]:
    return frozenset(map(str, items(keys, key)))


def _anchors(document: Document, configuration: Mapping[str, object]) -> frozenset[str]:
    by_uuid = {entry.text("PayloadUUID"): entry for entry in document.of_kind(*CERTIFICATES)}
    found: set[str] = set()
    for reference in items(configuration, "PayloadCertificateAnchorUUID"):
        entry = by_uuid.get(str(reference))
        content = entry.keys.get("PayloadContent") if entry else None
        known = facts(content) if isinstance(content, bytes) else None
        # The digest tells two editions of a CA with one name apart.
        found.add(f"{known.name} ({known.sha256.hex()[:8]})" if known else "a certificate that is not inside")
    return frozenset(found)
