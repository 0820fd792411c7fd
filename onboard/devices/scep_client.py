"""The SCEP client of the simulated devices (RFC 8894): discover, enrol, renew, and believe nothing unchecked.

It shares no code with the server, so that the two can only agree by both following the RFC.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from onboard.devices.ca_certificates import (
    Fingerprint,
    RegistrationAuthority,
    choose_ra,
    parse_ca_certificates,
    parse_degenerate,
)
from onboard.devices.csr import CertificateRequest, build_csr
from onboard.devices.envelope import open_envelope, seal
from onboard.devices.errors import (
    FailInfo,
    ReplyRejectedError,
    ScepFailureError,
    ScepPendingError,
    ScepTransportError,
)
from onboard.devices.request_shape import RequestShape, SignerCertificate, TransactionId
from onboard.devices.scep_http import PKI_MESSAGE, HttpReply, ScepHttp
from onboard.devices.signed_message import ReplyAttributes, sign_message, verify_reply
from onboard.devices.signer_certificate import make_signer_certificate

PKCS_REQ = 19
RENEWAL_REQ = 17
_CERT_REP = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What a SCEP server said of itself, and whom this client chose to believe."""

    capabilities: frozenset[str]
    authority: RegistrationAuthority


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An issued certificate with its key, and what else the reply held."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
    others: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRequest:
    """A pkiMessage ready to send (again), and what its reply must show."""

    message: bytes = field(repr=False)
    transaction_id: str
    sender_nonce: bytes
    signing_key: rsa.RSAPrivateKey = field(repr=False)  # the reply is sealed to it
    subject_key: rsa.RSAPrivateKey = field(repr=False)  # the certificate must be for it


