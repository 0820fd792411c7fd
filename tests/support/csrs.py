"""PKCS#10 requests with every fault that a device may have."""

from __future__ import annotations

from asn1crypto import algos
from asn1crypto import csr as asn1_csr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from support.scep_keys import HASHES, tlv


def csr(
    key,
    *,
    subject="CN=ada@northwind.example,OU=staff,O=Northwind",
    challenge: str | None = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    alt_names=(),
    digest="sha256",
    version: int = 0,
    false_signature: bool = False,
    extensions=(),
) -> bytes:
    """A PKCS#10 request; `version` is the field that macOS has got wrong."""
    builder = x509.CertificateSigningRequestBuilder(x509.Name.from_rfc4514_string(subject))
    if alt_names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(alt_names)), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    if challenge is not None:
        builder = builder.add_attribute(x509.ObjectIdentifier("1.2.840.113549.1.9.7"), challenge.encode())
    der = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    request = asn1_csr.CertificationRequest.load(der)
    info = request["certification_request_info"]
    info["version"] = version
    return sign_csr(key, info.dump(force=True), digest=digest, false_signature=false_signature)


def sign_csr(
    key, info: bytes, *, digest="sha256", false_signature=False, as_info: bytes | None = None
) -> bytes:
    """A PKCS#10 request around any CertificationRequestInfo; `as_info` is sent in its place."""
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(info, padding.PKCS1v15(), HASHES[digest])
        algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"}).dump()
    else:
        signature = key.sign(info, ec.ECDSA(HASHES[digest]))
        algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"}).dump()
    if false_signature:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    return tlv(0x30, (as_info or info) + algorithm + tlv(3, b"\x00" + signature))
