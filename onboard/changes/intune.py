"""Two bundles of Graph objects compared, object by object, as Intune brings them to devices.

Objects are paired by their key. Intune takes away what an object that is deleted or no longer assigned had
brought, and fetches a certificate anew when its profile changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from onboard.changes import apple
from onboard.changes.differences import different
from onboard.changes.verdict import Change, Comparison, Effect
from onboard.changes.windows_profile import profile_changes
from onboard.errors import PayloadError
from onboard.lint.graph_bundle import Bundle, GraphObject, UnreadableBundleError, read_bundle, recognises

__all__ = ["compare", "recognises"]

_REINSTALL = (Effect.REINSTALL,)
_ENROL = (Effect.RE_ENROL, Effect.REINSTALL)
_DROP = (Effect.DROP, Effect.REINSTALL)
_SERVER_ROOTS = ("rootCertificatesForServerValidation", "rootCertificateForServerValidation")
_SHOWN = 60  # characters of a value


def compare(old_path: str, old: bytes, new_path: str, new: bytes) -> Comparison:
    """The changes from one bundle to the next.

    Raises:
        PayloadError: a file cannot be read.
    """
    before, after = _open(old_path, old), _open(new_path, new)
    return Comparison(changes=(*_objects(before, after), *_assignment(before, after)))


def _open(path: str, content: bytes) -> Bundle:
    try:
        return read_bundle(path, content)
    except UnreadableBundleError as error:
        raise PayloadError(f"{path}: {error}") from error


def _objects(before: Bundle, after: Bundle) -> Iterator[Change]:
    was = {entry.key: entry for entry in before.objects}
    now = {entry.key: entry for entry in after.objects}
    for key, entry in was.items():
        if key not in now:
            what = f"the object is gone: deleting it takes {_brought(entry)} away"
            yield Change(where=key, what=what, effects=(Effect.DROP,))
    for key, entry in now.items():
        if key not in was:
            effects = _ENROL if entry.type.endswith("CertificateProfile") else _REINSTALL
            yield Change(where=key, what=f"devices get {_brought(entry)}", effects=effects)
        elif (was[key].type, was[key].content, was[key].bind) != (entry.type, entry.content, entry.bind):
            yield from _changes(was[key], entry)


def _brought(entry: GraphObject) -> str:
    if entry.type.endswith("TrustedRootCertificate"):
        return "a trusted certificate"
    return "a certificate" if entry.type.endswith("CertificateProfile") else "a network or profile"


def _changes(was: GraphObject, now: GraphObject) -> Iterator[Change]:
    if was.type != now.type:
        what = f"{was.type} becomes {now.type}; an object cannot change its type, so it is made anew"
        yield Change(where=now.key, what=what, effects=_DROP)
    elif now.type.endswith("CertificateProfile"):
        yield from _properties(was, now, _ENROL)
    elif now.text("payload"):
        inside = apple.compare(was.path, was.octets("payload"), now.path, now.octets("payload"))
        yield from inside.changes or _properties(was, now, _REINSTALL)
    elif now.profiles and len(now.profiles) == len(was.profiles):
        found = [c for pair in zip(was.profiles, now.profiles, strict=True) for c in profile_changes(*pair)]
        yield from found or _properties(was, now, _REINSTALL)
    else:
        yield from _network(was, now)


def _network(was: GraphObject, now: GraphObject) -> Iterator[Change]:
    """Native objects: who is believed, then the rest."""
    if lost := _believed(was) - _believed(now):
        what = f"{', '.join(sorted(lost))} is believed no longer"
        yield Change(where=now.key, what=what, effects=_DROP)
    if gained := _believed(now) - _believed(was):
        what = f"{', '.join(sorted(gained))} is believed from now on"
        yield Change(where=now.key, what=what, effects=_REINSTALL)
    effects = _DROP if was.text("ssid") != now.text("ssid") else _REINSTALL
    yield from _properties(was, now, effects)


def _believed(entry: GraphObject) -> set[str]:
    roots = {key for name in _SERVER_ROOTS for key in entry.targets(name)}
    return {*roots, *entry.texts("trustedServerCertificateNames")}


def _properties(was: GraphObject, now: GraphObject, effects: tuple[Effect, ...]) -> Iterator[Change]:
    judged = {*_SERVER_ROOTS, "trustedServerCertificateNames"}
    for before, after in ((was.content, now.content), (was.bind, now.bind)):
        for name in different(before, after, judged):
            old, new = _shown(before.get(name)), _shown(after.get(name))
            what = f"{name}: {old} becomes {new}" if old and new else f"{name} changes"
            yield Change(where=now.key, what=what, effects=effects)


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if value is not None and len(text) <= _SHOWN else ""


def _assignment(before: Bundle, after: Bundle) -> Iterator[Change]:
    lost = {*before.include} - {*after.include}
    barred = {*after.exclude} - {*before.exclude}
    for group in sorted(lost | barred):
        what = f"{group} is no longer among those who get it"
        yield Change(where="assignment", what=what, effects=(Effect.DROP,))
    for group in sorted({*after.include} - {*before.include}):
        yield Change(where="assignment", what=f"{group} gets it", effects=_ENROL)
    for group in sorted({*before.exclude} - {*after.exclude}):
        yield Change(where="assignment", what=f"{group} is no longer left out", effects=_ENROL)
