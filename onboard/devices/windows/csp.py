"""A Windows device's certificate CSPs: RootCATrustedCertificates and ClientCertificateInstall/SCEP.

Source: Microsoft's CSP reference (rootcacertificates-csp, clientcertificateinstall-csp).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from cryptography import x509

from onboard.devices.certificate import parse_certificate
from onboard.devices.errors import DeviceError
from onboard.devices.identity import CLIENT_AUTH
from onboard.devices.scep import der
from onboard.devices.scep.ca_certificates import Fingerprint
from onboard.devices.scep.csr import CertificateRequest
from onboard.devices.scep.request_shape import WINDOWS
from onboard.devices.settings import EnrolmentSettings, Patience
from onboard.devices.windows.names import parse_alt_names, parse_subject
from onboard.devices.windows.syncml import Command
from onboard.secret import Secret

_TRUST = re.compile(
    r"\./(Device/|User/)?Vendor/MSFT/RootCATrustedCertificates/(\w+)/([^/]+)/EncodedCertificate"
)
_SCEP = re.compile(r"(\./(?:Device|User)/Vendor/MSFT/ClientCertificateInstall/SCEP/[^/]+)(?:/Install/(\w+))?")
_FORMATS = {
    "ServerURL": "chr",
    "Challenge": "chr",
    "EKUMapping": "chr",
    "KeyUsage": "int",
    "SubjectName": "chr",
    "KeyLength": "int",
    "HashAlgorithm": "chr",
    "CAThumbprint": "chr",
    "SubjectAlternativeNames": "chr",
    "KeyProtection": "int",
    "RetryCount": "int",
    "RetryDelay": "int",
    "ValidPeriod": "chr",
    "ValidPeriodUnits": "int",
    "TemplateName": "chr",
    "ContainerName": "chr",
    "CustomTextToShowInPrompt": "chr",
    "AADKeyIdentifierList": "chr",
}
_REQUIRED = (
    "ServerURL",
    "Challenge",
    "EKUMapping",
    "KeyUsage",
    "SubjectName",
    "KeyLength",
    "HashAlgorithm",
    "CAThumbprint",
)
_TPM_BITS = 2048
_MOST_POLLS = 30


def trusted_certificate(command: Command) -> tuple[str, x509.Certificate] | None:
    """The store (Root, CA, ...) and the certificate that a command adds to it; None for other commands.

    Raises:
        DeviceError: base64 with line breaks, a thumbprint of another certificate, Root in user scope.
    """
    match = _TRUST.fullmatch(command.uri)
    if match is None:
        return None
    scope, store, thumbprint = match.groups()
    if store == "Root" and scope == "User/":
        raise DeviceError(command.place, "the Root store exists in the device scope alone")
    if command.format != "b64" or re.search(r"\s", command.data):
        raise DeviceError(command.place, "EncodedCertificate is base64 in one line, format b64")
    try:
        content = base64.b64decode(command.data, validate=True)
        certificate = parse_certificate(content)
    except (binascii.Error, ValueError) as error:
        raise DeviceError(command.place, "EncodedCertificate is no certificate") from error
    if hashlib.sha1(content, usedforsecurity=False).hexdigest() != thumbprint.lower():
        raise DeviceError(command.place, "the node's name is not the SHA-1 of the certificate")
    return store, certificate


def scep_node(command: Command) -> tuple[str, str] | None:
    """The UniqueID path and the Install node that a command is about; None for other commands."""
    match = _SCEP.fullmatch(command.uri)
    return None if match is None else (match[1], match[2] or "")


def read_scep(commands: Sequence[Command]) -> EnrolmentSettings:
    """The enrolment that the commands on one UniqueID set off, Enroll last, all in one Atomic.

    Raises:
        DeviceError: a node is absent, has another format or value, or stands in the wrong order.
    """
    first, last = commands[0], commands[-1]
    if first.verb != "Add" or first.format != "node":
        raise DeviceError(first.place, "the UniqueID node must be added first, format node")
    if last.verb != "Exec" or not last.uri.endswith("/Install/Enroll"):
        raise DeviceError(last.place, "Exec Install/Enroll must be the last command of the enrolment")
    if len({command.atomic for command in commands}) != 1 or not first.atomic:
        raise DeviceError(first.place, "the enrolment is not in one Atomic")
    values = _values(commands[1:-1])
    for name in _REQUIRED:
        if not values.get(name):
            raise DeviceError(f"{first.uri}/Install/{name}", "is missing or empty")
    return _enrolment(values, f"{first.uri}/Install")


def _values(commands: Sequence[Command]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for command in commands:
        name = (scep_node(command) or ("", ""))[1]
        if _FORMATS.get(name) != command.format or command.verb not in {"Add", "Replace"}:
            raise DeviceError(
                command.place, f"is no node that takes {command.verb} in format {command.format}"
            )
        if command.format == "int" and not command.data.isdecimal():
            raise DeviceError(command.place, "is no decimal number")
        values[name] = command.data
    return values


def _enrolment(values: Mapping[str, str], base: str) -> EnrolmentSettings:
    thumbprint = values["CAThumbprint"]
    if not re.fullmatch(r"[0-9A-Fa-f]{40}", thumbprint):
        raise DeviceError(f"{base}/CAThumbprint", "is not 40 hexadecimal digits (SHA-1)")
    bits = int(values["KeyLength"])
    if bits not in {1024, 2048, 4096}:
        raise DeviceError(f"{base}/KeyLength", f"{bits} is none of 1024, 2048 and 4096")
    if values.get("KeyProtection", "3") in {"1", "4"} and bits > _TPM_BITS:
        raise DeviceError(f"{base}/KeyLength", "a TPM holds no RSA key of more than 2048 bits")
    if not set(values["HashAlgorithm"].split("+")) <= {"SHA-1", "SHA-2", "SHA-3"}:
        raise DeviceError(f"{base}/HashAlgorithm", "is not SHA-1, SHA-2 and SHA-3 joined by '+'")
    url = values["ServerURL"].split(";")[0]
    if not re.match(r"https?://[^/\s]+", url):
        raise DeviceError(f"{base}/ServerURL", "is not an absolute http or https URL")
    return EnrolmentSettings(
        url=url,
        request=_request(values, base),
        key_bits=bits,
        shape=WINDOWS,
        pin=Fingerprint(bytes.fromhex(thumbprint)),
        patience=_patience(values, base),
    )


def _patience(values: Mapping[str, str], base: str) -> Patience:
    """RetryCount (3 where absent, 30 at most) and RetryDelay in minutes (5 where absent)."""
    polls = int(values.get("RetryCount", "3"))
    if polls > _MOST_POLLS:
        raise DeviceError(f"{base}/RetryCount", f"{polls} is more than {_MOST_POLLS}")
    return Patience(polls=polls, every=timedelta(minutes=int(values.get("RetryDelay", "5"))))


def _request(values: Mapping[str, str], base: str) -> CertificateRequest:
    mask = int(values["KeyUsage"])
    if not mask & 0xA0:
        raise DeviceError(f"{base}/KeyUsage", "has neither digitalSignature (128) nor keyEncipherment (32)")
    ekus = tuple(values["EKUMapping"].split("+"))
    if CLIENT_AUTH not in ekus or not all(re.fullmatch(r"\d+(\.\d+)+", oid) for oid in ekus):
        raise DeviceError(f"{base}/EKUMapping", "is not OIDs joined by '+', clientAuth among them")
    if not der.is_printable(values["Challenge"]):
        raise DeviceError(f"{base}/Challenge", "has a character that PrintableString lacks (such as '_')")
    return CertificateRequest(
        subject=parse_subject(values["SubjectName"], f"{base}/SubjectName"),
        alt_names=parse_alt_names(
            values.get("SubjectAlternativeNames", ""), f"{base}/SubjectAlternativeNames"
        ),
        challenge=Secret(values["Challenge"]),
        key_usage=(
            *(("digital_signature",) if mask & 0x80 else ()),
            *(("key_encipherment",) if mask & 0x20 else ()),
        ),
        extended_key_usage=ekus,
    )
