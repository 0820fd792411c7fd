"""What an examination is given, and what each client has learnt of the server so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from onboard.devices.scep.ca_certificates import Fingerprint, RegistrationAuthority
from onboard.devices.scep.csr import CertificateRequest
from onboard.devices.scep.pki_message import Endpoint
from onboard.devices.scep.request_shape import RequestShape
from onboard.doctor.clients import Client
from onboard.doctor.line import Answer, Line

Tickets = Callable[[str], CertificateRequest | None]
"""A request with a challenge for a name: the same name gives the same subject; None: no challenge is left."""


def new_key() -> rsa.RSAPrivateKey:
    """RSA-2048, what every family makes."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One examination of one URL.

    Attributes:
        line: the way to the server.
        tls_trouble: by (newest version is 1.2, verify): why a handshake fails, or empty.
        now: aware UTC.
        random: bytes.
        pin: what the certificates of GetCACert must show, where somebody knows it.
        tickets: None examines without enrolling.
        new_key: what a client makes for each enrolment.
        progress: called with what is being done.
    """

    line: Line
    tls_trouble: Callable[[bool, bool], str]
    now: datetime
    random: Callable[[int], bytes]
    pin: Fingerprint | None = None
    tickets: Tickets | None = field(default=None, repr=False)
    new_key: Callable[[], rsa.RSAPrivateKey] = new_key
    progress: Callable[[str], None] = lambda _: None

    @property
    def url(self) -> str:
        """Of the endpoint, as the administrator gave it."""
        return self.line.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one client got from GetCACaps and GetCACert.

    Attributes:
        client: the family.
        old: whether it goes on in HTTP/1.0.
        caps: answer to GetCACaps.
        ca: answer to GetCACert.
        capabilities: as this family reads them.
        certificates: of GetCACert in the order sent; empty where they cannot be read.
        authority: whom this family would talk to; None where it finds nobody.
        trouble: why `authority` is not what the family's own rule chose, or is None.
        detour: what came at the client's own path or in its version of HTTP, where that was no success and
            the examination goes on without.
    """

    client: Client
    old: bool = False
    caps: Answer = field(repr=False)
    ca: Answer = field(repr=False)
    capabilities: frozenset[str]
    certificates: tuple[x509.Certificate, ...] = field(repr=False)
    authority: RegistrationAuthority | None = field(repr=False)
    trouble: str = ""
    detour: Answer | None = field(default=None, repr=False)

    @property
    def shape(self) -> RequestShape:
        """How this family writes its messages."""
        return self.client.shape

    @property
    def posts(self) -> bool:
        """Whether this family sends PKIOperation by POST here."""
        return self.shape.posts(self.capabilities)

    @property
    def algorithms(self) -> str:
        """What this family sends here, for a person."""
        shape, capabilities = self.shape, self.capabilities
        cipher, digest = shape.cipher(capabilities), shape.digest(capabilities)
        return f"{shape.key_transport.value}, {cipher.value}, {digest.value}"

    @property
    def endpoint(self) -> Endpoint:
        """As the simulated client wants it; only where there is an authority."""
        if self.authority is None:
            msg = "no RA certificate was found"
            raise ValueError(msg)
        return Endpoint(capabilities=self.capabilities, authority=self.authority)
