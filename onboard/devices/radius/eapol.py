"""Puts a device before a RADIUS server with eapol_test, which is wpa_supplicant without a radio.

Trust, names and TLS versions come from the artifact; the certificate from the enrolment. The names are
compared twice: by wpa_supplicant in the handshake as far as it can say them, and by the platform's own rule.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509

from onboard.devices.errors import EapolError
from onboard.devices.radius.eapol_network import write_network
from onboard.devices.scep.client import Identity
from onboard.devices.settings import Medium, NetworkSettings
from onboard.secret import Secret

PROGRAM = "eapol_test"
NO_ANSWER = "the RADIUS server did not answer"  # a reason that is no refusal
_OWN_ADDRESS = "02:00:00:00:00:01"
_ACCESS_POINT = "02-00-00-00-00-02"
_ETHERNET, _WIRELESS = 15, 19  # NAS-Port-Type, RFC 2865 §5.41
_SUCCESS = ("code=2 (Access-Accept)", "CTRL-EVENT-EAP-SUCCESS")
_NO_BINDING = "EAP-PEAP: No cryptobinding TLV"
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
    """EAP-TLS, plain or in PEAP, as the device would do it on this network.

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
    configuration = write_network(network, identity, chain, folder)
    received = folder / "server.pem"
    program = shutil.which(PROGRAM) or PROGRAM
    command = [program, f"-c{configuration}", f"-a{server.address}", f"-p{server.port}", f"-t{timeout}"]
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
    shown = _chains(x509.load_pem_x509_certificates(pem)) if b"BEGIN" in pem else ()
    # Its exit code is 0 as well where the device itself gave up after the server's last word.
    if done.returncode == 0 and all(words in done.stdout for words in _SUCCESS):
        return _accepted(network, done.stdout, shown)
    outside = shown[0] if shown else ()
    return EapolOutcome(accepted=False, vlan=None, reason=_reason(done.stdout), server=outside)


def _chains(verified: Sequence[x509.Certificate]) -> tuple[tuple[x509.Certificate, ...], ...]:
    """What the server showed outside and, in a tunnel, inside, each with its own certificate first.

    eapol_test writes certificates as it verifies them, from the root down.
    """
    chains: list[list[x509.Certificate]] = []
    for certificate in verified:
        if chains and certificate.issuer == chains[-1][0].subject != certificate.subject:
            chains[-1].insert(0, certificate)
        else:
            chains.append([certificate])
    return tuple(tuple(chain) for chain in chains)


def _where(network: NetworkSettings) -> list[str]:
    """NAS-Port-Type, and the SSID in Called-Station-Id (RFC 3580 §3.20)."""
    if network.medium is Medium.ETHERNET:
        return [f"-N61:d:{_ETHERNET}", f"-N30:s:{_ACCESS_POINT}"]
    called = f"{_ACCESS_POINT}:".encode() + network.ssid
    return [f"-N61:d:{_WIRELESS}", f"-N30:x:{called.hex()}"]


def _accepted(
    network: NetworkSettings, log: str, shown: Sequence[tuple[x509.Certificate, ...]]
) -> EapolOutcome:
    demanded = [network.server_names] + ([network.tunnel.inner_names] if network.tunnel else [])
    outside = shown[0] if shown else ()
    if len(shown) < len(demanded) or not all(
        names.accepts(chain[0]) for names, chain in zip(demanded, shown, strict=False)
    ):
        reason = "the server's certificate carries none of the names that the profile demands"
        return EapolOutcome(accepted=False, vlan=None, reason=reason, server=outside)
    return EapolOutcome(accepted=True, vlan=_vlan(log), reason="", server=outside)


def _reason(log: str) -> str:
    for pattern, words in ((_CERT_ERROR, "the device refused the RADIUS server"), (_ALERT, "TLS alert")):
        found = pattern.search(log)
        if found:
            return f"{words}: {found[1].strip()}"
    if _NO_BINDING in log:
        return "the profile demands crypto-binding in the tunnel, and the RADIUS server has none"
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
