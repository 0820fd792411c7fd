"""A Windows WLAN or LAN profile, EAP configuration or SyncML file in words: trust, certificate, networks."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from itertools import groupby

from cryptography import x509

from onboard.errors import PayloadError
from onboard.explain.section import Section
from onboard.explain.windows_network import networks
from onboard.lint.windows import open_document, recognises
from onboard.lint.windows.commands import (
    Command,
    ScepCommand,
    TrustCommand,
    commands,
    profiles,
    scep,
    trusted,
)
from onboard.lint.windows.document import Node, UnreadableError, read_node
from onboard.lint.windows.enrolment import VARIABLE

__all__ = ["explain", "recognises"]

_PROTECTION: Mapping[str, str] = {
    "1": "in its TPM, or not at all",
    "2": "in its TPM if it has one",
    "3": "in software",
    "4": "in Windows Hello for Business",
}
_ALT_NAMES: Mapping[str, str] = {
    "2": "e-mail address",
    "3": "DNS name",
    "7": "URI",
    "11": "user principal name",
}


def explain(path: str, content: bytes) -> tuple[Section, ...]:
    """The file in sections, in the order in which a device acts; empty ones are left out.

    Raises:
        PayloadError: the file cannot be read.
    """
    try:
        root = open_document(path, content)
    except UnreadableError as error:
        raise PayloadError(f"{path}: {error}") from error
    if root.name in {"SyncML", "SyncBody"}:
        return _sections(_syncml(root))
    if root.name == "WindowsCustomizations":
        return _sections((("Networks", tuple(_package(root))),))
    return _sections((("Networks", tuple(networks(root))),))


def _package(root: Node) -> Iterator[str]:
    """A provisioning package, which brings networks to a computer in setup."""
    for network in root.all("WLANConfig"):
        security = network.value("WLANXmlSettings", "SecurityType")
        joins = network.value("WLANXmlSettings", "AutoConnect").lower() == "true"
        how = "joins" if joins else "may be told to join"
        name = network.element.get("SSID")
        yield f"A computer that takes this package {how} the Wi-Fi network “{name}” ({security})."
        if network.first("WLANXmlSettings", "SecurityKey") is not None:
            yield "The network's password stands in the package; whoever reads the file has it."


def _sections(told: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Section, ...]:
    return tuple(Section(title=title, sentences=sentences) for title, sentences in told if sentences)


def _syncml(root: Node) -> tuple[tuple[str, tuple[str, ...]], ...]:
    every = tuple(commands(root))
    roots, enrolled = trusted(every), scep(every)
    bringing = [entry.command for entry in profiles(every)]
    inside = tuple(node for command in bringing if (node := _inside(command)) is not None)
    told = [*(entry.command for entry in roots), *(entry.command for entry in enrolled), *bringing]
    others = tuple(f"It also does {c.verb} on {c.uri}." for c in every if c not in told)
    return (
        ("Whom the device will trust", tuple(_trust(entry) for entry in roots)),
        ("The device's own certificate", tuple(_certificates(enrolled))),
        ("Networks", tuple(sentence for profile in inside for sentence in networks(profile))),
        ("Also inside", others),
    )


def _inside(command: Command) -> Node | None:
    try:
        return read_node(command.node.file, command.text) if command.text else None
    except UnreadableError:
        return None  # lint says so


def _trust(entry: TrustCommand) -> str:
    try:
        der = base64.b64decode("".join(entry.command.text.split()), validate=True)
        certificate = x509.load_der_x509_certificate(der)
    except (binascii.Error, ValueError):
        return f"A certificate for the {entry.store} store cannot be read."
    name = certificate.subject.rfc4514_string()
    until = certificate.not_valid_after_utc
    return f"It installs {name} into the {entry.store} store of the computer (until {until:%Y-%m-%d})."


def _certificates(enrolled: tuple[ScepCommand, ...]) -> Iterator[str]:
    for _, entries in groupby(enrolled, key=lambda entry: entry.base):
        found = tuple(entries)
        if all(entry.command.verb == "Delete" for entry in found):
            yield "It deletes a certificate that was enrolled before."
            continue
        yield from _enrolment(found[0].scope, {entry.setting: entry.command.text for entry in found})


def _enrolment(scope: str, values: Mapping[str, str]) -> Iterator[str]:
    whose = "the person who is signed in" if scope == "User" else "the computer"
    place = _PROTECTION.get(values.get("KeyProtection", "3"), "somewhere")
    yield f"The device makes an RSA key of {values.get('KeyLength', '?')} bits {place}."
    yield f"It asks {values.get('ServerURL', 'nobody')}/pkiclient.exe (SCEP) for a certificate of {whose}."
    yield f"The certificate is for {values.get('SubjectName') or 'an empty name'}."
    for pair in filter(None, values.get("SubjectAlternativeNames", "").split(";")):
        number, _, value = pair.partition("+")
        yield f"It also carries the {_ALT_NAMES.get(number, 'name of kind ' + number)} {value}."
    yield _challenge(values.get("Challenge", ""))
    pin = values.get("CAThumbprint", "")
    yield f"The device accepts the CA only under the root with the SHA-1 {pin}." if pin else _UNPINNED
    if "Enroll" not in values:
        yield "Nothing is enrolled: the command that starts it is missing."


_UNPINNED = "The device believes whatever CA answers there."


def _challenge(text: str) -> str:
    if not text:
        return "It sends no challenge."
    variables = VARIABLE.findall(text)
    if variables:
        return f"Its challenge is filled in by somebody else: {', '.join(variables)}."
    return "It proves itself with a challenge that stands in the file; whoever reads the file has it."
