"""What a simulated device may complain about: its artifact, the SCEP server, the answer, the network.

DeviceError                the artifact is at fault; names the field
ScepError                  enrolment did not work
├── ScepTransportError     nothing that SCEP would call an answer came back
├── CaUntrustedError       GetCACert gave no certificate that the artifact pins
├── RaSelectionError       GetCACert gave no certificate this client can encrypt to and verify with
├── ReplyRejectedError     an answer came, and a client must not believe it
├── ScepFailureError       the server said FAILURE; carries failInfo and failInfoText
└── ScepPendingError       the server said PENDING
EapolError                 the device could not be put before the RADIUS server at all
RadiusError                a RADIUS server gave no answer that can be believed or understood
"""

from __future__ import annotations

import enum

from onboard.errors import OnboardError


class DeviceError(OnboardError):
    """An artifact that the real device would refuse or misread; `field` is the place inside it."""

    def __init__(self, field: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{field}: {message}", hint=hint)
        self.field = field


class ScepError(OnboardError):
    """Enrolment did not work."""


class ScepTransportError(ScepError):
    """No connection, an HTTP error, or a content type that this client refuses."""


class CaUntrustedError(ScepError):
    """The pinned CA certificate is not among those that the server sent or the device holds."""


class RaSelectionError(ScepError):
    """No certificate of GetCACert has the key usages by which this client chooses its RA."""


class ReplyRejectedError(ScepError):
    """The reply does not verify, does not belong to the request, or holds the wrong certificate."""


class FailInfo(enum.Enum):
    """RFC 8894 §3.2.1.4."""

    BAD_ALG = 0
    BAD_MESSAGE_CHECK = 1
    BAD_REQUEST = 2
    BAD_TIME = 3
    BAD_CERT_ID = 4


class ScepFailureError(ScepError):
    """The server refused: `fail_info` is its code, `fail_info_text` its words (§3.2.1.4, optional)."""

    def __init__(self, fail_info: FailInfo, fail_info_text: str = "") -> None:
        name = fail_info.name.replace("_", " ").title().replace(" ", "")
        code = name[0].lower() + name[1:]
        super().__init__(
            f"the server refused with {code}" + (f": {fail_info_text}" if fail_info_text else "")
        )
        self.fail_info = fail_info
        self.fail_info_text = fail_info_text


class ScepPendingError(ScepError):
    """The server wants a person to decide first; `transaction_id` is what a poll would name."""

    def __init__(self, transaction_id: str, *, hint: str = "") -> None:
        super().__init__("the server answered PENDING: somebody has to approve this request", hint=hint)
        self.transaction_id = transaction_id


class EapolError(OnboardError):
    """FreeRADIUS or eapol_test is absent, did not start, or said nothing that can be read."""


class RadiusError(OnboardError):
    """No answer of the RADIUS server, or one that is not signed, not for us, or not RADIUS with EAP."""
