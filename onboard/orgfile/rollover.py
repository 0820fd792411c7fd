"""Writes a CA rollover into the text of an org file: the next authority beside the old, and who accepts both.

The result is read again and compared with what is meant; a file whose layout does not let itself be changed
(aliases, a section on one line) is refused with the lines to write by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from onboard.errors import OrgFileError, PkiError
from onboard.model import Anchor, Authority, Group, Network, Organization, Radius
from onboard.orgfile.loader import loads
from onboard.orgfile.text import nodes, scalars
from onboard.orgfile.text.rewriting import Edit, Text, child, positions

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]*[A-Za-z0-9]")
_NUMBERED = re.compile(r"(?P<stem>.+)-(?P<number>[1-9][0-9]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """Who follows whom, and how far it has come.

    Attributes:
        old: the authority that is replaced.
        successor: the one that follows it; perhaps not in the file yet.
        announce: the old one issues for now, and devices that ask hear of the next.
        listed: whether groups and RADIUS entries take it up now; not before its certificate can be had.
    """

    old: Authority
    successor: Authority
    announce: bool = False
    listed: bool = True

    @property
    def order(self) -> tuple[Authority, Authority]:
        """Both, the one that issues first."""
        return (self.old, self.successor) if self.announce else (self.successor, self.old)


def successor_of(organization: Organization, old: Authority, *, name: str = "", **changes: str) -> Authority:
    """The authority that follows another: the one that a rollover names already, or a new one like it.

    Args:
        organization: whose.
        old: the authority that is replaced.
        name: its key in org.yaml; the next number behind the old one's when empty.
        changes: `common_name` and `issuer`, where they are not those that follow from the old one.

    Raises:
        PkiError: no name fits, or the one that was given is of something else.
    """
    known = {authority.name: authority for authority in organization.authorities}
    chosen = name or _begun(organization, old) or f"{_stem(old.name)}-{_number(old.name) + 1}"
    if chosen in known and chosen != old.name:
        return known[chosen]
    if not re.fullmatch(scalars.SLUG, chosen) or chosen == old.name:
        raise PkiError(
            f"{chosen!r} cannot be the name of the next authority",
            hint="give one with --as: a-z, 0-9 and '-', 32 characters at most",
        )
    common_name = changes.get("common_name") or _next_common_name(old, chosen)
    issuer = changes.get("issuer") or old.issuer
    return replace(old, name=chosen, common_name=common_name, issuer=issuer)


def rewritten(text: str, path: str, succession: Succession) -> str:
    """The text with the succession in it.

    Raises:
        PkiError: nothing is left to change, or the layout does not let itself be changed.
        OrgFileError: `text` has mistakes.
    """
    before = loads(text, path)
    meant = _meant(before, succession)
    root, _ = nodes.compose(text, path)
    changed = Text(text).with_edits(_edits(root, before, succession))
    if meant == before:
        raise PkiError(
            f"{succession.successor.name!r} takes the place of {succession.old.name!r} everywhere already",
            hint=f"once nothing of {succession.old.name!r} is in use, take it out of the lists",
        )
    try:
        found = loads(changed, path)
    except OrgFileError:
        found = before
    if not _same(found, meant):
        raise PkiError(f"{path} is laid out in a way that is not changed here", hint=_by_hand(succession))
    return changed


def _begun(organization: Organization, old: Authority) -> str:
    """The authority with the next number, where a rollover has begun."""
    known = {name: _number(name) for name in (authority.name for authority in organization.authorities)}
    later = [n for n in known if _stem(n) == _stem(old.name) and known[n] > _number(old.name)]
    return min(later, key=lambda name: known[name], default="")


def _stem(name: str) -> str:
    match = _NUMBERED.fullmatch(name)
    return match["stem"] if match else name


def _number(name: str) -> int:
    match = _NUMBERED.fullmatch(name)
    return int(match["number"]) if match else 1


def _next_common_name(old: Authority, name: str) -> str:
    """Another name than the old one's: clients find an issuer by its name."""
    number = name.removeprefix(f"{_stem(name)}-")
    before = old.name.removeprefix(f"{_stem(old.name)}-")
    base = old.common_name.removesuffix(f" {before}")
    return f"{base} {number}"


def _meant(before: Organization, succession: Succession) -> Organization:
    """The organization after the change."""
    known = {authority.name: authority for authority in before.authorities}
    known.setdefault(succession.successor.name, succession.successor)
    if not succession.listed:
        return replace(before, authorities=tuple(known.values()))
    radius = {one.name: _radius(one, succession) for one in before.radius}
    networks = {one.name: replace(one, radius=radius[one.radius.name]) for one in before.networks}
    return replace(
        before,
        authorities=tuple(known.values()),
        radius=tuple(radius.values()),
        networks=tuple(networks.values()),
        groups=tuple(_group(group, networks, succession) for group in before.groups),
    )


