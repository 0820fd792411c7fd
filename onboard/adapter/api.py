"""The Certificate Provisioning API: one method for each call that the discovery document has."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import httpx

from onboard.adapter.errors import (
    ApiError,
    ConflictError,
    DeniedError,
    GoneError,
    RejectedError,
    UnreachableError,
    UnreadableError,
)

BASE_URL: Final = "https://chromemanagement.googleapis.com"
SCOPE: Final = "https://www.googleapis.com/auth/chrome.management.certprov.provisioningprocess"
RSA_SHA256: Final = "SIGNATURE_ALGORITHM_RSA_PKCS1_V1_5_SHA256"

_TRIES: Final = 6
_LONGEST_WAIT: Final = 60.0  # seconds
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_CONFLICTS: Final = frozenset({"ABORTED", "ALREADY_EXISTS", "FAILED_PRECONDITION"})

Pause = Callable[[float], Awaitable[None]]  # seconds; raises InterruptedByShutdownError


class Tokens(Protocol):
    """Where access tokens come from."""

    async def token(self) -> str:
        """A token that is good for a while.

        Raises:
            DeniedError: the account gets none.
            UnreachableError: nobody gives any at the moment.
        """
        ...

    def forget(self) -> None:
        """The last one was refused: get another."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A long-running operation: what signing is."""

    name: str
    done: bool
    error: str  # why it failed; empty: it has not
    process: object  # the process with its signature, once it is done


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromeApi:
    """Calls Google.

    Attributes:
        client: brings connections and timeouts.
        tokens: prove who calls.
        pause: waits between attempts.
        jitter: a number from 0 to 1, so that adapters that were refused together do not return together.
        base: scheme and host of the API.
        first_wait: seconds before the second attempt; doubled before each further one.
    """

    client: httpx.AsyncClient
    tokens: Tokens
    pause: Pause
    jitter: Callable[[], float]
    base: str = BASE_URL
    first_wait: float = 1.0

    async def get(self, resource: str) -> object:
        """The process as JSON values."""
        return await self._call("GET", resource)

    async def claim(self, resource: str, instance: str) -> None:
        """Make the process ours; succeeds again and again for the same `instance`, and never for another one.

        Raises:
            ConflictError: another instance has it.
        """
        await self._call("POST", f"{resource}:claim", {"callerInstanceId": instance})

    async def sign(self, resource: str, data: bytes) -> Operation:
        """Ask the device for a signature with its RSA key, SHA-256 and PKCS #1 v1.5."""
        body = {"signData": base64.b64encode(data).decode(), "signatureAlgorithm": RSA_SHA256}
        return _operation(await self._call("POST", f"{resource}:signData", body))

    async def operation(self, name: str) -> Operation:
        """How far signing has come."""
        return _operation(await self._call("GET", name))

    async def upload(self, resource: str, pem: str) -> None:
        """Hand over the certificate; the device fetches it from Google."""
        await self._call("POST", f"{resource}:uploadCertificate", {"certificatePem": pem})

    async def fail(self, resource: str, message: str) -> None:
        """End the process; the message is shown on the device."""
        await self._call("POST", f"{resource}:setFailure", {"errorMessage": message})

    async def _call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> object:
        wait, attempt, renewed = self.first_wait, 1, False
        while True:
            try:
                return await self._once(method, path, body)
            except UnreachableError as error:
                if attempt == _TRIES:
                    raise
                asked = error.retry_after
            except DeniedError as error:
                if error.status != httpx.codes.UNAUTHORIZED or renewed:
                    raise
                renewed = True
                self.tokens.forget()
                continue
            await self.pause(min(max(asked, wait * (0.5 + self.jitter())), _LONGEST_WAIT))
            wait, attempt = wait * 2, attempt + 1

    async def _once(self, method: str, path: str, body: Mapping[str, str] | None) -> object:
        headers = {"Authorization": f"Bearer {await self.tokens.token()}"}
        url = f"{self.base}/v1/{path}"
        try:
            answer = await self.client.request(method, url, json=body, headers=headers)
        except httpx.TransportError as error:
            raise UnreachableError(f"{method} {path}: {type(error).__name__}") from error
        if answer.is_success:
            return _json(answer, path)
        raise _error(answer, f"{method} {path}")


def _json(answer: httpx.Response, path: str) -> object:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{path}: Google's answer is no JSON") from error


def _error(answer: httpx.Response, what: str) -> ApiError:
    """The error of an answer that is not 2xx (google.rpc.Status in JSON)."""
    try:
        status = json.loads(answer.content)["error"]
        code, message = str(status.get("status", "")), str(status.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        code, message = "", ""
    reason = f"{what}: {answer.status_code} {code} {message[:300]}".rstrip()
    if answer.status_code in _AGAIN:
        retry_after = answer.headers.get("Retry-After", "")
        seconds = float(retry_after) if retry_after.isdigit() else 0.0
        return UnreachableError(reason, status=answer.status_code, code=code, retry_after=seconds)
    return _kind(answer.status_code, code)(reason, status=answer.status_code, code=code)


def _kind(status: int, code: str) -> type[ApiError]:
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return DeniedError
    if status == httpx.codes.NOT_FOUND:
        return GoneError
    if status in {httpx.codes.CONFLICT, httpx.codes.PRECONDITION_FAILED} or code in _CONFLICTS:
        return ConflictError
    return RejectedError


def _operation(document: object) -> Operation:
    if not isinstance(document, dict) or not isinstance(document.get("name"), str):
        raise UnreadableError("Google's answer is no long-running operation")
    error, response = document.get("error"), document.get("response")
    return Operation(
        name=document["name"],
        done=document.get("done") is True,
        error=str(error.get("message") or error.get("code") or "no reason")
        if isinstance(error, dict)
        else "",
        process=response.get("certificateProvisioningProcess") if isinstance(response, dict) else None,
    )
