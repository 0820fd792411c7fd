"""Encrypted ONC: for a file that is carried to a Chromebook by hand and imported with a passphrase.

Source: Chromium's `onc_spec.md` ("Encrypted Configuration") and `onc_utils.cc`. PBKDF2-HMAC-SHA1 gives one
256-bit key, used for AES-256-CBC and for HMAC-SHA1 over the ciphertext; nothing else is understood. Policies
are never encrypted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from onboard.errors import PayloadError
from onboard.secret import Secret

ITERATIONS: Final = 500_000  # the most that ChromeOS accepts, 25 times the specification's minimum
SALT_BYTES: Final = 16
IV_BYTES: Final = 16

_HEAD: Final = {
    "Type": "EncryptedConfiguration",
    "Cipher": "AES256",
    "HMACMethod": "SHA1",
    "Stretch": "PBKDF2",
}


def encrypt(content: bytes, passphrase: Secret, *, salt: bytes, iv: bytes) -> bytes:
    """An unencrypted ONC file as an encrypted one.

    Args:
        content: the ONC, UTF-8 JSON.
        passphrase: what the person types at the import.
        salt: 16 fresh random bytes.
        iv: 16 fresh random bytes.

    Raises:
        PayloadError: the passphrase is empty, or salt or iv have another length.
    """
    if not len(passphrase):
        msg = "an encrypted ONC needs a passphrase"
        raise PayloadError(msg)
    if len(salt) != SALT_BYTES or len(iv) != IV_BYTES:
        msg = f"salt and iv of an encrypted ONC have {SALT_BYTES} bytes each"
        raise PayloadError(msg)
    key = _key(passphrase, salt, ITERATIONS)
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    document = _HEAD | {
        "Iterations": ITERATIONS,
        "Salt": _base64(salt),
        "IV": _base64(iv),
        "HMAC": _base64(_mac(key, ciphertext)),
        "Ciphertext": _base64(ciphertext),
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def decrypt(content: bytes, passphrase: Secret) -> bytes:
    """The ONC inside an encrypted one, whoever made it.

    Raises:
        PayloadError: it is not encrypted as ChromeOS expects, or the passphrase is wrong.
    """
    try:
        document = json.loads(content)
        iterations = document["Iterations"]
        salt, iv, mac, ciphertext = (
            base64.b64decode(document[name], validate=True) for name in ("Salt", "IV", "HMAC", "Ciphertext")
        )
        known = all(document[name] == value for name, value in _HEAD.items())
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError) as error:
        msg = "this is not an encrypted ONC file"
        raise PayloadError(msg) from error
    if not known or type(iterations) is not int or not 1 <= iterations <= ITERATIONS or len(iv) != IV_BYTES:
        msg = "this ONC file is encrypted in a way that ChromeOS does not read"
        raise PayloadError(msg)
    key = _key(passphrase, salt, iterations)
    if not hmac.compare_digest(mac, _mac(key, ciphertext)):
        msg = "the passphrase is wrong, or the file was changed"
        raise PayloadError(msg)
    return _plain(key, iv, ciphertext)


def _plain(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    try:
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:  # an authentic file of somebody else's making
        msg = "the encrypted ONC file is not padded as PKCS #7 demands"
        raise PayloadError(msg) from error


def _key(passphrase: Secret, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha1", passphrase.reveal().encode(), salt, iterations, dklen=32)


def _mac(key: bytes, ciphertext: bytes) -> bytes:
    return hmac.digest(key, ciphertext, "sha1")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
