"""Rules E01 to E04 and E31: keys, types, values and platforms, by the table in `keys`.

One wrong key name and a device installs the profile without a word and never joins: names are compared to the
letter, spaces included, and an unknown one is answered with the nearest known.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Iterator, Mapping

from onboard.errors import Finding
from onboard.lint.apple.document import Document, Entry, mapping, text
from onboard.lint.apple.grammar import Key, Kind, Os, PayloadKind
from onboard.lint.apple.keys import COMMON, PAYLOADS, SERVICE, TOP

_TARGETS: Mapping[int, Os] = {  # TargetDeviceType; 3 is HomePod, which follows tvOS
    1: Os.IOS,
    2: Os.WATCHOS,
    3: Os.TVOS,
    4: Os.TVOS,
    5: Os.MACOS,
    6: Os.VISIONOS,
}
_PYTHON: Mapping[Kind, tuple[type, ...]] = {
    Kind.STRING: (str,),
    Kind.INTEGER: (int,),
    Kind.REAL: (float, int),
    Kind.BOOLEAN: (bool,),
    Kind.DATE: (dt.datetime,),
    Kind.DATA: (bytes,),
    Kind.ARRAY: (list,),
    Kind.DICTIONARY: (dict,),
    Kind.TEXTS: (str, list),
}
_EXACT: Mapping[Kind, type | None] = {kind: types[0] for kind, types in _PYTHON.items()}


def shape(document: Document) -> Iterator[Finding]:
    """E01 to E04 and E31 over the whole profile."""
    yield from _walker(document).dictionary("", document.top, _top_keys(document))
    yield from payload_shape(document, document.payloads)


def payload_shape(document: Document, entries: Iterable[Entry]) -> Iterator[Finding]:
    """E01 to E04 and E31 for some payloads of the profile."""
    walker = _walker(document)
    for entry in entries:
        yield from _payload(walker, document, entry)


def _walker(document: Document) -> _Walker:
    target = document.top.get("TargetDeviceType")
    return _Walker(document, _TARGETS.get(target) if isinstance(target, int) else None)


def _top_keys(document: Document) -> Mapping[str, Key]:
    if document.top.get("PayloadType") == "Profile Service":
        return SERVICE
    if document.top.get("IsEncrypted") is True:  # then the payloads are in EncryptedPayloadContent (E40)
        return {**TOP, "PayloadContent": Key(kind=Kind.ARRAY)}
    return TOP


def _payload(walker: _Walker, document: Document, entry: Entry) -> Iterator[Finding]:
    known = PAYLOADS.get(entry.kind)
    if known is not None:
        yield from walker.payload(entry, known)
        return
    yield from walker.dictionary(entry.where, entry.keys, COMMON, open_ended=True)
    if entry.kind == "Configuration":
        yield document.error(entry.at("PayloadType"), "E04", "a Configuration inside a Configuration")
        return
    near = _nearest(entry.kind, PAYLOADS)
    if near and difflib.SequenceMatcher(None, near, entry.kind).ratio() > 0.9:
        yield document.error(
            entry.at("PayloadType"),
            "E01",
            f"there is no payload type {entry.kind!r}",
            f"did you mean {near}?",
        )
    elif entry.kind:
        yield document.warning(
            entry.at("PayloadType"),
            "E01",
            f"payload type {entry.kind!r} is not judged: onboard does not know it",
        )


class _Walker:
    """Walks a dictionary along the table; the table bounds the depth, whatever the file nests."""

    def __init__(self, document: Document, target: Os | None) -> None:
        self._document, self._target = document, target

    def payload(self, entry: Entry, known: PayloadKind) -> Iterator[Finding]:
        if self._target in known.absent_on:
            yield self._document.error(
                entry.where,
                "E31",
                f"{entry.kind} does not exist on {self._target}, which TargetDeviceType names",
            )
        yield from self.dictionary(entry.where, entry.keys, {**COMMON, **known.keys})

    def dictionary(
        self, where: str, value: Mapping[str, object], keys: Mapping[str, Key], *, open_ended: bool = False
    ) -> Iterator[Finding]:
        for name, content in value.items():
            place = f"{where}.{name}" if where else name
            key = keys.get(name)
            if key is None:
                if not open_ended:
                    yield self._unknown(place, name, keys)
            elif not (key.is_bare and type(content) is _EXACT[key.kind]):  # most keys; spares a generator
                yield from self.value(place, content, key)
        for name, key in keys.items():
            if key.required and name not in value:
                near = _nearest(name, value.keys() - keys.keys())
                hint = f"is {near!r} meant to be it?" if near else "the schema requires it"
                yield self._document.error(where, "E04", f"{name} is absent", hint)
            elif key.required and value[name] in ("", b"", []):
                yield self._document.error(f"{where}.{name}".lstrip("."), "E04", f"{name} is empty")

    def value(self, where: str, value: object, key: Key) -> Iterator[Finding]:
        if not _has_type(value, key.kind):
            yield self._document.error(
                where, "E02", f"this is {_type_of(value)}; it must be {_article(key.kind)}", _cure(key)
            )
            return
        if self._target in key.absent_on:
            yield self._document.error(
                where, "E31", f"{self._target}, which TargetDeviceType names, does not know this key"
            )
        yield from self._range(where, value, key)
        if key.keys is not None:
            yield from self.dictionary(where, value if isinstance(value, dict) else {}, key.keys)
        elif key.item is not None:
            for name, content in _children(value):
                yield from self.value(f"{where}{name}", content, key.item)
        elif key.kind is Kind.TEXTS and isinstance(value, list):
            for index, content in enumerate(value):
                yield from self.value(f"{where}[{index}]", content, Key(kind=Kind.STRING))

    def _range(self, where: str, value: object, key: Key) -> Iterator[Finding]:
        if key.values and value not in key.values:
            allowed = ", ".join(map(str, key.values))
            yield self._document.error(
                where, "E03", f"{value!r} is not a value of this key", f"one of: {allowed}"
            )
        if key.bounds and isinstance(value, int) and not key.bounds[0] <= value <= key.bounds[1]:
            yield self._document.error(where, "E03", f"{value} is not in {key.bounds[0]} to {key.bounds[1]}")

    def _unknown(self, place: str, name: str, keys: Mapping[str, Key]) -> Finding:
        if name.startswith("_") or name == "PayloadEnabled":  # written by some tools, read by nobody we know
            return self._document.warning(place, "E01", f"{name} is in no published schema")
        near = _nearest(name, keys)
        hint = f"did you mean {near!r}?" if near else "remove it, or move it where it belongs"
        return self._document.error(place, "E01", "there is no such key here; devices ignore it", hint)


def subject_pairs(keys: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The (attribute, value) pairs of a Subject that has the right shape."""
    subject = keys.get("Subject")
    for relative_name in subject if isinstance(subject, list) else []:
        for pair in relative_name if isinstance(relative_name, list) else []:
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
                yield pair[0], pair[1]


