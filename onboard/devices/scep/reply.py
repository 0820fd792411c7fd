"""Whether a CertRep belongs to a request, and what its pkiStatus says (RFC 8894 §3.2.1, §3.3.2)."""

from __future__ import annotations

import hmac

from onboard.devices.errors import FailInfo, ReplyRejectedError, ScepFailureError, ScepPendingError
from onboard.devices.scep.signed_message import ReplyAttributes

_CERT_REP = "3"


def check_belongs(attributes: ReplyAttributes, transaction_id: str, sender_nonce: bytes) -> None:
    """Raises ReplyRejectedError for the answer to another request, or to nobody's."""
    if attributes.message_type != _CERT_REP:
        msg = f"messageType is {attributes.message_type!r}, not 3 (CertRep)"
        raise ReplyRejectedError(msg)
    if attributes.transaction_id != transaction_id:
        msg = "the reply belongs to another transaction"
        raise ReplyRejectedError(msg)
    if not hmac.compare_digest(attributes.recipient_nonce, sender_nonce):
        msg = "recipientNonce is not the senderNonce of the request"
        raise ReplyRejectedError(msg)
    if not attributes.sender_nonce or attributes.sender_nonce == sender_nonce:
        msg = "senderNonce is absent or echoed; §3.2.1.5 demands a fresh one"
        raise ReplyRejectedError(msg)


def check_status(attributes: ReplyAttributes) -> None:
    """Returns where the status is SUCCESS.

    Raises:
        ScepFailureError: FAILURE, with failInfo.
        ScepPendingError: PENDING.
        ReplyRejectedError: none of the three.
    """
    match attributes.pki_status:
        case "0":
            return
        case "2":
            if attributes.fail_info not in {str(info.value) for info in FailInfo}:
                msg = f"pkiStatus is FAILURE and failInfo {attributes.fail_info!r} is no code of §3.2.1.4"
                raise ReplyRejectedError(msg)
            raise ScepFailureError(FailInfo(int(attributes.fail_info)), attributes.fail_info_text)
        case "3":
            raise ScepPendingError(attributes.transaction_id)
    msg = f"pkiStatus is {attributes.pki_status!r}, which is none of 0, 2 and 3"
    raise ReplyRejectedError(msg)
