"""Holds a request against a policy."""

from __future__ import annotations

from scep_server.messages import Csr
from scep_server.policy.rules import Approval, Grant, IssuancePolicy


def authorize(csr: Csr, policy: IssuancePolicy, grant: Grant) -> Approval:
    """Hold a request against a policy.

    Args:
        csr: a request that proved possession of its key.
        policy: of the endpoint that it came to.
        grant: of the challenge that it brought.

    Raises:
        RequestRejectedError: badRequest (RFC 8894 §3.2.1.4.5), with the reason and a remedy.
    """
    raise NotImplementedError
