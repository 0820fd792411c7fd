"""Rules E22, E32, E34, E35, E39 and E40: the profile as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from asn1crypto import cms as asn1_cms

from onboard.errors import Finding
from onboard.lint.apple.document import Document, mapping, text
from onboard.lint.apple.payload_types import NETWORKS
from onboard.lint.apple.tokens import is_final, neutral_variables, unexpanded
from onboard.variables import CHALLENGE, VARIABLES

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # tab, LF and CR are text
_LARGEST = 1_000_000  # bytes; Intune's limit for a custom profile
_LONGEST_NAME = 255
_MAC = (0, 5)  # TargetDeviceType: any, Mac


def envelope(document: Document) -> Iterator[Finding]:
    """E22, E32, E35, E39 and E40."""
    yield from _texts(document)
    yield from _top(document)
    yield from _encrypted(document)
    if document.size > _LARGEST:
        yield document.warning("", "E35", f"{document.size} bytes; Intune takes {_LARGEST} at most")


def envelope_at(document: Document, now: datetime) -> Iterator[Finding]:
    """E34: a removal date in the past takes the profile away the moment it comes."""
    date = document.top.get("RemovalDate")
    if isinstance(date, datetime) and date.replace(tzinfo=UTC) <= now:
        yield document.error("RemovalDate", "E34", f"{date:%Y-%m-%d} is over: the profile would go at once")


def _texts(document: Document) -> Iterator[Finding]:
    if document.is_plain:
        return
    for where, value in _all_text(document):
        if _CONTROL.search(value):
            yield document.error(where, "E35", "a control character; XML property lists cannot carry it")
        if is_final(value):
            continue
        for name in neutral_variables(value):
            if name != CHALLENGE and name not in VARIABLES:
                known = ", ".join([*VARIABLES, CHALLENGE])
                yield document.error(where, "E22", f"there is no variable ${{{name}}}", f"known: {known}")
        if document.signed is not None:
            for token in unexpanded(value):
                yield document.error(
                    where,
                    "E22",
                    f"{token} in a signed profile: whoever fills it in breaks the signature",
                    "fill it in before signing, or hand the MDM an unsigned profile",
                )


def _all_text(document: Document) -> Iterator[tuple[str, str]]:
    """Every text value with its place; each container is entered once, so shared ones cannot multiply."""
    stack: list[tuple[str, object]] = [("", document.top)]
    seen: set[int] = set()
    while stack:
        where, value = stack.pop()
        if isinstance(value, str):
            yield where, value
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, dict):
                stack += [(f"{where}.{key}".lstrip("."), inner) for key, inner in value.items()]
            else:
                stack += [(f"{where}[{index}]", inner) for index, inner in enumerate(value)]


def _top(document: Document) -> Iterator[Finding]:
    top = document.top
    if "PayloadScope" not in top and top.get("TargetDeviceType", 0) in _MAC and document.of_kind(*NETWORKS):
        yield document.warning("", "E32", "without PayloadScope a Mac takes User", "write System or User")
    if top.get("PayloadRemovalDisallowed") is True:
        yield document.warning(
            "PayloadRemovalDisallowed",
            "E32",
            "only supervised or managed devices obey; others refuse the profile",
        )
    name = text(top, "PayloadDisplayName")
    if not name:
        yield document.warning(
            "", "E39", "no PayloadDisplayName: people see a technical name, some MDMs refuse it"
        )
    elif len(name) > _LONGEST_NAME:
        yield document.warning(
            "PayloadDisplayName", "E39", f"{len(name)} characters; {_LONGEST_NAME} are shown"
        )
    consent = mapping(top, "ConsentText")
    if consent and "default" not in consent:
        yield document.error(
            "ConsentText", "E39", "there is no text for other languages", "add the key default"
        )


def _encrypted(document: Document) -> Iterator[Finding]:
    top = document.top
    content = top.get("EncryptedPayloadContent")
    if top.get("IsEncrypted") is not True:
        if content is not None:
            yield document.error(
                "EncryptedPayloadContent", "E40", "IsEncrypted is not true, so nobody reads this"
            )
        return
    if "PayloadContent" in top:
        yield document.error("PayloadContent", "E40", "an encrypted profile has no PayloadContent beside it")
    if not isinstance(content, bytes):
        yield document.error("", "E40", "IsEncrypted is true, but EncryptedPayloadContent is absent")
    elif not _is_for_rsa(content):
        yield document.error(
            "EncryptedPayloadContent", "E40", "this is no CMS EnvelopedData for an RSA certificate"
        )


def _is_for_rsa(content: bytes) -> bool:
    try:
        info = asn1_cms.ContentInfo.load(content, strict=True)
        if info["content_type"].native != "enveloped_data":
            return False
        recipients = info["content"]["recipient_infos"]
        return bool(recipients) and all(
            recipient.name == "ktri"
            and recipient.chosen["key_encryption_algorithm"]["algorithm"].native.startswith("rsa")
            for recipient in recipients
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
