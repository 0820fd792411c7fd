"""Opens the EnvelopedData of a CertRep and says what it is encrypted with, single DES included."""

from __future__ import annotations

from dataclasses import dataclass, field

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from onboard.devices.certificate import parse_certificate
from onboard.doctor import ber

SINGLE_DES = "DES"
OAEP = "RSAES-OAEP"
PKCS1_V15 = "RSA PKCS#1 v1.5"
_CIPHERS = {  # name, key octets; names are those of devices.request_shape.Cipher where it has them
    "2.16.840.1.101.3.4.1.42": ("AES-256", 32),
    "2.16.840.1.101.3.4.1.22": ("AES-192", 24),
    "2.16.840.1.101.3.4.1.2": ("AES-128", 16),
    "1.2.840.113549.3.7": ("DES3", 24),
    "1.3.14.3.2.7": (SINGLE_DES, 8),
}
_TRANSPORTS = {"1.2.840.113549.1.1.1": PKCS1_V15, "1.2.840.113549.1.1.7": OAEP}
_OAEP_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303  the default of RFC 8017
    "sha256": hashes.SHA256(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a CertRep held.

    Attributes:
        cipher: as in `devices.request_shape.Cipher`, or AES-192.
        transport: OAEP or PKCS1_V15.
        bare_oaep: OAEP without a SEQUENCE of parameters.
        constructed: encryptedContent is in the constructed form.
        certificates: in the order sent.
    """

    cipher: str
    transport: str
    bare_oaep: bool
    constructed: bool
    certificates: tuple[x509.Certificate, ...] = field(repr=False)


def open_envelope(content: bytes, key: rsa.RSAPrivateKey) -> Envelope:
    """Open a ContentInfo with EnvelopedData.

    Raises:
        ValueError: it does not open with `key`, or holds no certificates; and what asn1crypto raises at
            damage: TypeError, IndexError, KeyError.
    """
    constructed = ber.has_constructed_content(ber.definite(content))
    enveloped = cms.ContentInfo.load(ber.definite(content, implicit=True), strict=True)["content"]
    encrypted = enveloped["encrypted_content_info"]
    algorithm = encrypted["content_encryption_algorithm"]
    cipher, size = _cipher(algorithm["algorithm"].dotted)
    transport, bare, content_key = _unwrap(enveloped["recipient_infos"], key, size)
    iv = bytes(algorithm["parameters"].native)
    inner = _decrypt(cipher, content_key, iv, bytes(encrypted["encrypted_content"].native))
    return Envelope(
        cipher=cipher,
        transport=transport,
        bare_oaep=bare,
        constructed=constructed,
        certificates=_certificates(inner),
    )


def _cipher(dotted: str) -> tuple[str, int]:
    if dotted not in _CIPHERS:
        msg = f"the content is encrypted with {dotted}, which no SCEP client knows"
        raise ValueError(msg)
    return _CIPHERS[dotted]


def _unwrap(infos: cms.RecipientInfos, key: rsa.RSAPrivateKey, size: int) -> tuple[str, bool, bytes]:
    """The content key from the first recipient that gives one of the right size."""
    for info in infos:
        algorithm = info.chosen["key_encryption_algorithm"]
        name = _TRANSPORTS.get(algorithm["algorithm"].dotted)
        if name is None:
            continue
        scheme, bare = _scheme(algorithm, name)
        try:
            content_key = key.decrypt(bytes(info.chosen["encrypted_key"].native), scheme)
        except ValueError:
            continue
        if len(content_key) == size:  # PKCS#1 v1.5 never fails: it returns noise (implicit rejection)
            return name, bare, content_key
    msg = "the content key is not for the key that signed the request"
    raise ValueError(msg)


def _scheme(algorithm: cms.KeyEncryptionAlgorithm, name: str) -> tuple[padding.AsymmetricPadding, bool]:
    if name == PKCS1_V15:
        return padding.PKCS1v15(), False
    parameters = algorithm["parameters"]
    bare = parameters.native is None
    chosen = "sha1" if bare or not len(parameters) else parameters["hash_algorithm"]["algorithm"].native
    digest = _OAEP_DIGESTS[chosen]
    return padding.OAEP(padding.MGF1(digest), digest, None), bare


def _decrypt(cipher: str, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    if cipher.startswith("AES"):
        algorithm: algorithms.AES | TripleDES = algorithms.AES(key)
    else:
        algorithm = TripleDES(key * 3 if cipher == SINGLE_DES else key)  # three equal keys are single DES
    decryptor = Cipher(algorithm, modes.CBC(iv)).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    unpadder = PKCS7(algorithm.block_size).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def _certificates(inner: bytes) -> tuple[x509.Certificate, ...]:
    signed = cms.ContentInfo.load(ber.definite(inner), strict=True)["content"]
    return tuple(parse_certificate(c.chosen.dump()) for c in signed["certificates"])
