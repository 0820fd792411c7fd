"""What can be wrong with a key."""

from __future__ import annotations


class KeyStoreError(Exception):
    """A key is absent, unreadable or guarded by another passphrase.

    Attributes:
        hint: what to do.
        locked: a passphrase is missing, or another one is needed.
    """

    def __init__(self, message: str, *, hint: str = "", locked: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.locked = locked
