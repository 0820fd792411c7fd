"""The stages a request passes through, and the kinds of reply, as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from scep_server.algorithms import ContentCipher, DigestAlgorithm, KeyTransport
from scep_server.cms import CertificateIdentity, SignedData, identify
from scep_server.messages import FailInfo, MessageType, TransactionID
from scep_server.publickeys import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A pair that may open envelopes and sign replies: an RA, or a CA that answers for itself.

    Build it once and keep it: what every request needs of the certificate is computed here.

    Raises:
        ValueError: the key does not belong to the certificate.

    Attributes:
        certificate: the RA's or CA's.
        key: its private key.
        identity: what a recipientInfo may call it.
        key_identifiers: the other way to call it.
    """

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
    identity: CertificateIdentity = field(init=False, repr=False)
    key_identifiers: tuple[bytes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.certificate.public_key() != self.key.public_key():
            raise ValueError("the key of this recipient does not belong to its certificate")
        identity = identify(self.certificate.public_bytes(Encoding.DER))
        object.__setattr__(self, "identity", identity)
        object.__setattr__(self, "key_identifiers", identity.key_identifiers)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A pkiMessage that was parsed and is bounded; nothing in it is verified.

    Attributes:
        message_type: never CERT_REP.
        transaction_id: 1 to 255 printable ASCII characters.
        sender_nonce: as sent, 0 (absent) to 64 octets.
        signer_der: the certificate that signerInfo points at, often self-signed. Never parsed as X.509: the
            one that certmonger makes for itself has "@" in a PrintableString, which strict readers refuse.
        digest: of the message; None where the OID is unknown.
        digest_oid: as sent.
        signer_identity: what the reply's recipientInfo calls the signer.
        signed_data: the message that `verify` judges.
    """

    message_type: MessageType
    transaction_id: TransactionID
    sender_nonce: bytes
    signer_der: bytes = field(repr=False)
    digest: DigestAlgorithm | None
    digest_oid: str
    signer_identity: CertificateIdentity = field(repr=False)
    signed_data: SignedData = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRequest(SignedRequest):
    """The same after its outer signature was verified: it came whole from whoever holds the signer's key.

    Attributes:
        signer_key: the public key that verified it, and that the reply is encrypted to.
    """

    signer_key: PublicKey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRequest:
    """A verified request with its envelope opened; whether anything sensible was inside shows in the payload.

    Attributes:
        request: the verified request.
        recipient: our pair that it was addressed to; rollover chooses the issuing CA by it (RFC 8894 §4.7).
        content_encryption: mirrored in the reply.
        key_transport: mirrored in the reply.
        payload: plaintext; read it with `payload_csr` and its siblings.
        intact: whether the padding was right; they refuse the payload otherwise, once all work is done.
    """

    request: VerifiedRequest
    recipient: Recipient
    content_encryption: ContentCipher
    key_transport: KeyTransport
    payload: bytes = field(repr=False)
    intact: bool = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerAndSerial:
    """IssuerAndSerialNumber of GetCert and GetCRL (RFC 8894 §3.3.4, §3.3.5)."""

    issuer: bytes  # DER Name
    serial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerAndSubject:
    """IssuerAndSubject of CertPoll (RFC 8894 §3.3.3).

    Apple may name the RA as issuer, so a poll is matched by transactionID and signer.
    """

    issuer: bytes  # DER Name
    subject: bytes  # DER Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """SUCCESS: the issued certificate (leaf first, and as a rule alone), or the CRL that GetCRL asked for."""

    certificates: tuple[bytes, ...] = ()  # DER
    crl: bytes | None = None  # DER


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """FAILURE; `text` becomes failInfoText."""

    fail_info: FailInfo
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """PENDING: the client polls with the same transactionID."""


CertRep = Success | Failure | Pending
