"""A SCEP responder for tests of the simulated client: it can answer rightly, or wrongly in one chosen way.

Made of `cryptography`, asn1crypto and hand-set bytes; no line of the real server is in it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import httpx
from asn1crypto import cms, core, csr, parser
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from onboard.devices import der, envelope
from onboard.devices.request_shape import BerQuirk, Cipher, KeyTransport

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
_SCEP = "2.16.840.1.113733.1.9."
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]


def certificate(
    name: str | x509.Name,
    public,
    issuer_name: str,
    issuer_key,
    *,
    ca: bool = False,
    usage: tuple[str, ...] = (),
    serial: int = 7,
    alt_names: x509.SubjectAlternativeName | None = None,
    client: bool = False,
) -> x509.Certificate:
    """A certificate with exactly the extensions named."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name if isinstance(name, x509.Name) else _common_name(name))
        .issuer_name(_common_name(issuer_name))
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=300))
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if usage:
        flags = dict.fromkeys(_USAGES, False)
        flags.update(dict.fromkeys(usage, True))
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if alt_names is not None:
        builder = builder.add_extension(alt_names, critical=False)
    if client:
        purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


@dataclass
class Received:
    """What a request said, read without the client's code."""

    message_type: str
    transaction_id: str
    sender_nonce: bytes
    digest: str
    cipher: str
    transport: str
    signer: x509.Certificate
    csr: csr.CertificationRequest
    csr_der: bytes


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
        signed = cms.ContentInfo.load(message)["content"]
        info = signed["signer_infos"][0]
        attributes = {
            a["type"].dotted: core.SetOf.load(a["values"].dump(), spec=core.Any)[0].dump()
            for a in info["signed_attrs"]
        }
        signer = x509.load_der_x509_certificate(signed["certificates"][0].chosen.dump())
        digest = info["digest_algorithm"]["algorithm"].native
        signer.public_key().verify(
            info["signature"].native,
            b"\x31" + info["signed_attrs"].dump()[1:],
            padding.PKCS1v15(),
            getattr(hashes, digest.upper())(),
        )
        content = signed["encap_content_info"]["content"].native
        assert (
            hashlib.new(digest, content).digest()
            == core.OctetString.load(attributes["1.2.840.113549.1.9.4"]).native
        )
        enveloped = cms.ContentInfo.load(joined(content))["content"]
        recipient = enveloped["recipient_infos"][0].chosen
        request = _decrypt(enveloped, KEYS[0])
        received = Received(
            message_type=core.PrintableString.load(attributes[_SCEP + "2"]).native,
            transaction_id=core.PrintableString.load(attributes[_SCEP + "7"]).native,
            sender_nonce=core.OctetString.load(attributes[_SCEP + "5"]).native,
            digest=digest,
            cipher=enveloped["encrypted_content_info"]["content_encryption_algorithm"]["algorithm"].dotted,
            transport=recipient["key_encryption_algorithm"]["algorithm"].native,
            signer=signer,
            csr=csr.CertificationRequest.load(request),
            csr_der=request,
        )
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
            _SCEP + "2": der.printable("3"),
            _SCEP + "3": der.printable(self.status),
            _SCEP + "5": der.octets(b"\x11" * 16),
            _SCEP + "6": der.octets(request.sender_nonce),
            _SCEP + "7": der.printable(request.transaction_id),
        }
        if self.status == "2":
            attributes[_SCEP + "4"] = der.printable(self.fail_info)
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


def degenerate(certificates: list[x509.Certificate]) -> bytes:
    """A certs-only SignedData with the certificates in the order given."""
    body = b"".join(c.public_bytes(Encoding.DER) for c in certificates)
    signed = der.sequence(
        der.integer(1),
        der.set_of(),
        der.sequence(der.oid("1.2.840.113549.1.7.1")),
        der.tlv(0xA0, body),
        der.set_of(),
    )
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.tlv(0xA0, signed))


def _asked_for(request: Received) -> tuple[x509.Name, x509.SubjectAlternativeName | None]:
    try:
        asked = x509.load_der_x509_csr(request.csr_der)
        extensions = asked.extensions
    except x509.InvalidVersion:  # the mdmclient of 2016
        return _common_name("device"), None
    try:
        return asked.subject, extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return asked.subject, None


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def joined(encoded: bytes) -> bytes:
    """BER with definite lengths where [0] is cut into OCTET STRINGs, put together: asn1crypto cannot."""
    kind, method, tag, _, content, _ = parser.parse(encoded)
    if method == 0:
        return encoded
    children, rest = [], content
    while rest:
        size = len(b"".join(parser.parse(rest)[3:]))
        children.append(rest[:size])
        rest = rest[size:]
    if kind == 2 and tag == 0 and all(child[0] == der.OCTET_STRING for child in children):
        return der.tlv(0x80, b"".join(parser.parse(child)[4] for child in children))
    return der.tlv(encoded[0], *(joined(child) for child in children))


def _decrypt(enveloped: cms.EnvelopedData, key: rsa.RSAPrivateKey) -> bytes:
    recipient = enveloped["recipient_infos"][0].chosen
    wrapped = recipient["encrypted_key"].native
    if recipient["key_encryption_algorithm"]["algorithm"].native == "rsaes_oaep":
        scheme = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    else:
        scheme = padding.PKCS1v15()
    content_key = key.decrypt(wrapped, scheme)
    algorithm = enveloped["encrypted_content_info"]["content_encryption_algorithm"]
    raw = enveloped["encrypted_content_info"]["encrypted_content"]
    return envelope._decrypt(
        algorithm["algorithm"].dotted, content_key, algorithm["parameters"].native, raw.native
    )
