"""A SCEP responder for tests of the simulated client: it can answer rightly, or wrongly in one chosen way.

Made of `cryptography`, asn1crypto and hand-set bytes; no line of the real server is in it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from support.scep_certificates import KEYS, certificate, common_name, degenerate
from support.scep_received import SCEP_ATTRIBUTES, Received, read_request

from onboard.devices.scep import der, envelope
from onboard.devices.scep.request_shape import BerQuirk, Cipher, KeyTransport


@dataclass
class Responder:
    """An EC root, an EC issuing CA and an RSA RA behind an httpx transport."""

    capabilities: bytes = b"AES\nPOSTPKIOperation\nRenewal\nSHA-256\nSHA-512\nSCEPStandard\nDES3\n"
    status: str = "0"
    fail_info: str = "2"
    fail_info_text: str = ""
    content_type: str = "application/x-pki-message"
    reply_cipher: Cipher = Cipher.AES_128
    break_reply: Callable[[dict[str, bytes]], None] = lambda attributes: None
    certificates: Callable[[x509.Certificate], list[x509.Certificate]] = lambda leaf: [leaf]
    damage: Callable[[bytes], bytes] = lambda reply: reply
    sign_with: int = 0  # index of KEYS: 0 is the RA's
    served: list[x509.Certificate] | None = None
    requests: list[httpx.Request] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root_key, self.ca_key = (
            ec.generate_private_key(ec.SECP256R1()),
            ec.generate_private_key(ec.SECP256R1()),
        )
        signs = ("key_cert_sign", "crl_sign")
        self.root = certificate(
            "Root", self.root_key.public_key(), "Root", self.root_key, ca=True, usage=signs, serial=1
        )
        self.ca = certificate(
            "Issuing", self.ca_key.public_key(), "Root", self.root_key, ca=True, usage=signs, serial=2
        )
        self.ra = certificate(
            "RA",
            KEYS[0].public_key(),
            "Issuing",
            self.ca_key,
            usage=("digital_signature", "key_encipherment"),
            serial=3,
        )

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        query = dict(part.partition("=")[::2] for part in request.url.query.decode().split("&"))
        match query["operation"]:
            case "GetCACaps":
                return httpx.Response(200, content=self.capabilities)
            case "GetCACert":
                return self._certificates()
        body = request.content if request.method == "POST" else base64.b64decode(unquote(query["message"]))
        return httpx.Response(
            200,
            content=self.damage(self._reply(self.read(body))),
            headers={"content-type": self.content_type},
        )

    def _certificates(self) -> httpx.Response:
        served = [self.ra, self.ca, self.root] if self.served is None else self.served
        if len(served) == 1:
            kind, body = "application/x-x509-ca-cert", served[0].public_bytes(Encoding.DER)
        else:
            kind, body = "application/x-x509-ca-ra-cert", degenerate(served)
        return httpx.Response(200, content=body, headers={"content-type": kind})

    def read(self, message: bytes) -> Received:
        received = read_request(message, KEYS[0])
        self.received.append(received)
        return received

    def issue(self, request: Received) -> x509.Certificate:
        info = request.csr["certification_request_info"]
        public = load_der_public_key(info["subject_pk_info"].dump())
        subject, alt_names = _asked_for(request)
        return certificate(
            subject,
            public,
            "Issuing",
            self.ca_key,
            usage=("digital_signature",),
            serial=99,
            alt_names=alt_names,
            client=True,
        )

    def _reply(self, request: Received) -> bytes:
        content = b""
        attributes = {
            SCEP_ATTRIBUTES + "2": der.printable("3"),
            SCEP_ATTRIBUTES + "3": der.printable(self.status),
            SCEP_ATTRIBUTES + "5": der.octets(b"\x11" * 16),
            SCEP_ATTRIBUTES + "6": der.octets(request.sender_nonce),
            SCEP_ATTRIBUTES + "7": der.printable(request.transaction_id),
        }
        if self.status == "2":
            attributes[SCEP_ATTRIBUTES + "4"] = der.printable(self.fail_info)
            if self.fail_info_text:
                attributes["1.3.6.1.5.5.7.24.1"] = der.utf8(self.fail_info_text)
        if self.status == "0":
            content = envelope.seal(
                degenerate(self.certificates(self.issue(request))),
                request.signer,
                cipher=self.reply_cipher,
                transport=KeyTransport.PKCS1_V15,
                quirk=BerQuirk.NONE,
                random=lambda n: b"\x42" * n,
            )
        attributes["1.2.840.113549.1.9.3"] = der.oid("1.2.840.113549.1.7.1")
        attributes["1.2.840.113549.1.9.4"] = der.octets(hashlib.sha256(content).digest())
        self.break_reply(attributes)
        return self._signed(content, attributes)

    def _signed(self, content: bytes, attributes: dict[str, bytes]) -> bytes:
        encoded = sorted(der.sequence(der.oid(oid), der.set_of(v)) for oid, v in attributes.items())
        signature = KEYS[self.sign_with].sign(der.tlv(0x31, *encoded), padding.PKCS1v15(), hashes.SHA256())
        sha256 = der.algorithm("2.16.840.1.101.3.4.2.1")
        info = der.sequence(
            der.integer(1),
            der.sequence(self.ra.issuer.public_bytes(), der.integer(self.ra.serial_number)),
            sha256,
            der.tlv(0xA0, *encoded),
            der.algorithm("1.2.840.113549.1.1.1"),
            der.octets(signature),
        )
        inner = der.sequence(
            der.oid("1.2.840.113549.1.7.1"), *((der.tlv(0xA0, der.octets(content)),) if content else ())
        )
        signed = der.sequence(der.integer(1), der.set_of(sha256), inner, der.set_of(info))
        return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.tlv(0xA0, signed))


def _asked_for(request: Received) -> tuple[x509.Name, x509.SubjectAlternativeName | None]:
    try:
        asked = x509.load_der_x509_csr(request.csr_der)
        extensions = asked.extensions
    except x509.InvalidVersion:  # the mdmclient of 2016
        return common_name("device"), None
    try:
        return asked.subject, extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return asked.subject, None