@dataclass(frozen=True, slots=True, kw_only=True)
class ScepClient:
    """A client of one family at one URL.

    Args:
        url: of the artifact, unchanged; `shape` may append to it, `client` decides where it leads.
        client: an httpx client; its transport is the only thing a rehearsal redirects.
        shape: the family.
        now: the device's clock, aware UTC; a rehearsal may live in the future.
        identifier: the CA identifier of the artifact (Apple's Name); empty for the family's own.
        random: bytes; tests may repeat them.
    """

    url: str
    client: httpx.Client
    shape: RequestShape
    now: datetime
    identifier: str = ""
    random: Callable[[int], bytes] = os.urandom

    def discover(self, pin: Fingerprint | None, held: Sequence[x509.Certificate] = ()) -> Endpoint:
        """GetCACaps and GetCACert; the CA must match `pin`.

        Raises:
            ScepTransportError: no usable answer.
            CaUntrustedError: the pinned CA is not there.
            RaSelectionError: no RA that this family can use.
        """
        capabilities = self.get_ca_caps()
        reply = self._http.get("GetCACert")
        received = parse_ca_certificates(reply.body, reply.content_type)
        return Endpoint(
            capabilities=capabilities, authority=choose_ra(received, self.shape.ra_rule, pin, held)
        )

    def get_ca_caps(self) -> frozenset[str]:
        """The capabilities as this family reads them (§3.5.2); raises ScepTransportError."""
        text = self._http.get("GetCACaps").body.decode("latin-1")
        lines = text.split("\n")
        return frozenset(lines if self.shape.exact_capabilities else (line.strip() for line in lines)) - {""}

    def enroll(self, endpoint: Endpoint, request: CertificateRequest, key: rsa.RSAPrivateKey) -> Identity:
        """PKCSReq for a new key.

        Raises:
            ScepFailureError: refused, with failInfo.
            ScepPendingError: to be approved.
            ReplyRejectedError: a reply that must not be believed.
            ScepTransportError: no usable answer.
        """
        return self.send(endpoint, self.prepare(endpoint, request, key))

    def renew(
        self, endpoint: Endpoint, request: CertificateRequest, key: rsa.RSAPrivateKey, current: Identity
    ) -> Identity:
        """A new certificate under the current one: RenewalReq, or PKCSReq where the family does that.

        Raises:
            ScepTransportError: also where the server does not advertise Renewal; as for `enroll` otherwise.
        """
        if "Renewal" not in endpoint.capabilities and "SCEPStandard" not in endpoint.capabilities:
            msg = f"{self.url} does not advertise Renewal, so {self.shape.name} would not renew"
            raise ScepTransportError(msg)
        return self.send(endpoint, self.prepare(endpoint, request, key, current=current))

    def prepare(
        self,
        endpoint: Endpoint,
        request: CertificateRequest,
        key: rsa.RSAPrivateKey,
        *,
        current: Identity | None = None,
        message_type: int | None = None,
    ) -> PreparedRequest:
        """Build the pkiMessage; sending it twice is a retransmission.

        Args:
            endpoint: what `discover` found.
            request: subject, names, challenge.
            key: the new key.
            current: the identity that signs, for a renewal.
            message_type: 17 or 19 against the family's habit.
        """
        shape = self.shape
        csr = build_csr(request, key, utf8=shape.utf8_subject, version=shape.version)
        signing_key, certificate = self._signer(request, key, current)
        default = PKCS_REQ if current is None else shape.renewal_message
        transaction_id, nonce = self._transaction_id(key), self.random(shape.nonce_bytes)
        message = sign_message(
            seal(
                csr,
                endpoint.authority.recipient,
                cipher=shape.cipher(endpoint.capabilities),
                transport=shape.key_transport,
                quirk=shape.ber,
                random=self.random,
            ),
            message_type=default if message_type is None else message_type,
            transaction_id=transaction_id,
            sender_nonce=nonce,
            key=signing_key,
            certificate=certificate,
            digest=shape.digest(endpoint.capabilities),
            quirk=shape.ber,
        )
        return PreparedRequest(
            message=message,
            transaction_id=transaction_id,
            sender_nonce=nonce,
            signing_key=signing_key,
            subject_key=key,
        )

    def send(self, endpoint: Endpoint, prepared: PreparedRequest) -> Identity:
        """PKIOperation, by POST where this family and the server do; raises as `enroll`."""
        post = self.shape.post and not endpoint.capabilities.isdisjoint({"POSTPKIOperation", "SCEPStandard"})
        reply = self._http.post(prepared.message) if post else self._http.get_message(prepared.message)
        return self._accept(reply, endpoint, prepared)

    @property
    def _http(self) -> ScepHttp:
        return ScepHttp(url=self.url, client=self.client, shape=self.shape, identifier=self.identifier)

    def _signer(
        self, request: CertificateRequest, key: rsa.RSAPrivateKey, current: Identity | None
    ) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
        if current is not None:
            return current.key, current.certificate
        kind = self.shape.signer
        if kind is SignerCertificate.SEPARATE_KEY:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        certificate = make_signer_certificate(
            request,
            key,
            kind,
            now=self.now,
            serial=int.from_bytes(self.random(15), "big") + 1,
            utf8=self.shape.utf8_subject,
        )
        return key, certificate

    def _transaction_id(self, key: rsa.RSAPrivateKey) -> str:
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        match self.shape.transaction_id:
            case TransactionId.SHA1_UPPER_HEX:
                return hashlib.sha1(spki, usedforsecurity=False).hexdigest().upper()
            case TransactionId.SHA1_LOWER_HEX:
                return hashlib.sha1(spki, usedforsecurity=False).hexdigest()
            case TransactionId.SHA256_DECIMAL:
                return str(int.from_bytes(hashlib.sha256(spki).digest(), "big"))
            case TransactionId.MD5_UPPER_HEX:
                return hashlib.md5(spki, usedforsecurity=False).hexdigest().upper()

    def _accept(self, reply: HttpReply, endpoint: Endpoint, prepared: PreparedRequest) -> Identity:
        if reply.content_type != PKI_MESSAGE:
            msg = f"PKIOperation: the content type is {reply.content_type!r}, not {PKI_MESSAGE}"
            raise ScepTransportError(msg)
        attributes = verify_reply(reply.body, endpoint.authority.signer)
        _check_belongs(attributes, prepared)
        _check_status(attributes)
        content = open_envelope(attributes.content, prepared.signing_key)
        try:
            certificates = parse_degenerate(content)
        except (ValueError, TypeError) as error:
            msg = f"the reply holds no certificates: {error}"
            raise ReplyRejectedError(msg) from error
        return self._identity(certificates, prepared.subject_key)

    def _identity(self, certificates: Sequence[x509.Certificate], key: rsa.RSAPrivateKey) -> Identity:
        wanted = key.public_key()
        candidates = certificates[:1] if self.shape.leaf_first else certificates
        found = next((c for c in candidates if c.public_key() == wanted), None)
        if found is None:
            place = "first certificate" if self.shape.leaf_first else "reply"
            msg = f"the {place} is not for the key of the request (mismatching public keys)"
            raise ReplyRejectedError(msg, hint="answer with the issued certificate alone")
        return Identity(certificate=found, key=key, others=tuple(c for c in certificates if c != found))


def _check_belongs(attributes: ReplyAttributes, prepared: PreparedRequest) -> None:
    if attributes.message_type != _CERT_REP:
        msg = f"messageType is {attributes.message_type!r}, not 3 (CertRep)"
        raise ReplyRejectedError(msg)
    if attributes.transaction_id != prepared.transaction_id:
        msg = "the reply belongs to another transaction"
        raise ReplyRejectedError(msg)
    if not hmac.compare_digest(attributes.recipient_nonce, prepared.sender_nonce):
        msg = "recipientNonce is not the senderNonce of the request"
        raise ReplyRejectedError(msg)
    if not attributes.sender_nonce or attributes.sender_nonce == prepared.sender_nonce:
        msg = "senderNonce is absent or echoed; §3.2.1.5 demands a fresh one"
        raise ReplyRejectedError(msg)


def _check_status(attributes: ReplyAttributes) -> None:
    match attributes.pki_status:
        case "0":
            return
        case "2":
            if attributes.fail_info not in {str(info.value) for info in FailInfo}:
                msg = f"pkiStatus is FAILURE and failInfo {attributes.fail_info!r} is no code of §3.2.1.4"
                raise ReplyRejectedError(msg)
            raise ScepFailureError(FailInfo(int(attributes.fail_info)), attributes.fail_info_text)
        case "3":
            raise ScepPendingError(attributes.transaction_id)
    msg = f"pkiStatus is {attributes.pki_status!r}, which is none of 0, 2 and 3"
    raise ReplyRejectedError(msg)
