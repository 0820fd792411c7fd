"""What is not in the organization: where the server listens, its certificate, and who may ask it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from onboard.errors import OnboardError, PkiError
from onboard.model import Radius, RadiusClient
from onboard.secret import SecretSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """The RADIUS server's certificate with its key."""

    chain: tuple[x509.Certificate, ...]  # the server's own first, then its issuers without the root
    key: bytes = field(repr=False)  # PKCS#8, PEM, not encrypted


def load_server(chain: bytes, key: bytes, source: str) -> ServerCertificate:
    """A server certificate from PEM files.

    Args:
        chain: the server's certificate, then its issuers.
        key: its private key, not encrypted: FreeRADIUS must read it unattended.
        source: named in complaints.

    Raises:
        PkiError: one of the two is not what it should be.
    """
    try:
        certificates = tuple(x509.load_pem_x509_certificates(chain))
        private = load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"{source}: certificate and key must be PEM, the key not encrypted"
        raise PkiError(msg) from error
    return ServerCertificate(
        chain=certificates, key=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The access points, switches and controllers of one site; their secret is read from the environment."""

    name: str
    addresses: tuple[str, ...]  # addresses or networks
    secret_variable: str  # name of an environment variable of the server's process
    secret_file: str = ""  # whence that variable is filled, where the org names a file

    @classmethod
    def of(cls, client: RadiusClient) -> Client:
        """The client as the org has it."""
        if client.secret.source is SecretSource.ENV:
            return cls(name=client.name, addresses=client.addresses, secret_variable=client.secret.name)
        return cls(
            name=client.name,
            addresses=client.addresses,
            secret_variable="RADIUS_SECRET_" + re.sub(r"[^A-Z0-9]", "_", client.name.upper()),
            secret_file=client.secret.name,
        )


# A name that no site of an org can have.
LOOPBACK = Client(name="_loopback", addresses=("127.0.0.1", "::1"), secret_variable="RADIUS_SECRET")  # noqa: S106  a name, not a secret


def clients_of(radius: Radius) -> tuple[Client, ...]:
    """Every client that the org names.

    Raises:
        OnboardError: two secrets from files would share a variable.
    """
    clients = tuple(Client.of(client) for client in radius.clients)
    owners: dict[str, Client] = {}
    for client in clients:
        other = owners.setdefault(client.secret_variable, client)
        if other.secret_file != client.secret_file:
            msg = f"the secrets of {other.name} and {client.name} would both be {client.secret_variable}"
            raise OnboardError(msg, hint="write env:NAME for one of them")
    return clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The server's surroundings."""

    clients: tuple[Client, ...] = (LOOPBACK,)
    addresses: tuple[str, ...] = ("*",)  # to listen at
    port: int = 1812  # accounting is not served
    tls_minimum: str = "1.2"
    tls_maximum: str = "1.2"  # 1.3 makes Apple demand a stapled OCSP answer, which FreeRADIUS 3.2 cannot give
    ocsp: bool = False  # ask the responder named in each certificate, besides the CRL
    ocsp_url: str = ""  # ask there instead
    crl_reload_seconds: int = 300  # FreeRADIUS takes no less
    reject_delay: int = 1  # seconds; slows guessers down
    folder: str = "/etc/onboard/radius"  # where the configuration will lie; FreeRADIUS wants it absolute
