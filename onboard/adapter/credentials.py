"""Access tokens of a Google account: a service account's key, or the machine's own identity.

Google's libraries are an extra of this package, so they are imported when they are used.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from onboard.adapter.api import SCOPE
from onboard.adapter.errors import DeniedError, UnreachableError
from onboard.errors import OnboardError
from onboard.secret import Secret

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

PUBSUB_SCOPE: Final = "https://www.googleapis.com/auth/pubsub"
_INSTALL: Final = "install them with: pip install 'onboard[google]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account with a token for each of the two services, so that neither token is good for the other."""

    pubsub: Credentials
    api: Credentials


def load(key: Secret | None) -> Account:
    """The account of a service account's key (JSON), or the one that the machine runs as.

    Raises:
        OnboardError: Google's libraries are not installed, the key is none, or the machine has no account.
    """
    try:
        import google.auth  # noqa: PLC0415 -- an extra
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 -- same
    except ImportError as error:
        msg = "the adapter needs Google's libraries, which are not installed"
        raise OnboardError(msg, hint=_INSTALL) from error
    try:
        if key is None:
            return Account(
                pubsub=google.auth.default(scopes=[PUBSUB_SCOPE])[0],
                api=google.auth.default(scopes=[SCOPE])[0],
            )
        return _of_key(key)
    except (GoogleAuthError, ValueError, KeyError) as error:
        # Never the library's own text: it may quote the file.
        what = "this machine has no Google account" if key is None else "this is no key of a service account"
        hint = "name one with --credentials file:PATH, the JSON that Google Cloud gives for a service account"
        raise OnboardError(what, hint=hint) from error


def _of_key(key: Secret) -> Account:
    from google.oauth2.service_account import Credentials as Key  # noqa: PLC0415 -- an extra

    info = json.loads(key.reveal())
    return Account(
        pubsub=Key.from_service_account_info(info, scopes=[PUBSUB_SCOPE]),  # type: ignore[no-untyped-call] # theirs
        api=Key.from_service_account_info(info, scopes=[SCOPE]),  # type: ignore[no-untyped-call] # same
    )


class GoogleTokens:
    """Tokens of a credential, fetched when the last one is about to end."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._lock = asyncio.Lock()
        self._refused = False

    async def token(self) -> str:
        """See `Tokens.token`."""
        async with self._lock:
            if self._refused or not self._credentials.valid:
                await asyncio.to_thread(self._fetch)
                self._refused = False
            return str(self._credentials.token)

    def forget(self) -> None:
        """See `Tokens.forget`."""
        self._refused = True

    def _fetch(self) -> None:
        from google.auth.exceptions import GoogleAuthError, TransportError  # noqa: PLC0415 -- an extra
        from google.auth.transport.requests import Request  # noqa: PLC0415 -- same

        try:
            self._credentials.refresh(Request())  # type: ignore[no-untyped-call] # theirs
        except TransportError as error:
            raise UnreachableError("Google's token service does not answer") from error
        except GoogleAuthError as error:
            reason = str(error.args[0])[:200] if error.args else ""
            raise DeniedError(f"Google gives the account no token: {reason}") from error
