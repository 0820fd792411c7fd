"""A folder of private keys: PKCS#8 PEM, 0600, optionally encrypted; made once, never overwritten.

`NAME.key` is a key. `NAME.token` says that it is on a PKCS#11 token, which one, and what its public half is.
`NAME.sealed` says that the key was taken away on purpose and which public key it has, so that nobody takes
its absence for a loss, nor makes a second one.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import json
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from scep_server.keys import files
from scep_server.keys.errors import KeyStoreError
from scep_server.keys.sessions import TokenAccess
from scep_server.keys.tokens import TokenUri, find_or_make, token_key

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_NAME = re.compile(r"[a-z0-9][a-z0-9.@-]*")  # no path leaves the folder


class KeyState(enum.Enum):
    """What a store knows of a key."""

    PRESENT = "present"
    SEALED = "sealed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class KeyStore:
    """The keys of one folder.

    Attributes:
        folder: exists and is private to its owner.
        passphrase: encrypts what is written and opens what is encrypted; None writes keys in the clear.
        tokens: how keys on tokens are reached.
    """

    folder: Path
    passphrase: bytes | None = field(default=None, repr=False)
    tokens: TokenAccess = field(default_factory=TokenAccess, repr=False)

    def state(self, name: str) -> KeyState:
        """Whether the key is here, was sealed away, or is unknown."""
        if self._path(name).is_file() or self.is_on_token(name):
            return KeyState.PRESENT
        return KeyState.SEALED if self._marker(name).is_file() else KeyState.ABSENT

    def is_on_token(self, name: str) -> bool:
        """Whether the key is on a token."""
        return self._token(name).is_file()

    def create_on_token(self, name: str, uri: TokenUri, algorithm: str) -> None:
        """Take the key of a token, or make it there, and note which it is.

        Raises:
            FileExistsError: there is a key of that name, or there was one that is sealed.
            KeyStoreError: as `find_or_make`.
            OSError: the folder cannot be written; a key that was made stays on the token for the next run.
        """
        if self.state(name) is not KeyState.ABSENT:
            raise FileExistsError(str(self._token(name)))
        spki = find_or_make(self.tokens, uri, algorithm).public_key()
        der = spki.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        note = {"uri": uri.text, "public_key": base64.b64encode(der).decode()}
        files.write_new(self._token(name), json.dumps(note).encode() + b"\n", mode=0o600)

    def create(self, name: str, key: PrivateKey) -> None:
        """Write a new key; it is durable when this returns.

        Raises:
            FileExistsError: there is a key of that name, or there was one that is sealed.
            OSError: the folder cannot be written; nothing was left behind.
        """
        if self._marker(name).is_file():
            raise FileExistsError(str(self._marker(name)))
        files.write_new(self._path(name), encode(key, self.passphrase), mode=0o600)

    def load(self, name: str) -> PrivateKey:
        """Read a key; once per process, please, where it is encrypted (key derivation takes milliseconds).

        Raises:
            KeyStoreError: it is absent, sealed, readable by others, damaged, or the passphrase is wrong.
        """
        state = self.state(name)
        if state is KeyState.SEALED:
            raise KeyStoreError(
                f"the key of {name!r} was sealed away", hint="fetch the sealed file to sign with it"
            )
        if state is KeyState.ABSENT:
            raise KeyStoreError(f"the key {self._path(name)} is not there")
        if self.is_on_token(name):
            return self._load_token(name)
        return load_file(self._path(name), self.passphrase)

    def public_key_sha256(self, name: str) -> bytes:
        """SHA-256 of the public key, of a sealed key too.

        Raises:
            KeyStoreError: as `load`, or the marker is damaged.
        """
        if self.state(name) is not KeyState.SEALED:
            return public_key_sha256(self.load(name).public_key())
        try:
            return bytes.fromhex(json.loads(self._marker(name).read_bytes())["public_key_sha256"])
        except (ValueError, KeyError, TypeError) as error:
            raise KeyStoreError(f"{self._marker(name)} is damaged") from error

    def seal(self, name: str, to: Path, passphrase: bytes) -> None:
        """Move a key out of the folder, encrypted, and leave a marker; a run cut off can be repeated.

        Args:
            name: of a key that is here.
            to: the new file, 0600; kept if it already holds this very key.
            passphrase: encrypts it; at least 12 bytes, because the file will travel.

        Raises:
            KeyStoreError: no such key, a short passphrase, or `to` holds something else.
            OSError: `to` or the folder cannot be written; the key is still here.
        """
        if len(passphrase) < 12:
            raise KeyStoreError("the passphrase of a sealed key needs at least 12 characters")
        if self.is_on_token(name):
            raise KeyStoreError(
                f"the key of {name!r} is on a token, which keeps it; there is nothing to seal"
            )
        key = self.load(name)
        digest = public_key_sha256(key.public_key())
        try:
            files.write_new(to, encode(key, passphrase), mode=0o600)
        except FileExistsError:
            if public_key_sha256(load_file(to, passphrase).public_key()) != digest:
                raise KeyStoreError(f"{to} holds another key and is not overwritten") from None
        if public_key_sha256(load_file(to, passphrase).public_key()) != digest:
            raise KeyStoreError(f"{to} does not read back as the key that was written; nothing was removed")
        marker = json.dumps({"public_key_sha256": digest.hex()}).encode() + b"\n"
        files.replace(self._marker(name), marker, mode=0o600)
        self._path(name).unlink()
        files.sync_folder(self.folder)

    def load_sealed(self, name: str, path: Path, passphrase: bytes) -> PrivateKey:
        """Read a key from where `seal` put it, without bringing it back.

        Raises:
            KeyStoreError: it cannot be opened, or is not the key that was sealed.
        """
        key = load_file(path, passphrase)
        if public_key_sha256(key.public_key()) != self.public_key_sha256(name):
            raise KeyStoreError(f"{path} holds another key than {name!r}")
        return key

    def _load_token(self, name: str) -> PrivateKey:
        path = self._token(name)
        try:
            note = json.loads(path.read_bytes())
            uri, spki = TokenUri.parse(note["uri"]), base64.b64decode(note["public_key"], validate=True)
            return token_key(self.tokens, uri, spki)
        except (ValueError, KeyError, TypeError) as error:
            raise KeyStoreError(f"{path} is damaged", hint="restore it from a backup") from error

    def _token(self, name: str) -> Path:
        return self.folder / f"{_checked(name)}.token"

    def _path(self, name: str) -> Path:
        return self.folder / f"{_checked(name)}.key"

    def _marker(self, name: str) -> Path:
        return self.folder / f"{_checked(name)}.sealed"


def generate(algorithm: str) -> PrivateKey:
    """A new key from the operating system's randomness.

    Args:
        algorithm: "rsa-2048", "rsa-3072", "rsa-4096", "ec-p256" or "ec-p384". RSA-2048 takes 50 to 200 ms.

    Raises:
        ValueError: another algorithm.
    """
    match algorithm.split("-"):
        case ["rsa", bits] if bits in {"2048", "3072", "4096"}:
            return rsa.generate_private_key(public_exponent=65537, key_size=int(bits))
        case ["ec", "p256"]:
            return ec.generate_private_key(ec.SECP256R1())
        case ["ec", "p384"]:
            return ec.generate_private_key(ec.SECP384R1())
        case _:
            msg = f"no such key algorithm: {algorithm}"
            raise ValueError(msg)


def public_key_sha256(key: PublicKey) -> bytes:
    """SHA-256 of the DER SubjectPublicKeyInfo: what two holders of one key have in common."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def encode(key: PrivateKey, passphrase: bytes | None) -> bytes:
    """PKCS#8 PEM, encrypted (PBES2, AES-256-CBC) where there is a passphrase."""
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def load_file(path: Path, passphrase: bytes | None) -> PrivateKey:
    """Read one PEM key that only its owner can read.

    Raises:
        KeyStoreError: others can read it, it is damaged, or the passphrase does not open it.
    """
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyStoreError(f"others can read the key {path}", hint=f"chmod 600 {path}")
        pem = path.read_bytes()
    except OSError as error:
        raise KeyStoreError(f"the key {path} cannot be read: {error.strerror}") from error
    encrypted = b"ENCRYPTED PRIVATE KEY" in pem
    if encrypted and not passphrase:
        hint = "say which passphrase opens it"
        raise KeyStoreError(f"the key {path} is encrypted", hint=hint, locked=True)
    try:
        # Checking an RSA key's primes takes 33 ms or more, and these files are our own.
        key = load_pem_private_key(
            pem, passphrase if encrypted else None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = "the passphrase does not open it" if encrypted else "it is no PKCS#8 key in PEM"
        hint = "say which passphrase opens it" if encrypted else "restore it from a backup"
        message = f"the key {path} cannot be used: {reason}"
        raise KeyStoreError(message, hint=hint, locked=encrypted) from error
    if not isinstance(key, PrivateKey):
        raise KeyStoreError(f"the key {path} is neither RSA nor EC")
    return key


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        msg = f"no key can be called {name!r}"
        raise ValueError(msg)
    return name
