"""The PowerShell script for Windows computers without management; its settings are read, nothing is run.

A computer takes the script or the SyncML. The SyncML is played, and the script must ask for the same
certificate at the same place and bring the same trust and networks.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from cryptography import x509

from onboard.devices.certificate import parse_certificate
from onboard.devices.errors import DeviceError
from onboard.devices.scep.ca_certificates import Fingerprint
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, NetworkSettings
from onboard.devices.windows.names import ALT_NAME_KINDS, KEYS
from onboard.devices.windows.profile import read_lan, read_wlan

# A verbatim string, or a sum of such strings and code units; everything else would be code.
_VERBATIM = r"'(?:[^'\n]|'')*'"
_UNIT = r"\[char\]0x[0-9A-F]{4}"
_STRING = rf"(?:{_VERBATIM}|\((?:{_VERBATIM}|{_UNIT})(?: \+ (?:{_VERBATIM}|{_UNIT}))*\))"
_PIECE = re.compile(rf"({_VERBATIM})|\[char\]0x([0-9A-F]{{4}})")
_ENDS = "/pkiclient.exe"  # the CSP appends it by itself


def demand_agreement(script: bytes, settings: DeviceSettings) -> None:
    """The script does what the SyncML does.

    Args:
        script: the file, its variables filled in.
        settings: what the SyncML and the profiles brought.

    Raises:
        DeviceError: a setting is absent or no plain value, or is not the SyncML's.
    """
    try:
        text = script.decode("ascii")
    except UnicodeDecodeError as error:
        raise DeviceError("script", "is not ASCII, which alone every Windows reads alike") from error
    if settings.enrolment is not None:
        _compare(text, settings.enrolment)
    brought = [certificate for _, certificate in _trust(text)]
    if set(brought) != set(settings.certificates):
        raise DeviceError("script: Trust", "brings other certificates than the SyncML")
    roots = [certificate for store, certificate in _trust(text) if store == "Root"]
    for network in _networks(text, roots):
        if network not in settings.networks:
            raise DeviceError("script: Networks", f"{network.name} is not as the profiles have it")


def _compare(text: str, enrolment: EnrolmentSettings) -> None:
    pin, request = enrolment.pin, enrolment.request
    subject = {(a.oid, a.value) for rdn in request.subject for a in rdn}
    names = {(name.kind, name.value) for name in request.alt_names}
    challenge = "" if request.challenge is None else request.challenge.reveal()
    embedded = _setting(text, "EmbeddedChallenge")
    for name, same in (
        (
            "ScepUrl",
            _setting(text, "ScepUrl").removesuffix(_ENDS) == enrolment.url.rstrip("/").removesuffix(_ENDS),
        ),
        ("RootThumbprint", pin == _thumbprint(_setting(text, "RootThumbprint"))),
        ("KeyBits", _number(text, "KeyBits") == enrolment.key_bits),
        ("EmbeddedChallenge", embedded in {"", challenge}),
        ("SubjectParts", {(KEYS.get(k), v) for k, v in _pairs(text, "Key", _STRING)} == subject),
        ("AltNameParts", {(ALT_NAME_KINDS.get(k), v) for k, v in _pairs(text, "Type", r"\d+")} == names),
    ):
        if not same:
            raise DeviceError(f"script: {name}", "is not what the SyncML says")


def _setting(text: str, name: str) -> str:
    found = re.search(rf"^\${name} = ({_STRING})$", text, re.MULTILINE)
    if found is None:
        raise DeviceError(f"script: {name}", "is missing or no plain text")
    return _value(found[1])


def _number(text: str, name: str) -> int:
    found = re.search(rf"^\${name} = (\d+)$", text, re.MULTILINE)
    if found is None:
        raise DeviceError(f"script: {name}", "is missing or no number")
    return int(found[1])


def _pairs(text: str, key: str, kind: str) -> list[tuple[str, str]]:
    found = re.findall(rf"@\{{ {key} = ({kind}); Text = ({_STRING}) \}}", text)
    return [(_value(first) if kind is _STRING else first, _value(second)) for first, second in found]


def _trust(text: str) -> Sequence[tuple[str, x509.Certificate]]:
    found = re.findall(rf"@\{{ Store = ({_STRING}); Data = ({_STRING}) \}}", text)
    try:
        return [(_value(store), parse_certificate(base64.b64decode(_value(data)))) for store, data in found]
    except (ValueError, binascii.Error) as error:
        raise DeviceError("script: Trust", "holds something that is no certificate") from error


def _networks(text: str, roots: Sequence[x509.Certificate]) -> list[NetworkSettings]:
    found = re.findall(rf"Kind = ({_STRING})\n.*?Xml  = @'\n(.*?)\n'@", text, re.DOTALL)
    readers = {"wlan": read_wlan, "lan": read_lan}
    networks = []
    for kind, xml in found:
        if _value(kind) not in readers:
            raise DeviceError("script: Networks", f"{_value(kind)!r} is neither wlan nor lan")
        networks.append(readers[_value(kind)](xml, roots))
    return networks


def _value(expression: str) -> str:
    units = b"".join(
        verbatim[1:-1].replace("''", "'").encode("utf-16-be") if verbatim else bytes.fromhex(unit)
        for verbatim, unit in _PIECE.findall(expression)
    )
    return units.decode("utf-16-be", "replace")


def _thumbprint(text: str) -> Fingerprint | None:
    return Fingerprint(bytes.fromhex(text)) if re.fullmatch("[0-9A-Fa-f]{40}", text) else None
