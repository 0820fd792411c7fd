"""CMS EnvelopedData of SCEP (RFC 5652 §6, RFC 8894 §3.1): seals a request to the RA, opens a reply."""

from __future__ import annotations

from collections.abc import Callable

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher as CbcCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from onboard.devices.errors import ReplyRejectedError
from onboard.devices.scep import der
from onboard.devices.scep.request_shape import BerQuirk, Cipher, KeyTransport

DATA = "1.2.840.113549.1.7.1"
ENVELOPED_DATA = "1.2.840.113549.1.7.3"
_RSA = "1.2.840.113549.1.1.1"
_OAEP = "1.2.840.113549.1.1.7"
_CIPHERS = {  # OID, key bytes, block bytes
    Cipher.AES_256: ("2.16.840.1.101.3.4.1.42", 32, 16),
    Cipher.AES_128: ("2.16.840.1.101.3.4.1.2", 16, 16),
    Cipher.DES3: ("1.2.840.113549.3.7", 24, 8),
    Cipher.DES: ("1.3.14.3.2.7", 8, 8),
}
_OAEP_SHA1_PARAMETERS = b"\x30\x00"  # RFC 8017 A.2.1: the defaults, which .NET wants spelled as a SEQUENCE


def seal(
    content: bytes,
    recipient: x509.Certificate,
    *,
    cipher: Cipher,
    transport: KeyTransport,
    quirk: BerQuirk,
    random: Callable[[int], bytes],
) -> bytes:
    """A ContentInfo with `content` encrypted to the RSA key of `recipient`.

    Raises:
        TypeError: the recipient's key is not RSA; no mainstream client can encrypt to another.
    """
    oid, key_bytes, block = _CIPHERS[cipher]
    key, iv = _content_key(cipher, key_bytes, random), random(block)
    padder = PKCS7(block * 8).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = CbcCipher(_algorithm(cipher, key), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(padded) + encryptor.finalize()
    recipient_info = _recipient_info(recipient, key, transport)
    wrap = der.indefinite if quirk is BerQuirk.INDEFINITE else der.tlv
    encrypted = wrap(
        der.SEQUENCE, der.oid(DATA), der.algorithm(oid, der.octets(iv)), _encrypted_content(ciphertext, quirk)
    )
    enveloped = wrap(der.SEQUENCE, der.integer(0), der.set_of(recipient_info), encrypted)
    return wrap(der.SEQUENCE, der.oid(ENVELOPED_DATA), wrap(0xA0, enveloped))


def open_envelope(content_info: bytes, key: rsa.RSAPrivateKey) -> bytes:
    """What is inside an EnvelopedData that was sealed to `key`.

    Raises:
        ReplyRejectedError: it is none, uses another cipher than AES or 3DES, or does not decrypt.
    """
    try:
        info = cms.ContentInfo.load(content_info, strict=True)
        enveloped = info["content"]
        if info["content_type"].dotted != ENVELOPED_DATA:
            msg = "the content of the reply is not EnvelopedData"
            raise ReplyRejectedError(msg)
        recipient = enveloped["recipient_infos"][0].chosen
        encrypted = enveloped["encrypted_content_info"]
        content_key = _unwrap(recipient, key)
        algorithm = encrypted["content_encryption_algorithm"]
        oid, iv = algorithm["algorithm"].dotted, bytes(algorithm["parameters"].native)
        return _decrypt(oid, content_key, iv, bytes(encrypted["encrypted_content"].native))
    except (ValueError, TypeError, IndexError, KeyError) as error:
        msg = f"the envelope of the reply cannot be opened: {error}"
        raise ReplyRejectedError(msg) from error


def _content_key(cipher: Cipher, size: int, random: Callable[[int], bytes]) -> bytes:
    key = random(size)
    return bytes(_odd_parity(octet) for octet in key) if cipher in {Cipher.DES3, Cipher.DES} else key


def _odd_parity(octet: int) -> int:
    return octet & 0xFE | ((octet >> 1).bit_count() + 1) % 2


def _algorithm(cipher: Cipher, key: bytes) -> algorithms.AES128 | algorithms.AES256 | TripleDES:
    if cipher is Cipher.AES_256:
        return algorithms.AES256(key)
    if cipher is Cipher.AES_128:
        return algorithms.AES128(key)
    return TripleDES(key * 3 if cipher is Cipher.DES else key)  # EDE with three equal keys is DES


def _recipient_info(recipient: x509.Certificate, key: bytes, transport: KeyTransport) -> bytes:
    public = recipient.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        msg = "the RA certificate's key is not RSA"
        raise TypeError(msg)
    if transport is KeyTransport.OAEP_SHA1:
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303  what Windows sends
        wrapped, algorithm = public.encrypt(key, oaep), der.algorithm(_OAEP, _OAEP_SHA1_PARAMETERS)
    else:
        wrapped, algorithm = public.encrypt(key, padding.PKCS1v15()), der.algorithm(_RSA)
    issuer_and_serial = der.sequence(recipient.issuer.public_bytes(), der.integer(recipient.serial_number))
    return der.sequence(der.integer(0), issuer_and_serial, algorithm, der.octets(wrapped))


def _encrypted_content(ciphertext: bytes, quirk: BerQuirk) -> bytes:
    if quirk is BerQuirk.NONE:
        return der.tlv(0x80, ciphertext)
    pieces = [der.octets(ciphertext[at : at + 1000]) for at in range(0, len(ciphertext), 1000)]
    if quirk is BerQuirk.CONSTRUCTED_CONTENT:
        return der.tlv(0xA0, *pieces)
    return der.indefinite(0xA0, *pieces)


def _unwrap(recipient: cms.KeyTransRecipientInfo, key: rsa.RSAPrivateKey) -> bytes:
    algorithm = recipient["key_encryption_algorithm"]["algorithm"].dotted
    wrapped = bytes(recipient["encrypted_key"].native)
    if algorithm == _OAEP:
        parameters = recipient["key_encryption_algorithm"]["parameters"]
        chosen = parameters["hash_algorithm"]["algorithm"].native if len(parameters) else "sha1"
        digest = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256()}[chosen]  # noqa: S303  Windows' own
        return key.decrypt(wrapped, padding.OAEP(padding.MGF1(digest), digest, None))
    return key.decrypt(wrapped, padding.PKCS1v15())


def _decrypt(oid: str, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    cipher = next((c for c, (known, _, _) in _CIPHERS.items() if known == oid), None)
    if cipher is None or cipher is Cipher.DES:
        msg = f"the reply is encrypted with {oid}, which this client refuses"
        raise ReplyRejectedError(msg)
    _, size, block = _CIPHERS[cipher]
    if len(key) != size:
        msg = "the content key does not fit the cipher: sealed to another key"
        raise ReplyRejectedError(msg)
    decryptor = CbcCipher(_algorithm(cipher, key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    unpadder = PKCS7(block * 8).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
