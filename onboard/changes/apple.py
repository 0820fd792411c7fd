"""Two Apple profiles compared as a device compares them.

The top-level identifier decides between replacing and adding. Inside a replaced profile, a payload with the
same identifier and UUID is updated; another one is removed, and the new one installed. InstallProfile of an
MDM runs the SCEP payload again even when nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onboard.changes.apple_networks import network_changes
from onboard.changes.differences import different, from_to, trusted
from onboard.changes.verdict import Change, Comparison, Effect
from onboard.cms import CmsError
from onboard.errors import PayloadError
from onboard.lint.apple import open_document, recognises
from onboard.lint.apple.document import Document, Entry, UnreadableError, mapping, text
from onboard.lint.apple.payload_types import CERTIFICATES, IDENTITIES, NETWORKS, SCEP
from onboard.lint.apple.shape import scope

__all__ = ["compare", "recognises"]

_REINSTALL = (Effect.REINSTALL,)
_ENROL = (Effect.RE_ENROL, Effect.REINSTALL)
_MDM_REMARK = (
    "where an MDM installs the new profile, every device enrols again in any case: the SCEP payload runs at"
    " each installation"
)


def compare(old_path: str, old: bytes, new_path: str, new: bytes) -> Comparison:
    """The changes from one profile to the next, signed or not; a signature alone is no change.

    Raises:
        PayloadError: a file cannot be read.
    """
    before, after = _open(old_path, old), _open(new_path, new)
    if text(before.top, "PayloadIdentifier") != text(after.top, "PayloadIdentifier"):
        changes: tuple[Change, ...] = (_beside(before, after),)
    else:
        changes = tuple(_changes(before, after)) or tuple(_edition(before, after))
    remarks = (_MDM_REMARK,) if changes and after.of_kind(SCEP) else ()
    return Comparison(changes=changes, remarks=remarks)


def _open(path: str, content: bytes) -> Document:
    try:
        return open_document(path, content)
    except (CmsError, UnreadableError) as error:
        raise PayloadError(f"{path}: {error}") from error


def _beside(before: Document, after: Document) -> Change:
    old, new = text(before.top, "PayloadIdentifier"), text(after.top, "PayloadIdentifier")
    enrols = _ENROL if after.of_kind(*IDENTITIES) else _REINSTALL
    return Change(
        where="PayloadIdentifier",
        what=f"another profile: {old} stays until somebody removes it, and {new} comes beside it",
        effects=(Effect.BESIDE, *enrols),
    )


def _edition(before: Document, after: Document) -> Iterator[Change]:
    if text(before.top, "PayloadUUID") != text(after.top, "PayloadUUID"):
        yield Change(
            where="PayloadUUID", what="another edition that says the same as the old one", effects=_REINSTALL
        )


def _changes(before: Document, after: Document) -> Iterator[Change]:
    if scope(before) != scope(after):
        yield Change(
            where="PayloadScope",
            what=f"{scope(before)} becomes {scope(after)}: a Mac keeps the old profile in its old place",
            effects=(Effect.BESIDE, *_ENROL),
        )
    for key in different(before.top, after.top, {"PayloadContent", "PayloadUUID", "PayloadScope"}):
        yield Change(where=key, what=from_to(key, before.top, after.top), effects=_REINSTALL)
    yield from _certificates(before, after)
    yield from _identities(before, after)
    yield from network_changes(before, after)
    yield from _others(before, after)


def _certificates(before: Document, after: Document) -> Iterator[Change]:
    old, new = trusted(before), trusted(after)
    for digest, (where, name) in old.items():
        if digest not in new:
            yield Change(where=where, what=f"{name} is trusted no longer", effects=_REINSTALL)
    for digest, (where, name) in new.items():
        if digest not in old:
            yield Change(where=where, what=f"{name} is trusted from now on", effects=_REINSTALL)


def _identities(before: Document, after: Document) -> Iterator[Change]:
    old, new = _by_identifier(before, IDENTITIES), _by_identifier(after, IDENTITIES)
    for identifier, entry in old.items():
        if identifier not in new:
            yield Change(
                where=entry.where,
                what="this certificate is removed",
                effects=(Effect.RE_ENROL if new else Effect.DROP, Effect.REINSTALL),
            )
    for identifier, entry in new.items():
        if identifier not in old:
            yield Change(where=entry.where, what="a certificate is fetched for this payload", effects=_ENROL)
        else:
            yield from _identity(old[identifier], entry)


def _identity(old: Entry, new: Entry) -> Iterator[Change]:
    if old.text("PayloadUUID") != new.text("PayloadUUID") or old.kind != new.kind:
        yield Change(
            where=new.where, what="the certificate is removed, and another one fetched", effects=_ENROL
        )
        return
    if new.kind != SCEP:
        for key in different(old.keys, new.keys, set()):
            yield Change(where=new.at(key), what=from_to(key, old.keys, new.keys), effects=_ENROL)
        return
    asked, asks = mapping(old.keys, "PayloadContent"), mapping(new.keys, "PayloadContent")
    for key in different(asked, asks, set()):
        yield Change(where=new.at("PayloadContent", key), what=from_to(key, asked, asks), effects=_ENROL)
    for key in different(old.keys, new.keys, {"PayloadContent"}):
        yield Change(where=new.at(key), what=from_to(key, old.keys, new.keys), effects=_REINSTALL)


def _others(before: Document, after: Document) -> Iterator[Change]:
    told = {*CERTIFICATES, *IDENTITIES, *NETWORKS}
    kinds = tuple({entry.kind for entry in (*before.payloads, *after.payloads)} - told)
    old, new = _by_identifier(before, kinds), _by_identifier(after, kinds)
    for identifier in sorted(old.keys() | new.keys()):
        where = (new.get(identifier) or old[identifier]).where
        if identifier not in new:
            yield Change(where=where, what=f"{identifier} is removed", effects=_REINSTALL)
        elif identifier not in old:
            yield Change(where=where, what=f"{identifier} is added", effects=_REINSTALL)
        elif old[identifier].keys != new[identifier].keys:
            yield Change(where=where, what=f"{identifier} changes", effects=_REINSTALL)


def _by_identifier(document: Document, kinds: tuple[str, ...]) -> Mapping[str, Entry]:
    return {entry.text("PayloadIdentifier"): entry for entry in document.of_kind(*kinds)}
