"""Encrypted ONC: read back with the passphrase and nothing else, in the one way that ChromeOS knows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import subprocess

import pytest
from support.northwind import neutral, staff_plan

from onboard.errors import PayloadError
from onboard.lint import lint
from onboard.payloads.chromeos.encrypted import decrypt, encrypt
from onboard.payloads.chromeos.onc import build
from onboard.secret import Secret

PASSPHRASE = Secret("swordfish")
SALT, IV = bytes(range(16)), bytes(range(16, 32))
PLAIN = build(staff_plan(), neutral)[0].content
SEALED = encrypt(PLAIN, PASSPHRASE, salt=SALT, iv=IV)


def changed(**values: object) -> bytes:
    return json.dumps(json.loads(SEALED) | values).encode()


def test_it_comes_back():
    """The passphrase gives the bytes back; nothing of them shows; lint takes the file."""
    assert decrypt(SEALED, PASSPHRASE) == PLAIN
    assert b"Northwind" not in SEALED
    assert lint("x.onc", SEALED) == ()
    assert encrypt(PLAIN, PASSPHRASE, salt=SALT, iv=IV) == SEALED


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_reads_it():
    """Key, cipher and MAC are the specification's, told by another implementation."""
    found = json.loads(SEALED)
    key = hashlib.pbkdf2_hmac("sha1", b"swordfish", base64.b64decode(found["Salt"]), found["Iterations"], 32)
    ciphertext = base64.b64decode(found["Ciphertext"])
    assert base64.b64decode(found["HMAC"]) == hmac.digest(key, ciphertext, "sha1")
    done = subprocess.run(
        ["openssl", "enc", "-d", "-aes-256-cbc", "-K", key.hex(), "-iv", IV.hex()],
        input=ciphertext,
        capture_output=True,
        check=True,
    )
    assert done.stdout == PLAIN


def test_fewer_iterations_of_others_are_read():
    """A file that was made with the specification's minimum opens as well."""
    key = hashlib.pbkdf2_hmac("sha1", b"swordfish", SALT, 20000, 32)
    done = encrypt(PLAIN, PASSPHRASE, salt=SALT, iv=IV)
    ciphertext = _cbc(key, PLAIN)
    other = json.loads(done) | {
        "Iterations": 20000,
        "Ciphertext": base64.b64encode(ciphertext).decode(),
        "HMAC": base64.b64encode(hmac.digest(key, ciphertext, "sha1")).decode(),
    }
    assert decrypt(json.dumps(other).encode(), PASSPHRASE) == PLAIN


def _cbc(key: bytes, plain: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    padding = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(IV)).encryptor()
    return encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an encrypted"),
        (b"[]", "not an encrypted"),
        (PLAIN, "not an encrypted"),
        (changed(Salt="*"), "not an encrypted"),
        (changed(Cipher="AES128"), "does not read"),
        (changed(Iterations=500001), "does not read"),
        (changed(Iterations=True), "does not read"),
        (changed(IV="AAAA"), "does not read"),
        (changed(HMAC="AAAA"), "passphrase is wrong"),
        (changed(Ciphertext="AAAA"), "passphrase is wrong"),
    ],
)
def test_what_cannot_be_opened(content, message):
    """A foreign or damaged file is an error that says which, never a traceback."""
    with pytest.raises(PayloadError, match=message):
        decrypt(content, PASSPHRASE)


def test_wrong_passphrase_and_bad_arguments():
    """The passphrase must be right and not empty; salt and iv have their length."""
    with pytest.raises(PayloadError, match="passphrase is wrong"):
        decrypt(SEALED, Secret("Swordfish"))
    with pytest.raises(PayloadError, match="needs a passphrase"):
        encrypt(PLAIN, Secret(""), salt=SALT, iv=IV)
    with pytest.raises(PayloadError, match="16 bytes"):
        encrypt(PLAIN, PASSPHRASE, salt=b"", iv=IV)
