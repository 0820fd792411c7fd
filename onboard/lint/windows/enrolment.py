"""Rules 21 to 26, 34, 36 and 37: one SCEP enrolment of a SyncML file (ClientCertificateInstall CSP)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from onboard.errors import Finding
from onboard.lint.windows.commands import ScepCommand

# Settings that must be there, with the format of the CSP's node table.
_REQUIRED: Mapping[str, str] = {
    "ServerURL": "chr",
    "Challenge": "chr",
    "EKUMapping": "chr",
    "KeyUsage": "int",
    "SubjectName": "chr",
    "KeyLength": "int",
    "HashAlgorithm": "chr",
    "CAThumbprint": "chr",
}
_OPTIONAL: Mapping[str, str] = {
    "SubjectAlternativeNames": "chr",
    "KeyProtection": "int",
    "RetryDelay": "int",
    "RetryCount": "int",
    "TemplateName": "chr",
    "ValidPeriod": "chr",
    "ValidPeriodUnits": "int",
    "ContainerName": "chr",
    "CustomTextToShowInPrompt": "chr",
    "AADKeyIdentifierList": "chr",
    "Enroll": "null",
    "": "node",
}
_FORMATS = {**_REQUIRED, **_OPTIONAL}
_CLIENT_AUTH, _ANY_PURPOSE = "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"

# How the dialects mark a variable; its value is judged by nobody here.
VARIABLE = re.compile(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|\{[A-Za-z]\w*\}|\$[A-Z][A-Z0-9_]*|%[A-Za-z]\w*%")
_DAYS: Mapping[str, int] = {"Days": 1, "Months": 30, "Years": 365}
_TPM, _TPM_IF_PRESENT, _SOFTWARE, _HELLO = "1", "2", "3", "4"

Settings = Mapping[str, ScepCommand]


def enrolments(every: tuple[ScepCommand, ...], stores: Mapping[str, str]) -> Iterator[Finding]:
    """Findings of all enrolments of a file.

    Args:
        every: the commands of the SCEP CSP, in order.
        stores: thumbprint -> store of the certificates that the file delivers.
    """
    for base in dict.fromkeys(entry.base for entry in every):
        entries = tuple(entry for entry in every if entry.base == base)
        if all(entry.command.verb in {"Delete", "Get"} for entry in entries):
            continue
        yield from _order(entries)
        yield from _formats(entries)
        settings = {entry.setting: entry for entry in entries}
        for rule in _RULES:
            yield from rule(settings)
        yield from _thumbprint(settings, stores)


def _order(entries: tuple[ScepCommand, ...]) -> Iterator[Finding]:
    first, last = entries[0], entries[-1]
    if last.setting != "Enroll" or last.command.verb != "Exec":
        yield last.command.item.error(
            "26", "the last command must be Exec Install/Enroll, or nothing is enrolled"
        )
    if any(entry.setting == "Enroll" for entry in entries[:-1]):
        yield first.command.item.error("26", "Enroll comes before the end: later settings are not used")
    if first.setting:
        yield first.command.item.error("26", "the node of the certificate itself is not added first")
    atoms = {entry.command.atomic.where if entry.command.atomic else "" for entry in entries}
    if len(atoms) > 1:
        yield first.command.item.error("26", "the settings of one certificate are not in one Atomic")
    elif atoms == {""} and first.command.item.where.startswith("SyncML/"):
        yield first.command.item.error("26", "the settings are not in an Atomic", "wrap them in one Atomic")
    for name in _REQUIRED:
        if name not in {entry.setting for entry in entries}:
            yield first.command.item.error("26", f"the required setting {name} is missing")


def _formats(entries: tuple[ScepCommand, ...]) -> Iterator[Finding]:
    for entry in entries:
        wanted = _FORMATS.get(entry.setting)
        if wanted is None:
            yield entry.command.item.error("26", f"the CSP has no setting {entry.setting!r}")
        elif entry.command.format != wanted:
            yield entry.command.item.error(
                "26", f"{entry.setting or 'the node'} has format {entry.command.format!r}", f"use {wanted!r}"
            )


_ALPHABET = "letters, digits, '()+,-./:=? and blanks"


def _challenge(settings: Settings) -> Iterator[Finding]:
    entry = settings.get("Challenge")
    if entry is None:
        return
    text = VARIABLE.sub("", entry.command.text)
    if not (text.isascii() and text.isprintable()):
        yield entry.command.item.error(
            "21", "the challenge has a character that Windows cannot send", _ALPHABET
        )
    elif not re.fullmatch(r"[A-Za-z0-9 '()+,\-./:=?]*", text):
        # its CSP was seen to call '_' a "non-printable character"; that all versions do is not documented
        yield entry.command.item.warning("21", "some Windows clients refuse this challenge", _ALPHABET)
    if text == entry.command.text and len(text) < 16:
        yield entry.command.item.error("21", "the challenge has fewer than 16 characters and can be guessed")


def _key(settings: Settings) -> Iterator[Finding]:
    length, protection = _text(settings, "KeyLength"), _text(settings, "KeyProtection") or _SOFTWARE
    entry = settings.get("KeyLength")
    if entry is None:
        return
    if length not in {"1024", "2048", "4096"}:
        yield entry.command.item.error("22", f"KeyLength {length}: Windows makes 1024, 2048 or 4096 bits")
    elif length == "1024":
        yield entry.command.item.warning("22", "1024 bits are no longer enough", "use 2048")
    if length == "4096" and protection in {_TPM, _HELLO}:
        yield entry.command.item.error(
            "22", "a TPM or Hello container does not hold 4096 bits", "KeyProtection 3"
        )
    if length == "4096" and protection == _TPM_IF_PRESENT:
        yield entry.command.item.warning("37", "with a TPM present, 4096 bits fail", "KeyProtection 3")
    if protection not in {_TPM, _TPM_IF_PRESENT, _SOFTWARE, _HELLO}:
        yield settings["KeyProtection"].command.item.error(
            "22", f"KeyProtection {protection} is none of 1 to 4"
        )
    if protection == _HELLO and not _text(settings, "ContainerName"):
        yield settings["KeyProtection"].command.item.error("22", "KeyProtection 4 needs a ContainerName")


def _usage(settings: Settings) -> Iterator[Finding]:
    usage, ekus = settings.get("KeyUsage"), settings.get("EKUMapping")
    if usage is not None:
        text = usage.command.text
        if not re.fullmatch(r"[0-9]{1,5}", text) or not int(text) & 0xA0:
            yield usage.command.item.error(
                "23", "neither digital signature (128) nor key encipherment (32) is set", "use 160"
            )
    if ekus is not None and not {_CLIENT_AUTH, _ANY_PURPOSE} & set(ekus.command.text.split("+")):
        yield ekus.command.item.error("24", "client authentication (1.3.6.1.5.5.7.3.2) is missing")


def _subject(settings: Settings) -> Iterator[Finding]:
    for name in ("SubjectName", "SubjectAlternativeNames"):
        entry = settings.get(name)
        if entry is None:
            continue
        text = entry.command.text
        if name == "SubjectName" and "{{DeviceId}}" in text:
            yield entry.command.item.error(
                "34", "{{DeviceId}} in a Windows subject breaks the sync", "AAD_Device_ID"
            )
        person = re.search(r"\$\{user\.[a-z]+\}|\{\{(?:User\w*|EmailAddress|OnPrem\w+)\}\}", text)
        if person and entry.scope == "Device":
            yield entry.command.item.error("34", f"{person[0]} has no value for a device's certificate")


def _validity(settings: Settings) -> Iterator[Finding]:
    units = settings.get("ValidPeriodUnits")
    if units is None or not re.fullmatch(r"[0-9]{1,6}", units.command.text):
        return
    days = int(units.command.text) * _DAYS.get(_text(settings, "ValidPeriod") or "Days", 1)
    if days and not 5 <= days <= 732:
        yield units.command.item.warning(
            "36", f"a validity of {days} days; Intune takes 5 days to 24 months, and renewal needs time"
        )


def _hash(settings: Settings) -> Iterator[Finding]:
    entry = settings.get("HashAlgorithm")
    if entry is not None and not set(entry.command.text.split("+")) <= {"SHA-1", "SHA-2", "SHA-3"}:
        yield entry.command.item.error(
            "26", "HashAlgorithm names families: SHA-1, SHA-2, SHA-3, joined by '+'"
        )


def _thumbprint(settings: Settings, stores: Mapping[str, str]) -> Iterator[Finding]:
    entry = settings.get("CAThumbprint")
    if entry is None:
        return
    text = entry.command.text.upper()
    if not re.fullmatch(r"[0-9A-F]{40}", text):
        yield entry.command.item.error("25", "CAThumbprint is not 40 hexadecimal digits", "SHA-1 of the root")
    elif stores.get(text, "Root") != "Root":
        yield entry.command.item.error("25", "CAThumbprint names an issuing CA; Windows wants the root's")
    elif stores and text not in stores:
        yield entry.command.item.error("25", "CAThumbprint is of no certificate in this file")


def _text(settings: Settings, name: str) -> str:
    entry = settings.get(name)
    return entry.command.text if entry else ""


_RULES: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _challenge,
    _key,
    _usage,
    _subject,
    _validity,
    _hash,
)
