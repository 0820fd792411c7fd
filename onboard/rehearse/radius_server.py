"""Starts FreeRADIUS with the generated configuration on a loopback port, and puts devices before it."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from onboard.devices.errors import EapolError
from onboard.devices.radius import eapol
from onboard.devices.radius.eapol import RadiusServer
from onboard.devices.scep.client import Identity
from onboard.devices.settings import NetworkSettings, TunnelMethod
from onboard.radius import Policy, ServerCertificate, Settings, build, write_folder
from onboard.radius.settings import LOOPBACK
from onboard.rehearse import faketime
from onboard.rehearse.stage import Outcome, unplayed
from onboard.secret import Secret

_PROGRAMS = ("freeradius", "radiusd")
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin")  # not on everybody's PATH
_START_SECONDS = 20.0
_LOG_SECONDS = 1.0
_TLS_COMPLAINT = "Login incorrect (eap_tls: (TLS) "


def freeradius() -> str | None:
    """The FreeRADIUS program; None where it is not installed."""
    places = [
        path for name in _PROGRAMS for path in (name, *(f"{folder}/{name}" for folder in _SYSTEM_FOLDERS))
    ]
    return next(filter(None, map(shutil.which, places)), None)


def is_possible() -> bool:
    """Whether EAP-TLS can be rehearsed here: FreeRADIUS and eapol_test are installed."""
    return freeradius() is not None and eapol.is_installed()


class LocalRadius:
    """A running FreeRADIUS and a folder for the devices' keys; an `Authenticator`."""

    def __init__(
        self,
        server: RadiusServer,
        log: deque[str],
        folder: Path,
        clock: Mapping[str, str],
        sites: Mapping[str, str],
    ) -> None:
        """Made by `running_radius`."""
        self._clock = clock
        self._sites = sites  # addresses to ask from
        self.server = server
        self._log = log
        self._folder = folder
        self._count = 0

    def authenticate(
        self,
        group: str,
        network: NetworkSettings,
        identity: Identity,
        chain: Sequence[x509.Certificate],
        site: str = "",
    ) -> Outcome | None:
        """EAP-TLS on loopback; None where the site is not one of this server's.

        Raises:
            EapolError: it could not be tried.
        """
        if site and site not in self._sites:
            return None
        self._count += 1
        self._log.clear()
        remark = unplayed(network, TunnelMethod.TEAP)
        outcome = eapol.authenticate(
            replace(network, tunnel=None) if remark else network,
            identity,
            chain,
            self.server,
            self._folder / f"{self._count}-{group}",
            source=self._sites.get(site, ""),
            environment=self._clock or None,
        )
        reason = outcome.reason or remark
        if not outcome.accepted:
            detail = self._told().partition("): [")[0]
            # Where the device refused, its alert is all that the server knows.
            reason = f"{reason} (TLS: {detail})" if detail and "Alert read" not in detail else reason
        return Outcome(accepted=outcome.accepted, vlan=outcome.vlan, reason=reason)

    def _told(self) -> str:
        """What the server says of a rejection; its log comes by a pipe, a moment after its answer."""
        end = time.monotonic() + _LOG_SECONDS
        while True:
            # In a tunnel there is a line of the inside, which knows, and one of the outside.
            lines = [line for line in reversed(tuple(self._log)) if "Login incorrect" in line]
            told = next(filter(None, (line.partition(_TLS_COMPLAINT)[2] for line in lines)), "")
            if lines or time.monotonic() >= end:
                return told
            time.sleep(0.02)


@contextmanager
def running_radius(
    policy: Policy,
    server: ServerCertificate,
    crls: Mapping[str, x509.CertificateRevocationList],
    folder: Path,
    tls_maximum: str = "",
    ocsp_url: str = "",
    ahead: timedelta = timedelta(0),
    speed: int = 1,
) -> Iterator[LocalRadius]:
    """FreeRADIUS with the configuration of the organization, until the block ends.

    Args:
        policy: of the RADIUS entry.
        server: its certificate and key.
        crls: current CRLs by authority name.
        folder: a private folder; configuration and keys are written there.
        tls_maximum: "1.2" or "1.3", against what the org says of the entry.
        ocsp_url: a responder that is asked besides the CRLs; empty: nobody is.
        ahead: how far the clocks of server and devices are ahead of ours; needs libfaketime.
        speed: how many times as fast they run; the same.

    Raises:
        EapolError: FreeRADIUS is not installed or did not start.
    """
    program, port, secret = freeradius(), _free_port(), secrets.token_hex(16)
    clock = faketime.environment(ahead, speed)
    if program is None:
        msg = "FreeRADIUS is not installed"
        raise EapolError(msg, hint="on Debian: apt install freeradius")
    place = folder / "raddb"
    sites = {client.name: f"127.0.1.{n}" for n, client in enumerate(policy.radius.clients[:250], 1)}
    settings = replace(
        _settings(policy, sites, port),
        folder=str(place.resolve()),
        tls_maximum=tls_maximum or policy.radius.tls.maximum,
        ocsp=bool(ocsp_url),
        ocsp_url=ocsp_url,
    )
    write_folder(place, build(policy, settings, server, crls))
    command = [program, "-f", "-d", str(place)]
    with _running(command, {LOOPBACK.secret_variable: secret, **clock}) as log:
        address = RadiusServer(address="127.0.0.1", port=port, secret=Secret(secret))
        yield LocalRadius(address, log, folder / "devices", clock, sites)


def _settings(policy: Policy, sites: Mapping[str, str], port: int) -> Settings:
    """On loopback, where each site asks from an address of its own."""
    return Settings(
        clients=(LOOPBACK, *(replace(LOOPBACK, name=n, addresses=(a,)) for n, a in sites.items())),
        addresses=("127.0.0.1",),
        port=port,
        tls_minimum=policy.radius.tls.minimum,
        reject_delay=0,
    )


@contextmanager
def _running(command: list[str], environment: Mapping[str, str]) -> Iterator[deque[str]]:
    """The program, ready to process requests, until the block ends; its log grows as it runs."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
    )
    log: deque[str] = deque(maxlen=400)
    ready = threading.Event()
    reader = threading.Thread(target=_drain, args=(process, log, ready), daemon=True)
    reader.start()
    try:
        _await(process, log, ready)
        yield log
    finally:
        process.terminate()
        process.wait()
        reader.join()
        if process.stdout is not None:
            process.stdout.close()


def _drain(process: subprocess.Popen[str], log: deque[str], ready: threading.Event) -> None:
    for line in process.stdout or ():
        log.append(line.rstrip())
        if "Ready to process requests" in line:
            ready.set()
    ready.set()  # the end of the output wakes the waiter as well


def _await(process: subprocess.Popen[str], log: deque[str], ready: threading.Event) -> None:
    started = ready.wait(timeout=_START_SECONDS) and any("Ready to process" in line for line in log)
    if not started:
        arguments = process.args if isinstance(process.args, list) else []
        msg = f"FreeRADIUS did not start: {_complaint([str(a) for a in arguments]) or list(log)[-1:]}"
        raise EapolError(msg, hint="run 'freeradius -X -d FOLDER' on the generated folder")


def _complaint(command: list[str]) -> str:
    """What is wrong with the configuration: the server says it in debugging mode only."""
    checked = subprocess.run(
        [command[0], "-X", "-C", *command[2:]],
        env={LOOPBACK.secret_variable: "checked"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_START_SECONDS,
    )
    lines = [line.strip() for line in checked.stdout.splitlines() if line.strip()]
    return "" if checked.returncode == 0 else " | ".join(lines[-3:])


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
