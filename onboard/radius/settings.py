"""What is not in the organization: where the server listens, its certificate, and who may ask it."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """The RADIUS server's certificate with its key."""

    chain: tuple[x509.Certificate, ...]  # the server's own first, then its issuers without the root
    key: bytes = field(repr=False)  # PKCS#8, PEM, not encrypted


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An access point, switch or controller that may ask; its secret is read from the environment."""

    name: str
    addresses: tuple[str, ...]  # addresses or networks
    secret_variable: str  # name of an environment variable of the server's process


LOOPBACK = Client(name="loopback", addresses=("127.0.0.1", "::1"), secret_variable="RADIUS_SECRET")  # noqa: S106  a name, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The server's surroundings."""

    clients: tuple[Client, ...] = (LOOPBACK,)
    addresses: tuple[str, ...] = ("*",)  # to listen at
    port: int = 1812  # accounting is not served
    tls_maximum: str = "1.2"  # 1.3 makes Apple demand a stapled OCSP answer, which FreeRADIUS 3.2 cannot give
    crl_reload_seconds: int = 300
    reject_delay: int = 1  # seconds; slows guessers down
    folder: str = "/etc/onboard/radius"  # where the configuration will lie; FreeRADIUS wants it absolute
