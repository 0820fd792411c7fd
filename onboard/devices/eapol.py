"""Puts a device before a RADIUS server with eapol_test, which is wpa_supplicant without a radio.

Trust, names and TLS versions come from the artifact; the certificate from the enrolment. The names are
compared twice: by wpa_supplicant in the handshake as far as it can say them, and by the platform's own rule.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from onboard.devices.ca_certificates import chains_to
from onboard.devices.errors import EapolError
from onboard.devices.scep_client import Identity
from onboard.devices.server_names import NameRule
from onboard.devices.settings import Medium, NetworkSettings
from onboard.secret import Secret

PROGRAM = "eapol_test"
NO_ANSWER = "the RADIUS server did not answer"  # a reason that is no refusal
_OWN_ADDRESS = "02:00:00:00:00:01"
_ACCESS_POINT = "02-00-00-00-00-02"
_ETHERNET, _WIRELESS = 15, 19  # NAS-Port-Type, RFC 2865 §5.41
_CERT_ERROR = re.compile(r"CTRL-EVENT-EAP-TLS-CERT-ERROR .*err='([^']*)'")
_ALERT = re.compile(
    r"SSL3 alert: (?:read|write) \((?:remote end reported an error|local SSL3 detected an error)\):\w+:(.+)"
)
_TUNNEL = re.compile(r"Attribute (64|65|81) \([\w-]+\) length=\d+\n\s+Value: (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusServer:
    """Where to ask."""

    address: str
    port: int
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class EapolOutcome:
    """What came of it."""

    accepted: bool
    vlan: int | None
    reason: str  # empty where accepted
    server: tuple[x509.Certificate, ...] = field(repr=False)  # the server's own first


def is_installed() -> bool:
    """Whether eapol_test is on the PATH."""
    return shutil.which(PROGRAM) is not None


def authenticate(
    network: NetworkSettings,
    identity: Identity,
    chain: Sequence[x509.Certificate],
    server: RadiusServer,
    folder: Path,
    timeout: int = 15,
    source: str = "",
    environment: Mapping[str, str] | None = None,
) -> EapolOutcome:
    """EAP-TLS as the device would do it on this network.

    Args:
        network: from the artifact.
        identity: the enrolled certificate with its key.
        chain: certificates that the device holds; those between its own and the root are sent along.
        server: the RADIUS server.
        folder: a private folder for key and configuration; they stay there.
        timeout: seconds for the whole exchange.
        source: address to ask from, which tells the server whose access point it is; empty: any.
        environment: of eapol_test, such as that of another clock; None: ours.

    Raises:
        EapolError: eapol_test is not installed or did not run.
    """
    configuration = _write(network, identity, chain, folder)
    received = folder / "server.pem"
    program = shutil.which(PROGRAM) or PROGRAM
    command = [program, "-n", f"-c{configuration}", f"-a{server.address}", f"-p{server.port}", f"-t{timeout}"]
    command += [f"-o{received}", f"-M{_OWN_ADDRESS}", *_where(network)]
    command += [f"-A{source}"] if source else []
    # eapol_test takes the secret on its command line only: it must be one that is thrown away afterwards.
    command.append(f"-s{server.secret.reveal()}")
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=timeout + 10, check=False
        )
    except FileNotFoundError as error:
        msg = "eapol_test is not installed"
        raise EapolError(msg, hint="on Debian: apt install eapoltest") from error
    except subprocess.TimeoutExpired as error:
        msg = f"eapol_test did not end within {timeout + 10} s"
        raise EapolError(msg) from error
    pem = received.read_bytes() if received.is_file() else b""
    # eapol_test writes them as it verifies them, from the root down.
    certificates = tuple(reversed(x509.load_pem_x509_certificates(pem))) if b"BEGIN" in pem else ()
    if done.returncode == 0:
        return _accepted(network, done.stdout, certificates)
    return EapolOutcome(accepted=False, vlan=None, reason=_reason(done.stdout), server=certificates)


def _where(network: NetworkSettings) -> list[str]:
    """NAS-Port-Type, and the SSID in Called-Station-Id (RFC 3580 §3.20)."""
    if network.medium is Medium.ETHERNET:
        return [f"-N61:d:{_ETHERNET}", f"-N30:s:{_ACCESS_POINT}"]
    called = f"{_ACCESS_POINT}:".encode() + network.ssid
    return [f"-N61:d:{_WIRELESS}", f"-N30:x:{called.hex()}"]


def _write(
    network: NetworkSettings, identity: Identity, chain: Sequence[x509.Certificate], folder: Path
) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    anchors, own, key = folder / "anchors.pem", folder / "certificate.pem", folder / "key.pem"
    sent = [c for c in chain if c.issuer != c.subject and chains_to(identity.certificate, c, chain)]
    anchors.write_bytes(_pem(network.anchors))
    own.write_bytes(_pem(dict.fromkeys((identity.certificate, *sent))))
    key.touch(mode=0o600)
    key.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    values = {
        "key_mgmt": "IEEE8021X" if network.medium is Medium.ETHERNET else "WPA-EAP",
        "eap": "TLS",
        "identity": network.eap_identity.of(identity.certificate).encode().hex(),  # unquoted hexadecimal
        "ca_cert": f'"{anchors}"',
        "client_cert": f'"{own}"',
        "private_key": f'"{key}"',
        "phase1": f'"{_versions(network)}"',
        **_names(network),
        **({"ssid": network.ssid.hex()} if network.ssid else {"eapol_flags": "0"}),
    }
    path = folder / "eapol.conf"
    lines = "".join(f"    {name}={value}\n" for name, value in values.items())
    path.write_text(f"network={{\n{lines}}}\n", encoding="utf-8")
    return path


def _versions(network: NetworkSettings) -> str:
    names = {"1.0": "tlsv1_0", "1.1": "tlsv1_1", "1.2": "tlsv1_2", "1.3": "tlsv1_3"}
    within = {v for v in names if network.tls_minimum <= v <= network.tls_maximum}
    return " ".join(f"tls_disable_{name}={0 if v in within else 1}" for v, name in names.items())


def _names(network: NetworkSettings) -> dict[str, str]:
    """What wpa_supplicant can say itself; wildcards and expressions are compared afterwards."""
    names = network.server_names
    plain = [n for n in names.names if re.fullmatch(r"[A-Za-z0-9.-]+", n)]
    if not plain or len(plain) < len(names.names):
        return {}
    key = "domain_suffix_match" if names.rule is NameRule.SUFFIX else "domain_match"
    return {key: f'"{";".join(plain)}"'}


def _accepted(network: NetworkSettings, log: str, server: tuple[x509.Certificate, ...]) -> EapolOutcome:
    if not server or not network.server_names.accepts(server[0]):
        reason = "the server's certificate carries none of the names that the profile demands"
        return EapolOutcome(accepted=False, vlan=None, reason=reason, server=server)
    return EapolOutcome(accepted=True, vlan=_vlan(log), reason="", server=server)


def _reason(log: str) -> str:
    for pattern, words in ((_CERT_ERROR, "the device refused the RADIUS server"), (_ALERT, "TLS alert")):
        found = pattern.search(log)
        if found:
            return f"{words}: {found[1].strip()}"
    if "No RADIUS response" in log or "EAPOL test timed out" in log:
        return NO_ANSWER
    return "the RADIUS server rejected the device"


def _vlan(log: str) -> int | None:
    """Tunnel-Private-Group-Id where Tunnel-Type is VLAN and the medium is IEEE-802 (RFC 3580 §3.31)."""
    found = dict(_TUNNEL.findall(log))
    if int(found.get("64", "0"), 16) & 0xFFFFFF != 13 or int(found.get("65", "0"), 16) & 0xFFFFFF != 6:
        return None
    text = bytes.fromhex(found.get("81", "")).lstrip(bytes(range(0x20))).decode("ascii", "replace")
    return int(text) if text.isdecimal() else None


def _pem(certificates: Iterable[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
