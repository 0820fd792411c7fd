"""Opens a configuration profile that may be signed (CMS SignedData around the plist), as iOS does."""

from __future__ import annotations

import hashlib
import hmac

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from onboard.devices.certificate import parse_certificate
from onboard.devices.errors import DeviceError

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def open_profile(content: bytes) -> bytes:
    """The plist inside; a signature must verify, its trust is shown to the user and refuses nothing.

    Raises:
        DeviceError: the signature is broken, or this is not CMS at all.
    """
    if content.lstrip().startswith((b"<?xml", b"<plist", b"bplist")):
        return content
    try:
        info = cms.ContentInfo.load(content, strict=True)
        if info["content_type"].native != "signed_data":
            msg = "neither a property list nor CMS SignedData"
            raise DeviceError("profile", msg)
        signed = info["content"]
        inner = bytes(signed["encap_content_info"]["content"].native or b"")
        certificates = [parse_certificate(c.chosen.dump()) for c in signed["certificates"]]
        _verify(signed["signer_infos"][0], inner, certificates)
    except (ValueError, TypeError, IndexError, KeyError) as error:
        msg = f"neither a property list nor readable CMS SignedData: {error}"
        raise DeviceError("profile", msg) from error
    return inner


def _verify(signer: cms.SignerInfo, inner: bytes, certificates: list[x509.Certificate]) -> None:
    sid = signer["sid"].chosen
    serial = sid["serial_number"].native
    certificate = next((c for c in certificates if c.serial_number == serial), None)
    if certificate is None:
        raise DeviceError("signature", "the signer's certificate is not inside the profile")
    algorithm = _HASHES.get(signer["digest_algorithm"]["algorithm"].native)
    if algorithm is None:
        raise DeviceError("signature", "its digest is not SHA-2")
    signed, signature = b"\x31" + bytes(signer["signed_attrs"].dump())[1:], bytes(signer["signature"].native)
    stated = next(
        a["values"][0].native for a in signer["signed_attrs"] if a["type"].native == "message_digest"
    )
    if not hmac.compare_digest(stated, hashlib.new(algorithm.name, inner).digest()):
        raise DeviceError("signature", "the profile was changed after it was signed")
    public = certificate.public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, signed, padding.PKCS1v15(), algorithm)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            raise DeviceError("signature", "the signer's key is neither RSA nor EC")
    except InvalidSignature:
        raise DeviceError("signature", "does not verify") from None
