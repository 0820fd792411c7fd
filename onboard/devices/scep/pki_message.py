"""A pkiMessage as a family writes it: sealed and signed by what the server advertises (RFC 8894 §3.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from onboard.devices.scep.ca_certificates import RegistrationAuthority
from onboard.devices.scep.envelope import seal
from onboard.devices.scep.request_shape import RequestShape
from onboard.devices.scep.signed_message import sign_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What a SCEP server said of itself, and whom this client chose to believe."""

    capabilities: frozenset[str]
    authority: RegistrationAuthority


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs a pkiMessage: with the old certificate for a renewal, else with one made for the purpose."""

    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRequest:
    """A pkiMessage ready to send (again), and what its reply must show."""

    message: bytes = field(repr=False)
    transaction_id: str
    sender_nonce: bytes
    signer: Signer  # the reply is sealed to its key
    subject_key: rsa.RSAPrivateKey = field(repr=False)  # the certificate must be for it


def write_message(
    content: bytes,
    *,
    shape: RequestShape,
    endpoint: Endpoint,
    message_type: int,
    transaction_id: str,
    signer: Signer,
    subject_key: rsa.RSAPrivateKey,
    random: Callable[[int], bytes],
) -> PreparedRequest:
    """Seal `content` to the endpoint's RA and sign it.

    Args:
        content: what the message type carries (§3.3), such as a PKCS#10.
        shape: the family.
        endpoint: whom it goes to.
        message_type: of §3.2.1.2.
        transaction_id: of §3.2.1.1.
        signer: the reply is sealed to its key.
        subject_key: of the certificate that is wanted.
        random: bytes, for the nonce and the envelope.
    """
    nonce = random(shape.nonce_bytes)
    envelope = seal(
        content,
        endpoint.authority.recipient,
        cipher=shape.cipher(endpoint.capabilities),
        transport=shape.key_transport,
        quirk=shape.ber,
        random=random,
    )
    message = sign_message(
        envelope,
        message_type=message_type,
        transaction_id=transaction_id,
        sender_nonce=nonce,
        key=signer.key,
        certificate=signer.certificate,
        digest=shape.digest(endpoint.capabilities),
        quirk=shape.ber,
    )
    return PreparedRequest(
        message=message,
        transaction_id=transaction_id,
        sender_nonce=nonce,
        signer=signer,
        subject_key=subject_key,
    )
