"""Judges Open Network Configuration as Chromium's validator does, and by rules of our own.

Three modes, since ChromeOS is strict about different things in device policy, user policy and manual import.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from onboard.errors import Finding
from onboard.lint.jsonfile import Json, JsonError, looks_like, parse
from onboard.lint.onc import advice, references, structure
from onboard.lint.onc.fields import DEVICE_ONLY
from onboard.lint.onc.judge import Judge, Mode, Object, text

__all__ = ["Mode", "likely_mode", "lint", "lint_at", "recognises", "validate"]

_MARKS = ("NetworkConfigurations", "Certificates", "GlobalNetworkConfiguration", "Ciphertext")
_ENCRYPTED = "EncryptedConfiguration"
_ALGORITHMS = {"Cipher": "AES256", "HMACMethod": "SHA1", "Stretch": "PBKDF2"}
_MOST_ITERATIONS = 500_000


def recognises(content: bytes) -> bool:
    """Whether it is a JSON object with a field of ONC's top level."""
    return looks_like(content, *_MARKS)


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What is wrong, in the mode that the file seems to be made for."""
    return _judge(path, content, None)


def lint_at(path: str, content: bytes, now: datetime) -> tuple[Finding, ...]:
    """What only the clock tells: CA certificates that have expired."""
    document = _document(content)
    if document is None:
        return ()
    judge = Judge(path=path, mode=likely_mode(document))
    advice.check_dates(judge, document, now)
    return tuple(judge.findings)


def validate(path: str, content: bytes, mode: Mode) -> tuple[Finding, ...]:
    """What is wrong in one mode."""
    return _judge(path, content, mode)


def likely_mode(document: Object) -> Mode:
    """The mode that a file's own content speaks for; an import by hand where nothing does."""
    settings = document.get("GlobalNetworkConfiguration")
    written = str(document)
    if isinstance(settings, dict) and any(name in DEVICE_ONLY for name in settings):
        return Mode.DEVICE_POLICY
    if "${DEVICE_" in written and "${LOGIN_" not in written:
        return Mode.DEVICE_POLICY
    if settings is not None or "${LOGIN_" in written or "'Recommended'" in written:
        return Mode.USER_POLICY
    return Mode.IMPORT


def _judge(path: str, content: bytes, mode: Mode | None) -> tuple[Finding, ...]:
    judge = Judge(path=path, mode=mode or Mode.IMPORT)
    try:
        document = parse(content)
    except JsonError as error:
        judge.say("000", "", f"this is not JSON: {error}")
        return tuple(judge.findings)
    if not isinstance(document, dict):
        judge.say("000", "", "the file is not a JSON object")
        return tuple(judge.findings)
    judge.mode = mode or likely_mode(document)
    kind = document.get("Type", "UnencryptedConfiguration")
    if kind == _ENCRYPTED:
        _encrypted(judge, document)
        return tuple(judge.findings)
    if kind != "UnencryptedConfiguration":
        judge.say("005", "Type", f"neither UnencryptedConfiguration nor {_ENCRYPTED}")
    structure.walk(judge, document)
    references.check(judge, document)
    advice.check(judge, document)
    return tuple(judge.findings)


def _document(content: bytes) -> Object | None:
    try:
        document: Json = parse(content)
    except JsonError:
        return None
    return document if isinstance(document, dict) else None


def _encrypted(judge: Judge, document: Object) -> None:
    """Rule 040, as far as it shows without the passphrase."""
    for name, wanted in _ALGORITHMS.items():
        if document.get(name) != wanted:
            judge.say("040", name, f"not {wanted}")
    iterations = document.get("Iterations")
    if (
        not isinstance(iterations, int)
        or isinstance(iterations, bool)
        or not 1 <= iterations <= _MOST_ITERATIONS
    ):
        judge.say("040", "Iterations", f"not an integer from 1 to {_MOST_ITERATIONS}")
    for name in ("Salt", "IV", "HMAC", "Ciphertext"):
        if not _is_base64(text(document, name)):
            judge.say("040", name, "missing or not base64")


def _is_base64(value: str) -> bool:
    try:
        return bool(base64.b64decode(value, validate=True))
    except (ValueError, binascii.Error):
        return False
