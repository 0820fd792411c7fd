"""How talking to Google goes wrong, by what is to be done about it."""

from __future__ import annotations


class AdapterError(Exception):
    """Base of what the adapter raises on purpose; the text is for the log."""


class InterruptedByShutdownError(AdapterError):
    """The adapter stops; whatever waited here is delivered again, to it or to another one."""


class ApiError(AdapterError):
    """Google did not do what it was asked for.

    Attributes:
        status: HTTP status; 0 where there was no answer.
        code: name of a google.rpc.Code, such as FAILED_PRECONDITION; may be empty.
    """

    def __init__(self, reason: str, *, status: int = 0, code: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


class UnreachableError(ApiError):
    """No answer, 429 or 5xx: the same call can succeed later.

    Attributes:
        retry_after: seconds that Google asks to wait; 0 where it asks for nothing.
    """

    def __init__(self, reason: str, *, status: int = 0, code: str = "", retry_after: float = 0.0) -> None:
        super().__init__(reason, status=status, code=code)
        self.retry_after = retry_after


class DeniedError(ApiError):
    """401 or 403: the adapter's account lacks a right; nothing works until somebody acts."""


class GoneError(ApiError):
    """404: Google does not know the process, or no longer."""


class ConflictError(ApiError):
    """The process is in another state than the call needs: claimed by another, signing, or finished."""


class RejectedError(ApiError):
    """Any other 4xx: the call as such is wrong."""


class UnreadableError(AdapterError):
    """A notification or an answer is not what Google documents."""
