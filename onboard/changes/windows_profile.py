"""Two WLAN, LAN or EAP profiles compared: which changes throw a device off, and which it takes in passing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from onboard.changes.verdict import Change, Effect
from onboard.lint.windows.document import Node

_REINSTALL = (Effect.REINSTALL,)
_DROP = (Effect.DROP, Effect.REINSTALL)
_SECRETS = frozenset({"keyMaterial"})
_ROOTS = ("TrustedRootCA", "TrustedRootCAHash")
# Judged as a whole below, not leaf by leaf.
_JUDGED = frozenset({*_ROOTS, "ServerNames", "IssuerHash", "EKUName", "EKUOID", "hex"})


def profile_changes(before: Node, after: Node) -> Iterator[Change]:
    """Changes between two profiles of one kind."""
    old_name, new_name = before.value("name"), after.value("name")
    if old_name != new_name:
        what = f"{old_name} stays until somebody removes it, and {new_name} comes beside it"
        yield Change(where=f"{after.where}/name", what=what, effects=(Effect.BESIDE, Effect.REINSTALL))
        return
    for judge in _JUDGES:
        yield from judge(before, after)
    yield from _leaves(before, after)


def _ssids(before: Node, after: Node) -> Iterator[Change]:
    old, new = _texts(before, "hex"), _texts(after, "hex")
    if set(old) - set(new):
        yield Change(where=after.where, what="devices leave a network of the old profile", effects=_DROP)
    elif set(new) - set(old):
        yield Change(where=after.where, what="devices join one network more", effects=_REINSTALL)


def _roots(before: Node, after: Node) -> Iterator[Change]:
    for tag in _ROOTS:
        old, new = _thumbprints(before, tag), _thumbprints(after, tag)
        if lost := old - new:
            what = f"RADIUS servers under the root {', '.join(sorted(lost))} are believed no longer"
            yield Change(where=after.where, what=what, effects=_DROP)
        if gained := new - old:
            what = f"RADIUS servers under the root {', '.join(sorted(gained))} are believed from now on"
            yield Change(where=after.where, what=what, effects=_REINSTALL)


def _servers(before: Node, after: Node) -> Iterator[Change]:
    old, new = _server_names(before), _server_names(after)
    if lost := old - new:
        what = f"the RADIUS server {', '.join(sorted(lost))} is believed no longer"
        yield Change(where=after.where, what=what, effects=_DROP)
    if gained := new - old:
        what = f"the RADIUS server {', '.join(sorted(gained))} is believed from now on"
        yield Change(where=after.where, what=what, effects=_REINSTALL)


def _filters(before: Node, after: Node) -> Iterator[Change]:
    old, new = _thumbprints(before, "IssuerHash"), _thumbprints(after, "IssuerHash")
    if old != new:
        what = f"devices show a certificate of {', '.join(sorted(new)) or 'any CA'} only"
        yield Change(where=after.where, what=what, effects=_REINSTALL if old <= new else _DROP)
    wanted, wants = (set(_texts(node, "EKUOID")) for node in (before, after))
    if wanted != wants:
        what = f"the certificate must be made for {', '.join(sorted(wants)) or 'anything'}"
        yield Change(where=after.where, what=what, effects=_REINSTALL if wants <= wanted else _DROP)


# A leaf whose change throws a device off: another store, another method, or a stricter network.
_DROPS: Mapping[str, Callable[[str, str], bool]] = {
    "authMode": lambda _old, _new: True,
    "Type": lambda _old, _new: True,
    "authentication": lambda old, new: not (new == "WPA2" and old.startswith("WPA3")),
    "encryption": lambda old, new: "GCMP256" in {old, new},
    "keyMaterial": lambda _old, _new: True,
    "OneXEnabled": lambda _old, _new: True,
}


def _leaves(before: Node, after: Node) -> Iterator[Change]:
    old, new = _flat(before), _flat(after)
    for place in sorted(old.keys() | new.keys()):
        was, now = old.get(place), new.get(place)
        if was == now:
            continue
        name = place.rsplit("/", 1)[-1].split("[", 1)[0]
        drops = name in _DROPS and was is not None and now is not None and _DROPS[name](was, now)
        what = _from_to(name, was, now)
        yield Change(where=f"{after.where}{place}", what=what, effects=_DROP if drops else _REINSTALL)


def _flat(root: Node) -> Mapping[str, str]:
    """Place below the root -> text, for leaves that no judge sees; attributes as `@Name`."""
    found: dict[str, str] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        place = node.where[len(root.where) :]
        found |= {f"{place}@{name}": value for name, value in node.element.attrib.items()}
        children = node.children()
        if not children and node.name not in _JUDGED:
            found[place] = node.text
        pending.extend(children)
    return found


def _from_to(name: str, old: str | None, new: str | None) -> str:
    if name in _SECRETS:
        return f"{name} changes"
    if new is None:
        return f"{name} is no longer written"
    return f"{name} is now {new!r}" if old is None else f"{name}: {old!r} becomes {new!r}"


def _texts(root: Node, tag: str) -> tuple[str, ...]:
    return tuple(node.text for node in root.all(tag))


def _thumbprints(root: Node, tag: str) -> set[str]:
    return {text.replace(" ", "").lower() for text in _texts(root, tag)}


def _server_names(root: Node) -> set[str]:
    return {name for text in _texts(root, "ServerNames") for name in text.split(";") if name}


_JUDGES: tuple[Callable[[Node, Node], Iterator[Change]], ...] = (_ssids, _roots, _servers, _filters)
