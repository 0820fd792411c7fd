"""The SCEP client of the simulated devices (RFC 8894): discover, enrol, renew, and believe nothing unchecked.

It shares no code with the server, so that the two can only agree by both following the RFC.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from onboard.devices.errors import ReplyRejectedError, ScepTransportError
from onboard.devices.scep.ca_certificates import (
    Fingerprint,
    choose_ra,
    parse_ca_certificates,
    parse_degenerate,
)
from onboard.devices.scep.csr import CertificateRequest, build_csr, issuer_and_subject
from onboard.devices.scep.envelope import open_envelope
from onboard.devices.scep.http import PKI_MESSAGE, HttpReply, ScepHttp
from onboard.devices.scep.pki_message import Endpoint, PreparedRequest, Signer, write_message
from onboard.devices.scep.reply import check_belongs, check_status
from onboard.devices.scep.request_shape import RequestShape, SignerCertificate, TransactionId
from onboard.devices.scep.signed_message import verify_reply
from onboard.devices.scep.signer_certificate import make_signer_certificate

PKCS_REQ = 19
RENEWAL_REQ = 17
CERT_POLL = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An issued certificate with its key, and what else the reply held."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)
    others: tuple[x509.Certificate, ...] = ()


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
        return self.shape.read_capabilities(self._http.get("GetCACaps").body)

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
        default = PKCS_REQ if current is None else shape.renewal_message
        return write_message(
            build_csr(request, key, utf8=shape.utf8_subject, version=shape.version),
            shape=shape,
            endpoint=endpoint,
            message_type=default if message_type is None else message_type,
            transaction_id=self._transaction_id(key),
            signer=self._signer(request, key, current),
            subject_key=key,
            random=self.random,
        )

    def poll(self, endpoint: Endpoint, request: CertificateRequest, waiting: PreparedRequest) -> Identity:
        """CertPoll (§3.3.3): ask for what a request answered PENDING is to become; raises as `enroll`.

        Args:
            endpoint: what `discover` found.
            request: whose subject is asked for.
            waiting: the request; a poll has its transaction and its signer.
        """
        shape, authority = self.shape, endpoint.authority
        issuer = authority.recipient if shape.polls_for_ra else authority.ca
        poll = write_message(
            issuer_and_subject(issuer, request.subject, utf8=shape.utf8_subject),
            shape=shape,
            endpoint=endpoint,
            message_type=CERT_POLL,
            transaction_id=waiting.transaction_id,
            signer=waiting.signer,
            subject_key=waiting.subject_key,
            random=self.random,
        )
        return self.send(endpoint, poll)

    def send(self, endpoint: Endpoint, prepared: PreparedRequest) -> Identity:
        """PKIOperation, by POST where this family and the server do; raises as `enroll`."""
        post = self.shape.posts(endpoint.capabilities)
        reply = self._http.post(prepared.message) if post else self._http.get_message(prepared.message)
        return self._accept(reply, endpoint, prepared)

    @property
    def _http(self) -> ScepHttp:
        return ScepHttp(url=self.url, client=self.client, shape=self.shape, identifier=self.identifier)

    def _signer(
        self, request: CertificateRequest, key: rsa.RSAPrivateKey, current: Identity | None
    ) -> Signer:
        if current is not None:
            return Signer(key=current.key, certificate=current.certificate)
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
        return Signer(key=key, certificate=certificate)

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
        check_belongs(attributes, prepared.transaction_id, prepared.sender_nonce)
        check_status(attributes)
        content = open_envelope(attributes.content, prepared.signer.key)
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