def _group(group: Group, networks: Mapping[str, Network], succession: Succession) -> Group:
    first, *others = group.authorities
    if succession.old.name in {a.name for a in group.authorities}:
        pair = {authority.name for authority in succession.order}
        first, *others = (*succession.order, *(a for a in group.authorities if a.name not in pair))
    own = tuple(networks[network.name] for network in group.networks)
    return replace(group, authority=first, also_accepted=tuple(others), networks=own)


def _radius(radius: Radius, succession: Succession) -> Radius:
    return replace(radius, trust=tuple(_trust(radius.trust, succession)))


def _trust(trust: tuple[Anchor, ...], succession: Succession) -> list[Anchor]:
    """Both anchors. A new one comes second: its RADIUS certificate has to wait for the devices' payloads."""
    old, new = succession.old.name, succession.successor.name
    names = [anchor.name for anchor in trust]
    anchors = list(trust)
    if old not in names:
        return anchors
    at = names.index(old)
    if new not in names:
        anchors.insert(at + 1, Anchor(authority=new))
    elif not succession.announce and names.index(new) > at:
        swap = names.index(new)
        anchors[at], anchors[swap] = anchors[swap], anchors[at]
    return anchors


def _same(found: Organization, meant: Organization) -> bool:
    """Whether two organizations differ in nothing but the order of their authorities."""
    by_name = [sorted(one.authorities, key=lambda authority: authority.name) for one in (found, meant)]
    return by_name[0] == by_name[1] and replace(found, authorities=()) == replace(meant, authorities=())


def _edits(root: nodes.Node | None, before: Organization, succession: Succession) -> Iterator[Edit]:
    authorities = child(root, "authorities")
    if succession.successor.name not in {authority.name for authority in before.authorities}:
        yield from _new_entry(authorities, succession)
    if not succession.listed:
        return
    for group in before.groups:
        held = child(child(child(root, "groups"), group.name), "authority")
        names = [authority.name for authority in _group_order(group, succession)]
        if names != [authority.name for authority in group.authorities]:
            yield from _list_edits(held, names)
    for radius in before.radius:
        held = child(child(child(root, "radius"), radius.name), "trust")
        names = [anchor.name for anchor in _trust(radius.trust, succession)]
        if names != [anchor.name for anchor in radius.trust]:
            yield from _list_edits(held, names)


def _group_order(group: Group, succession: Succession) -> tuple[Authority, ...]:
    changed = _group(group, {network.name: network for network in group.networks}, succession)
    return changed.authorities


def _list_edits(held: nodes.Node | None, names: list[str]) -> Iterator[Edit]:
    """A name or a list of names becomes these; where one is added, it goes behind the last that stays."""
    if isinstance(held, nodes.Scalar):
        yield Edit(position=held.position, token=f"[{', '.join(names)}]")
    elif isinstance(held, nodes.Sequence):
        for item, name in zip(held.items, names, strict=False):
            if isinstance(item, nodes.Scalar) and item.text != name:
                yield Edit(position=item.position, token=name)
        for name in names[len(held.items) :]:
            yield Edit(position=held.items[-1].position, below=name)


def _new_entry(authorities: nodes.Node | None, succession: Succession) -> Iterator[Edit]:
    if not isinstance(authorities, nodes.Mapping):
        return
    for key, value in authorities.pairs:
        if isinstance(key, nodes.Scalar) and key.text == succession.old.name:
            indent = " " * (key.position.column - 1)
            last = max(positions(value), key=lambda position: position.line)
            yield Edit(position=last, below="\n".join(indent + line for line in _entry(succession.successor)))


def _entry(authority: Authority) -> Iterable[str]:
    """An authority as lines of a block mapping."""
    yield f"{authority.name}:"
    if authority.issuer:
        yield f"  issuer: {authority.issuer}"
    yield f"  common_name: {_quoted(authority.common_name)}"
    if authority.key is not None:
        yield f"  key: {authority.key.value}"
    if authority.valid_for is not None:
        yield f"  valid_for: {_duration(authority.valid_for)}"
    if authority.crl_valid_for is not None:
        yield f"  crl_valid_for: {_duration(authority.crl_valid_for)}"


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _duration(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    for unit, size in (("y", 525_600), ("d", 1_440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}min"


def _by_hand(succession: Succession) -> str:
    lists = f"authority: [{', '.join(authority.name for authority in succession.order)}]"
    entry = "\n    ".join(_entry(succession.successor))
    return f"write it yourself: {lists} in the groups, and under authorities:\n    {entry}"