def eap(entry: Entry) -> Mapping[str, object]:
    """A network's EAPClientConfiguration; empty when absent or of another type."""
    return mapping(entry.keys, "EAPClientConfiguration")


def scope(document: Document) -> str:
    """PayloadScope as macOS reads it: User when absent."""
    return text(document.top, "PayloadScope") or "User"


def _nearest(name: str, known: Iterable[str]) -> str:
    folded = {candidate.casefold().replace(" ", ""): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold().replace(" ", ""), folded, n=1, cutoff=0.75)
    return folded[close[0]] if close else ""


def _has_type(value: object, kind: Kind) -> bool:
    if isinstance(value, bool):  # a bool is an int to Python, never to a device
        return kind is Kind.BOOLEAN
    return isinstance(value, _PYTHON[kind])


def _children(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        yield from ((f"[{index}]", content) for index, content in enumerate(value))
    elif isinstance(value, dict):
        yield from ((f".{name}", content) for name, content in value.items())


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    names = {str: "a string", int: "an integer", float: "a real number", bytes: "data", list: "an array"}
    return names.get(type(value), "a dictionary" if isinstance(value, dict) else "a date")


def _article(kind: Kind) -> str:
    if kind is Kind.DATA:
        return "data"
    return f"an {kind}" if kind in {Kind.INTEGER, Kind.ARRAY} else f"a {kind}"


def _cure(key: Key) -> str:
    sample = (
        key.values[-1] if key.values else {Kind.STRING: "text", Kind.INTEGER: 1, Kind.REAL: 1.5}.get(key.kind)
    )
    match key.kind:
        case Kind.BOOLEAN:
            return "write <true/> or <false/>"
        case Kind.DATA:
            return "write <data> with the base64 of the raw bytes, not their hex text"
        case Kind.STRING | Kind.INTEGER | Kind.REAL:
            return f"write <{key.kind}>{sample}</{key.kind}>"
        case _:
            return ""
