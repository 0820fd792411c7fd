"""A Linux computer runs the enrolment script (certmonger) and loads NetworkManager's connection profiles.

The script is read, not run: its settings stand in one block. Sources: certmonger's getcert-request(1),
NetworkManager's nm-settings-keyfile(5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cryptography import x509

from onboard.devices.certificate import parse_certificate
from onboard.devices.errors import DeviceError
from onboard.devices.linux.files import demand_agreement
from onboard.devices.linux.keyfile import Installed, read_connection
from onboard.devices.linux.shell_settings import here_documents, read_settings
from onboard.devices.scep.ca_certificates import Fingerprint
from onboard.devices.scep.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.devices.scep.request_shape import CERTMONGER
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, Patience
from onboard.secret import Secret

# certmonger drops other attribute names without a word, unless they are OIDs.
_TYPES = {
    "CN": "2.5.4.3",
    "OU": "2.5.4.11",
    "O": "2.5.4.10",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "C": "2.5.4.6",
    "DC": "0.9.2342.19200300.100.1.25",
    "UID": "0.9.2342.19200300.100.1.1",
}
_PATIENCE = Patience(polls=None)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n?", re.DOTALL)


def read_linux(
    script: bytes, connections: Sequence[bytes], others: Mapping[str, Sequence[bytes]] | None = None
) -> DeviceSettings:
    """What a computer does with the script and the connection profiles beside it.

    Args:
        script: the certmonger script, its variables filled in.
        connections: NetworkManager keyfiles.
        others: files for wpa_supplicant, netplan and iwd by kind; a computer takes one of the four, so all
            must say the same.

    Raises:
        DeviceError: a setting or key is absent or wrong, or a profile names a file that nobody writes.
    """
    settings = read_settings(script)
    folder = settings.get("folder", "")
    documents = {name: body for name, body in here_documents(script).items() if _PEM.search(body)}
    files = {f"{folder}/{name}": _certificates(name, body) for name, body in documents.items()}
    installed = Installed(trust=files, own=frozenset({f"{folder}/certificate.pem", f"{folder}/key.pem"}))
    networks = tuple(read_connection(content, installed) for content in connections)
    demand_agreement(networks, others or {}, installed)
    return DeviceSettings(
        platform="linux",
        enrolment=_enrolment(settings),
        networks=networks,
        certificates=tuple(dict.fromkeys(c for certificates in files.values() for c in certificates)),
    )


def _enrolment(settings: Mapping[str, str]) -> EnrolmentSettings:
    url, pin, bits = (_setting(settings, key) for key in ("scep_url", "root_sha256", "key_bits"))
    if not re.fullmatch(r"[0-9a-f]{64}", pin):
        raise DeviceError("settings: root_sha256", "is not 64 lower-case hexadecimal digits")
    if bits not in {"2048", "3072", "4096"}:
        raise DeviceError("settings: key_bits", f"{bits} is none of 2048, 3072 and 4096")
    usages = tuple(settings.get("extended_key_usage", "").split())
    return EnrolmentSettings(
        url=url,
        request=CertificateRequest(
            subject=_subject(_setting(settings, "subject")),
            alt_names=tuple(
                RequestedName(kind, settings[key])
                for key, kind in (("email", "rfc822"), ("dns", "dns"))
                if settings.get(key)
            ),
            challenge=Secret(_setting(settings, "challenge")),
            key_usage=("digital_signature", "key_encipherment"),
            extended_key_usage=usages,
        ),
        key_bits=int(bits),
        shape=CERTMONGER,
        pin=Fingerprint(bytes.fromhex(pin)),
        patience=_PATIENCE,
    )


def _setting(settings: Mapping[str, str], key: str) -> str:
    value = settings.get(key, "")
    if not value:
        raise DeviceError(f"settings: {key}", "is missing or empty")
    return value


def _subject(text: str) -> tuple[tuple[NameAttribute, ...], ...]:
    rdns = []
    for piece in re.findall(r"(?:^|,)((?:\\.|[^,\\])*)", text):
        kind, equals, value = piece.partition("=")
        oid = _TYPES.get(kind.strip(), kind.strip())
        if not equals or not re.fullmatch(r"\d+(\.\d+)+", oid):
            raise DeviceError("settings: subject", f"certmonger drops {kind!r} without a word")
        if not re.fullmatch(r'(?:\\.|[^\\+"<>;=])*', value):
            raise DeviceError(
                "settings: subject", f"the value of {kind} has a special character without '\\'"
            )
        rdns.append((NameAttribute(oid, re.sub(r"\\(.)", r"\1", value)),))
    return tuple(rdns)


def _certificates(name: str, body: str) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(parse_certificate(pem.encode()) for pem in _PEM.findall(body))
    except ValueError as error:
        raise DeviceError(f"script: {name}", "is not a certificate") from error
