"""Reads a CertRep as leniently as it can be read, so that each oddity can be told apart.

The simulated client of `onboard.devices` stops at the first thing it must not believe; doctor goes on and
says which client would have stopped where.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from asn1crypto import cms, core
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from onboard.devices.scep import signed_message as oids
from onboard.doctor import ber
from onboard.doctor.envelope import Envelope, open_envelope

_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "SHA-512": hashes.SHA512(),
    "SHA-256": hashes.SHA256(),
    "SHA-1": hashes.SHA1(),  # noqa: S303  many servers sign with it; that is a finding
    "MD5": hashes.MD5(),  # noqa: S303  the same
}
_DIGEST_NAMES = {
    "2.16.840.1.101.3.4.2.3": "SHA-512",
    "2.16.840.1.101.3.4.2.1": "SHA-256",
    "1.3.14.3.2.26": "SHA-1",
    "1.2.840.113549.2.5": "MD5",
}
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"


class UnreadableReplyError(Exception):
    """The body is no pkiMessage that anybody could read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A CertRep; what is absent is empty.

    Attributes:
        verifies: the signature is the RA's and covers this content.
        digest: name of the digest algorithm, or its OID.
        printable: messageType and pkiStatus are PrintableString.
        envelope: what was inside, for SUCCESS; None where there was none or it did not open.
        closed: why the envelope did not open; empty where it did.
    """

    verifies: bool
    digest: str
    message_type: str
    pki_status: str
    fail_info: str
    fail_info_text: str
    transaction_id: str
    sender_nonce: bytes
    recipient_nonce: bytes
    printable: bool
    envelope: Envelope | None = field(repr=False)
    closed: str = ""


def read_reply(body: bytes, signer: x509.Certificate, key: rsa.RSAPrivateKey) -> Reply:
    """Take a CertRep apart.

    Args:
        body: of the HTTP answer.
        signer: the RA certificate that the client chose.
        key: that the reply should be sealed to.

    Raises:
        UnreadableReplyError: it is no signed CMS, or is damaged.
    """
    try:
        info = cms.ContentInfo.load(ber.definite(body), strict=True)
        if info["content_type"].dotted != oids.SIGNED_DATA:
            msg = "no CMS SignedData"
            raise UnreadableReplyError(msg)
        signed = info["content"]
        value = signed["encap_content_info"]["content"].native
        content = b"" if value is None else bytes(value)
        return _read(signed["signer_infos"][0], content, signer, key)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        msg = f"no readable pkiMessage: {error}"
        raise UnreadableReplyError(msg) from error


def _read(
    signer_info: cms.SignerInfo, content: bytes, signer: x509.Certificate, key: rsa.RSAPrivateKey
) -> Reply:
    attributes = {a["type"].dotted: _first(a) for a in signer_info["signed_attrs"]}
    digest = signer_info["digest_algorithm"]["algorithm"].dotted
    envelope, closed = _open(content, key)
    return Reply(
        verifies=_verifies(signer_info, content, signer),
        digest=_DIGEST_NAMES.get(digest, digest),
        message_type=_text(attributes.get(oids.MESSAGE_TYPE)),
        pki_status=_text(attributes.get(oids.PKI_STATUS)),
        fail_info=_text(attributes.get(oids.FAIL_INFO)),
        fail_info_text=_text(attributes.get(oids.FAIL_INFO_TEXT)),
        transaction_id=_text(attributes.get(oids.TRANSACTION_ID)),
        sender_nonce=_octets(attributes.get(oids.SENDER_NONCE)),
        recipient_nonce=_octets(attributes.get(oids.RECIPIENT_NONCE)),
        printable=all(
            attributes.get(oid, b"")[:1] == b"\x13" for oid in (oids.MESSAGE_TYPE, oids.PKI_STATUS)
        ),
        envelope=envelope,
        closed=closed,
    )


def _open(content: bytes, key: rsa.RSAPrivateKey) -> tuple[Envelope | None, str]:
    if not content:
        return None, "there is nothing in it"
    try:
        return open_envelope(content, key), ""
    except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        return None, str(error)


def _verifies(signer_info: cms.SignerInfo, content: bytes, signer: x509.Certificate) -> bool:
    name = _DIGEST_NAMES.get(signer_info["digest_algorithm"]["algorithm"].dotted)
    public = signer.public_key()
    if name is None or not isinstance(public, rsa.RSAPublicKey):
        return False
    digest = hashes.Hash(_DIGESTS[name])
    digest.update(content)
    stated = next(
        (_first(a) for a in signer_info["signed_attrs"] if a["type"].dotted == _MESSAGE_DIGEST), b""
    )
    signed = b"\x31" + bytes(signer_info["signed_attrs"].dump())[1:]  # RFC 5652 §5.4
    signature = bytes(signer_info["signature"].native)
    try:
        public.verify(signature, signed, padding.PKCS1v15(), _DIGESTS[name])
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return _octets(stated) == digest.finalize()


def _first(attribute: cms.CMSAttribute) -> bytes:
    values = core.SetOf.load(attribute["values"].dump(), spec=core.Any)
    return bytes(values[0].dump())


def _text(encoded: bytes | None) -> str:
    return "" if encoded is None else str(core.load(encoded).native)


def _octets(encoded: bytes | None) -> bytes:
    return b"" if not encoded else bytes(core.OctetString.load(encoded).native)
