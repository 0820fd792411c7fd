"""Judges Windows WLAN and LAN profiles, EAP configurations and SyncML made by anyone, by the rules 01 to 40.

Not judged here, because a file alone cannot tell: 30 to 33 and 38 (Intune objects and their assignment), 35
and 39 (what the RADIUS server is).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from onboard.errors import Finding, Severity
from onboard.lint.windows.document import Node, UnreadableError, read_node
from onboard.lint.windows.profile import profile
from onboard.lint.windows.provisioning import provisioning
from onboard.lint.windows.schema import ROOTS
from onboard.lint.windows.syncml import SYNCML, syncml

_HEAD = 4096
_ROOT = re.compile(
    rb"<(?:\w+:)?(?:WLANProfile|LANProfile|EapHostConfig|SyncML|SyncBody|WindowsCustomizations)\b"
)
_FRAGMENT = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?<(?:Atomic|Add|Replace|Exec|Delete)\b")


def recognises(content: bytes) -> bool:
    """Whether this is one of the formats; by the name of the root element, in UTF-8 or UTF-16."""
    head = content[:_HEAD].replace(b"\0", b"")
    return _ROOT.search(head) is not None or _FRAGMENT.match(head) is not None


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """Findings in the order of the rules' modules; never raises."""
    try:
        root = open_document(path, content)
    except UnreadableError as error:
        return (_unreadable(path, str(error)),)
    return tuple(_judge(root))


def open_document(path: str, content: bytes) -> Node:
    """The root element; bare SyncML commands get a SyncBody around them.

    Raises:
        UnreadableError: the bytes are no XML document that Windows would read.
    """
    fragment = _FRAGMENT.match(content) is not None
    return read_node(path, _wrapped(content) if fragment else content)


def _judge(root: Node) -> Iterator[Finding]:
    if root.name in ROOTS:
        yield from profile(root)
    elif root.name in {"SyncML", "SyncBody"}:
        yield from syncml(root, profile)
    elif root.name == "WindowsCustomizations":
        yield from provisioning(root)
    else:
        yield root.error("01", "this is no WLANProfile, LANProfile, EapHostConfig or SyncML")


def _wrapped(content: bytes) -> bytes:
    """Bare commands, as Fleet takes them, are several roots; they get the one that they lack."""
    body = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", content)
    return b'<SyncBody xmlns="' + SYNCML.encode() + b'">' + body + b"</SyncBody>"


def _unreadable(path: str, why: str) -> Finding:
    return Finding(path=path, where="", rule="windows-20", severity=Severity.ERROR, message=why)
