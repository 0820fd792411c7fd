"""Content encryption and key transport, without telling a failure from a success by type or by time."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from scep_server.algorithms import ContentCipher, KeyTransport


def unwrap_key(
    key: rsa.RSAPrivateKey,
    encrypted_key: bytes,
    *,
    transport: KeyTransport,
    cipher: ContentCipher,
    substitute: bytes,
) -> bytes:
    """The content encryption key, or the substitute where there is none that fits.

    PKCS#1 v1.5 never fails in OpenSSL: wrong padding gives pseudo-random octets of pseudo-random number. So
    whatever does not have the cipher's key size is replaced, and the failure shows only when the content
    turns out to be nonsense (RFC 3218 §2.3.2).

    Args:
        key: of the recipient.
        encrypted_key: as received; shorter than the modulus where the sender dropped leading zeros.
        transport: its encryption.
        cipher: decides the length of the content key.
        substitute: at least 32 random octets, unknown to the sender.
    """
    padded = encrypted_key.rjust((key.key_size + 7) // 8, b"\x00")
    try:
        content_key = key.decrypt(padded, transport.padding)
    except ValueError:  # OAEP with wrong padding
        content_key = b""
    if len(content_key) != cipher.key_size or _is_single_des(content_key, cipher):
        return substitute[: cipher.key_size]
    return content_key


def decrypt_content(
    content: bytes, *, cipher: ContentCipher, key: bytes, initialisation_vector: bytes
) -> tuple[bytes, bool]:
    """Decrypt; give the content without padding, or all of it and False where the padding is wrong.

    Raises:
        ValueError: the content is not a whole number of blocks, or the vector not one block.
    """
    decryptor = _cipher(cipher, key, initialisation_vector).decryptor()
    plain = decryptor.update(content) + decryptor.finalize()
    count = plain[-1] if plain else 0
    if not 0 < count <= cipher.block_size or plain[-count:] != bytes((count,)) * count:
        return plain, False
    return plain[:-count], True


def encrypt_content(
    content: bytes, *, cipher: ContentCipher, key: bytes, initialisation_vector: bytes
) -> bytes:
    """Pad (RFC 5652 §6.3) and encrypt."""
    count = cipher.block_size - len(content) % cipher.block_size
    encryptor = _cipher(cipher, key, initialisation_vector).encryptor()
    return encryptor.update(content + bytes((count,)) * count) + encryptor.finalize()


def _cipher(cipher: ContentCipher, key: bytes, initialisation_vector: bytes) -> Cipher[modes.CBC]:
    if cipher is ContentCipher.DES_EDE3_CBC:
        return Cipher(TripleDES(key), modes.CBC(initialisation_vector))
    return Cipher(algorithms.AES(key), modes.CBC(initialisation_vector))


def _is_single_des(key: bytes, cipher: ContentCipher) -> bool:
    """Whether two neighbouring thirds of a 3DES key are equal, so that they undo each other."""
    return cipher is ContentCipher.DES_EDE3_CBC and (key[:8] == key[8:16] or key[8:16] == key[16:])
