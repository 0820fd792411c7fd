"""Opening the envelope of a verified request without becoming an oracle for it."""

from __future__ import annotations

from collections.abc import Sequence

from scep_server.algorithms import AlgorithmPolicy
from scep_server.pkimessage.stages import OpenedRequest, Recipient, VerifiedRequest


def open_request(
    verified: VerifiedRequest,
    recipients: Sequence[Recipient],
    *,
    algorithms: AlgorithmPolicy,
    substitute_key: bytes,
) -> OpenedRequest:
    """Decrypt the envelope.

    Raises:
        RequestRejectedError: badAlg, judged from algorithm identifiers alone, before any decryption.
        UnprovenSenderError: no envelope, or none of the recipients is addressed.
    """
    raise NotImplementedError
