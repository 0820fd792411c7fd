"""How a request ends badly: without a reply, with a uniform refusal, or with a reasoned one.

ScepError
├── UnanswerableError          HTTP 400: not SCEP at all, no reply can be addressed
└── RequestRejectedError       CertRep FAILURE with a failInfo
    └── UnprovenSenderError    same failInfo and text for every cause: nothing proves possession yet
"""

from __future__ import annotations

from scep_server.messages import FailInfo

LONGEST = 600  # characters of a sentence that is told or logged


def bounded(text: str, longest: int = LONGEST) -> str:
    """A text for people, its middle left out where it is longer: what it repeats may be a stranger's."""
    if len(text) <= longest:
        return text
    head, tail = text[: longest * 2 // 3], text[-longest // 3 :]
    return f"{head}… ({len(text) - len(head) - len(tail)} characters more) …{tail}"


class ScepError(Exception):
    """Base of what the core raises on purpose. The text is for the log, never for the wire by itself."""

    def __init__(self, text: str = "") -> None:
        super().__init__(bounded(text))


class UnanswerableError(ScepError):
    """The bytes carry no transactionID or signer to answer to."""


class RequestRejectedError(ScepError):
    """The request is refused.

    Attributes:
        fail_info: what the device is told (RFC 8894 §3.2.1.4).
        reason: what failed, for the log.
        remedy: what the administrator can do, for the log.
        public: failInfoText for the device.
    """

    def __init__(self, fail_info: FailInfo, reason: str, *, remedy: str, public: str = "") -> None:
        super().__init__(reason)
        self.fail_info = fail_info
        self.reason = bounded(reason)
        self.remedy = bounded(remedy)
        self.public = bounded(public or reason)


class UnprovenSenderError(RequestRejectedError):
    """Something failed before the sender proved possession of the key in its CSR.

    Every cause gets badMessageCheck and one text, otherwise the answer is a decryption oracle
    (RFC 3218 §2.3); `reason` goes to the log only.
    """

    PUBLIC = "the request could not be read"
    REMEDY = (
        "let the client fetch GetCACert and ask anew; if this comes back, something on the way changes its "
        "messages, or the client is broken"
    )

    def __init__(self, reason: str, *, remedy: str = "") -> None:
        super().__init__(FailInfo.BAD_MESSAGE_CHECK, reason, remedy=remedy or self.REMEDY, public=self.PUBLIC)
