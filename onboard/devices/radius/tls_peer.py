"""The TLS of a device that does EAP-TLS, without a socket: bytes in, bytes out; it judges the server."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from onboard.devices.errors import RadiusError
from onboard.devices.radius.tls_flight import certificates_of
from onboard.devices.scep.ca_certificates import chains_to
from onboard.devices.scep.client import Identity

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
Judge = Callable[[x509.Certificate], str]
"""Why a server is refused although its chain is trusted; empty where it is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a device demands of the server."""

    anchors: Sequence[x509.Certificate] = field(repr=False)
    judge: Judge
    minimum: str = "1.2"  # "1.2" or "1.3"; older versions are not spoken here
    maximum: str = "1.3"


class TlsPeer:
    """One handshake.

    Attributes:
        refusal: why the device ended it; empty while it did not.
        alert: what the server said against the device; empty while it said nothing.
        server: certificates of the server as it sent them, its own first (TLS 1.3: its own alone).
    """

    def __init__(
        self, trust: Trust, identity: Identity, chain: Sequence[x509.Certificate], folder: Path
    ) -> None:
        """Ready to begin.

        Args:
            trust: the device's demands.
            identity: what it offers.
            chain: what it holds besides; issuers below the root are sent along.
            folder: private; the key lies there while it is loaded, and no longer.

        Raises:
            RadiusError: OpenSSL takes neither the certificate nor these versions.
        """
        self.refusal = self.alert = ""
        self.server: tuple[x509.Certificate, ...] = ()
        self._judge = trust.judge
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._received = b""
        self._is_done = False
        context = _context(trust)
        _load(context, identity, chain, folder)
        self._tls = context.wrap_bio(self._incoming, self._outgoing)

    @property
    def version(self) -> str:
        """Such as "1.2"; empty before it was negotiated."""
        return (self._tls.version() or "").removeprefix("TLSv")

    def step(self, received: bytes) -> bytes:
        """Take a flight of the server (none at first), give the device's next one.

        After a refusal by OpenSSL that is an alert. After one by the judge it is nothing at all: the flight
        that is ready would show the device's certificate to a server that should not see it.
        """
        self._incoming.write(received)
        self._received += received
        try:
            self._advance()
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        except ssl.SSLCertVerificationError as error:
            self.refusal = error.verify_message
        except ssl.SSLError as error:
            reason = (error.reason or str(error)).lower().replace("_", " ")
            if "alert" in reason:
                self.alert = f"TLS alert: {reason.partition('alert ')[2]}"
            else:
                self.refusal = reason
        ready = self._outgoing.read()
        if not self.server and self._look() and not self.refusal:
            self.refusal = self._judge(self.server[0])
            return b"" if self.refusal else ready
        return ready

    def _advance(self) -> None:
        if not self._is_done:
            self._tls.do_handshake()
            self._is_done = True
        while self._tls.read(4096):  # session tickets; one octet of success (RFC 9190 §2.5)
            pass

    def _look(self) -> bool:
        self.server = certificates_of(self._received)
        if not self.server:
            with suppress(ValueError):  # the handshake is not done
                der = self._tls.getpeercert(binary_form=True)
                self.server = (x509.load_der_x509_certificate(der),) if der else ()
        return bool(self.server)


def _context(trust: Trust) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # a network has no host name; the judge knows the names
    context.minimum_version = _VERSIONS[max(trust.minimum, "1.2")]
    context.maximum_version = _VERSIONS[max(trust.maximum, "1.2")]
    context.load_verify_locations(cadata=b"".join(c.public_bytes(Encoding.DER) for c in trust.anchors))
    return context


def _load(
    context: ssl.SSLContext, identity: Identity, chain: Sequence[x509.Certificate], folder: Path
) -> None:
    """Python's ssl takes keys from files only."""
    sent = [c for c in chain if c.issuer != c.subject and chains_to(identity.certificate, c, chain)]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / "identity.pem"
    place.touch(mode=0o600)
    try:
        key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        certificates = dict.fromkeys((identity.certificate, *sent))
        place.write_bytes(key + b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
        context.load_cert_chain(place)
    except ssl.SSLError as error:
        msg = f"the device's certificate cannot be used for TLS: {error.reason or error}"
        raise RadiusError(msg) from error
    finally:
        place.unlink()
