"""From bytes to a verified request: parse within bounds, then check the outer signature."""

from __future__ import annotations

from scep_server.pkimessage.stages import SignedRequest, VerifiedRequest


def parse(message: bytes) -> SignedRequest:
    """Parse a pkiMessage without believing it.

    Raises:
        UnanswerableError: for any bytes that give no transaction or signer to answer to.
    """
    raise NotImplementedError


def verify(signed: SignedRequest) -> VerifiedRequest:
    """Verify the outer signature with the key of the signer's own certificate.

    Raises:
        RequestRejectedError: badAlg for MD5 and unknown digests or signature algorithms.
        UnprovenSenderError: the signature or messageDigest does not fit.
    """
    raise NotImplementedError
