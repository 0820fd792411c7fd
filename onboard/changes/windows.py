"""Two Windows profiles or SyncML files compared as a device compares them.

A profile replaces one of its name. An OMA-DM node that exists answers Add with 418: a server must delete it
first, and deleting a SCEP node deletes the certificate, so every change of an enrolment enrols again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onboard.changes.verdict import Change, Comparison, Effect
from onboard.changes.windows_profile import profile_changes
from onboard.errors import PayloadError
from onboard.lint.windows import open_document, recognises
from onboard.lint.windows.commands import Command, ProfileCommand, commands, profiles, scep, trusted
from onboard.lint.windows.document import Node, UnreadableError, read_node

__all__ = ["compare", "recognises"]

_SECRETS = frozenset({"Challenge"})
_SYNCML = frozenset({"SyncML", "SyncBody"})
_REINSTALL = (Effect.REINSTALL,)
_ENROL = (Effect.RE_ENROL, Effect.REINSTALL)
_OMA_DM = "a server deletes a node before it adds it anew: where a node exists, Add fails with 418"


def compare(old_path: str, old: bytes, new_path: str, new: bytes) -> Comparison:
    """The changes from one file to the next.

    Raises:
        PayloadError: a file cannot be read, or the two are of different kinds.
    """
    before, after = _open(old_path, old), _open(new_path, new)
    if {before.name, after.name} <= _SYNCML:
        changes = tuple(_syncml(before, after))
        return Comparison(changes=changes, remarks=(_OMA_DM,) if changes else ())
    if before.name != after.name:
        raise PayloadError(f"{old_path} is a {before.name}, and {new_path} is a {after.name}")
    return Comparison(changes=tuple(profile_changes(before, after)))


def _open(path: str, content: bytes) -> Node:
    try:
        return open_document(path, content)
    except UnreadableError as error:
        raise PayloadError(f"{path}: {error}") from error


def _syncml(before: Node, after: Node) -> Iterator[Change]:
    old, new = tuple(commands(before)), tuple(commands(after))
    yield from _trust(old, new)
    yield from _enrolments(old, new)
    yield from _networks(old, new)


def _trust(old: tuple[Command, ...], new: tuple[Command, ...]) -> Iterator[Change]:
    was = {entry.thumbprint: entry for entry in trusted(old)}
    now = {entry.thumbprint: entry for entry in trusted(new)}
    for thumbprint, entry in now.items():
        if thumbprint not in was:
            what = f"the certificate {thumbprint} is trusted from now on"
            yield Change(where=entry.command.item.where, what=what, effects=_REINSTALL)
    for thumbprint, entry in was.items():
        if thumbprint not in now:
            what = f"the certificate {thumbprint} is no longer written, and stays trusted until it is deleted"
            yield Change(where=entry.command.item.where, what=what, effects=(Effect.BESIDE,))


def _enrolments(old: tuple[Command, ...], new: tuple[Command, ...]) -> Iterator[Change]:
    was, now = _settings(old), _settings(new)
    for base in was.keys() - now.keys():
        what = "this certificate is no longer asked for, and stays until its node is deleted"
        yield Change(where=base, what=what, effects=(Effect.BESIDE,))
    for base, settings in now.items():
        if base not in was:
            yield Change(where=base, what="a certificate is fetched for this node", effects=_ENROL)
            continue
        for name in sorted(was[base].keys() | settings.keys()):
            if was[base].get(name) != settings.get(name):
                what = _from_to(name, was[base].get(name), settings.get(name))
                yield Change(where=f"{base}/Install/{name}", what=what, effects=_ENROL)


def _settings(every: tuple[Command, ...]) -> Mapping[str, Mapping[str, str]]:
    """Node of a certificate -> its settings."""
    found: dict[str, dict[str, str]] = {}
    for entry in scep(every):
        if entry.command.verb in {"Add", "Replace"}:
            found.setdefault(entry.base, {})[entry.setting] = entry.command.text
    return found


def _networks(old: tuple[Command, ...], new: tuple[Command, ...]) -> Iterator[Change]:
    was = {(entry.scope, entry.name): entry for entry in profiles(old)}
    now = {(entry.scope, entry.name): entry for entry in profiles(new)}
    for key in was.keys() - now.keys():
        what = f"the profile {key[1]} is no longer written, and stays until it is deleted"
        yield Change(where=was[key].command.item.where, what=what, effects=(Effect.BESIDE,))
    for key, entry in now.items():
        if key not in was:
            what = f"devices get the network profile {key[1]}"
            yield Change(where=entry.command.item.where, what=what, effects=_REINSTALL)
            continue
        yield from profile_changes(_profile(was[key]), _profile(entry))


def _profile(entry: ProfileCommand) -> Node:
    node = entry.command.data or entry.command.item
    try:
        return read_node(node.file, entry.command.text, node.where)
    except UnreadableError as error:
        raise PayloadError(f"{node.file}: the profile {entry.name} inside: {error}") from error


def _from_to(name: str, old: str | None, new: str | None) -> str:
    if new is None:
        return f"{name} is no longer written"
    if name in _SECRETS:
        return f"{name} changes"
    return f"{name} is now {new!r}" if old is None else f"{name}: {old!r} becomes {new!r}"
