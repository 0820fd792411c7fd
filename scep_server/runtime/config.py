"""What a server is started with, as one value: keys are loaded, secrets resolved by the caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from scep_server.forwarding import Sender
from scep_server.http.exchange import ASGIApp
from scep_server.limits import Network, Rate
from scep_server.reporting import CheckpointSigner, Format
from scep_server.service import Endpoint
from scep_server.service.publishing import PublishedAuthority
from scep_server.store import Store
from scep_server.weakkeys import NOTHING_KNOWN, KnownWeak


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM files of a certificate chain and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What can change while a server runs: keys and certificates, not names.

    Attributes:
        endpoints, authorities: as of `ServerConfig`.
    """

    endpoints: tuple[Endpoint, ...]
    authorities: tuple[PublishedAuthority, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """Where the audit trail goes.

    Attributes:
        name: of its files in the folder of outboxes.
        form: of the lines.
        make_sender: makes what sends them, in the process that sends.
    """

    name: str
    form: Format
    make_sender: Callable[[], Sender]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What leaves this machine of the audit trail.

    Attributes:
        folder: of outboxes and the newest checkpoint; exists.
        signer: of checkpoints; None: there are none.
        sinks: who gets events and checkpoints.
        checkpoint_seconds: from one checkpoint to the next; there is one at the end besides.
    """

    folder: Path
    signer: CheckpointSigner | None = None
    sinks: tuple[Sink, ...] = ()
    checkpoint_seconds: float = 3600.0


class Refresh(Protocol):
    """Asked by each worker, in a thread, whether there are new keys."""

    def __call__(self, *, leads: bool) -> Served | None:
        """What is served from now on; None: nothing has changed.

        Args:
            leads: of one worker alone: whether to renew what nears its end. The others find what it made.
        """
        ...


def system_clock() -> datetime:
    """The clock of this machine, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Everything a worker needs; it is handed to forked workers as it is.

    Attributes:
        endpoints: served at `/scep/GROUP`; none where SCEP is served elsewhere.
        authorities: published; None: CRLs, OCSP and issuer certificates are served elsewhere.
        open_store: opens the store; called once in each worker.
        pepper: key of the challenges' digests, 32 random octets from the state folder.
        per_address: requests of one address that lead to private-key operations; None: no limit.
        per_group: certificates of one group; None: no limit.
        trusted_proxies: whose X-Forwarded-For is believed.
        prefix: path of the public URL, such as `/pki`; empty for none.
        metrics_token: lets its bearer read `/metrics` from anywhere.
        make_fallback: makes the application for all other paths, in each worker; None: 404.
        tls: serve https.
        clock: now, aware UTC; a rehearsal plays in the future.
        refresh: brings new keys while the server runs; None: keys stay as they are.
        refresh_seconds: between two questions.
        reporting: what leaves this machine of the audit trail; None: nothing does.
        known_weak: keys that are never certified.
    """

    endpoints: tuple[Endpoint, ...]
    authorities: tuple[PublishedAuthority, ...] | None = None
    open_store: Callable[[], Store]
    pepper: bytes = field(repr=False)
    per_address: Rate | None = None
    per_group: Rate | None = None
    trusted_proxies: tuple[Network, ...] = ()
    prefix: str = ""
    metrics_token: str = field(default="", repr=False)
    make_fallback: Callable[[], ASGIApp] | None = None
    tls: Tls | None = None
    clock: Callable[[], datetime] = system_clock
    refresh: Refresh | None = None
    refresh_seconds: float = 60.0
    reporting: Reporting | None = None
    known_weak: KnownWeak = field(default=NOTHING_KNOWN, repr=False)
