"""Private keys: `store` knows names, passphrases and seals, `tokens` HSMs, `files` writes without halves."""

from scep_server.keys.errors import KeyStoreError
from scep_server.keys.sessions import TokenAccess
from scep_server.keys.store import (
    KeyState,
    KeyStore,
    PrivateKey,
    PublicKey,
    generate,
    public_key_sha256,
)
from scep_server.keys.tokens import TokenUri

__all__ = [
    "KeyState",
    "KeyStore",
    "KeyStoreError",
    "PrivateKey",
    "PublicKey",
    "TokenAccess",
    "TokenUri",
    "generate",
    "public_key_sha256",
]
