"""Sessions with PKCS#11 tokens: opened when first needed, one for each process, closed when they fail.

What python-pkcs11 gives has no types; nothing of it leaves this room but bytes.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from scep_server.keys.errors import KeyStoreError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAccess:
    """How this machine reaches its tokens.

    Attributes:
        module: path of the PKCS#11 library; empty: nobody said.
        pin: of the user who may sign; asked for when a token is opened. It raises what its source raises.
    """

    module: str = ""
    pin: Callable[[], str] = field(default=lambda: "", repr=False)


class Tokens:
    """Open sessions of this process; a fork gets none of its parent's."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a session does one thing at a time
        self._sessions: dict[tuple[str, str], Any] = {}
        self._modules: dict[str, int] = {}  # and the process that has loaded each
        self._process = os.getpid()

    def use(self, access: TokenAccess, token: str, work: Callable[[Any], _T]) -> _T:
        """Do something with a session; a token that was away is opened once more.

        Raises:
            KeyStoreError: the token cannot be reached or does not do it.
        """
        pkcs11 = library()
        with self._lock:
            self._notice_fork()
            try:
                try:
                    return work(self._session(pkcs11, access, token))
                except (pkcs11.exceptions.SessionHandleInvalid, pkcs11.exceptions.DeviceRemoved):
                    self._close(access, token)
                    return work(self._session(pkcs11, access, token))
            except (pkcs11.exceptions.PKCS11Error, RuntimeError) as error:
                self._close(access, token)
                reason = str(error) or type(error).__name__
                raise KeyStoreError(f"the token {token!r} does not sign: {reason}", hint=_HINT) from error

    def _notice_fork(self) -> None:
        if self._process != os.getpid():
            self._process = os.getpid()
            self._sessions = {}

    def _session(self, pkcs11: Any, access: TokenAccess, token: str) -> Any:
        place = (access.module, token)
        if place not in self._sessions:
            module = self._module(pkcs11, access)
            self._sessions[place] = module.get_token(token_label=token).open(user_pin=access.pin(), rw=True)
        return self._sessions[place]

    def _close(self, access: TokenAccess, token: str) -> None:
        """Let the next use log in anew: PKCS#11 logs in a whole process, and a session left open hinders."""
        session = self._sessions.pop((access.module, token), None)
        if session is not None:
            with contextlib.suppress(Exception):  # it may be gone with its token
                session.close()

    def _module(self, pkcs11: Any, access: TokenAccess) -> Any:
        if not access.module:
            hint = "set ONBOARD_PKCS11_MODULE to the path of the token's library"
            raise KeyStoreError("a key is on a token, and no PKCS#11 library is named", hint=hint)
        module = pkcs11.lib(access.module)
        if self._modules.setdefault(access.module, self._process) != self._process:
            module.reinitialize()  # PKCS#11 v2.40 §5.4: what the parent has initialized is nothing in a child
            self._modules[access.module] = self._process
        _forget_errors()
        return module


def _forget_errors() -> None:
    """Empty the thread's queue of OpenSSL errors, where a token's library that uses OpenSSL may leave one.

    SoftHSM leaves "no such engine" when it starts. Python's ssl shares the queue, and the next call of it,
    a handshake of ours, would fail with that.
    """
    with contextlib.suppress(ssl.SSLError):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=b"no certificate")


_HINT: Final = "see that the token is there, its label right and the PIN not locked"
TOKENS: Final = Tokens()


def library() -> Any:
    """The package `pkcs11`.

    Raises:
        KeyStoreError: it is not installed.
    """
    try:
        import pkcs11  # noqa: PLC0415 # an extra: most have no token
        import pkcs11.util.ec  # noqa: PLC0415 # same
    except ImportError as error:
        hint = "pip install 'onboard[pkcs11]'"
        raise KeyStoreError("a key is on a token, and python-pkcs11 is not installed", hint=hint) from error
    return pkcs11
