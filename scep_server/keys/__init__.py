"""Private keys in files: `store` knows names, passphrases and seals, `files` writes without halves."""

from scep_server.keys.store import (
    KeyState,
    KeyStore,
    KeyStoreError,
    PrivateKey,
    PublicKey,
    generate,
    public_key_sha256,
)

__all__ = [
    "KeyState",
    "KeyStore",
    "KeyStoreError",
    "PrivateKey",
    "PublicKey",
    "generate",
    "public_key_sha256",
]
