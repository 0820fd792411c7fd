"""Which policy of an endpoint a request is for, where the endpoint has one for each kind of certificate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from scep_server.errors import RequestRejectedError
from scep_server.messages import Csr
from scep_server.policy.authorizing import authorize
from scep_server.policy.rules import Approval, Grant, IssuancePolicy, Pattern

_LONGEST = 1024  # characters of a value that are looked at


def authorize_any(csr: Csr, policies: Sequence[IssuancePolicy], grant: Grant) -> Approval:
    """Hold a request against each policy in order; the first that it fits decides.

    Where the grant knows an identity, only policies whose subject it knows as a whole are asked: a challenge
    that was minted for a person gives no computer's certificate. If none is, those that hold anything of the
    identity are asked, and if none does, all.

    Args:
        csr: a request that proved possession of its key.
        policies: of the endpoint, at least one.
        grant: of what vouches for the request.

    Raises:
        RequestRejectedError: no policy is met; the reason is that of the one whose subject is nearest to the
            request's, of equally near ones the first.
    """
    if len(policies) == 1:
        return authorize(csr, policies[0], grant)
    refusals: list[tuple[int, RequestRejectedError]] = []
    for policy in _candidates(policies, grant):
        try:
            return authorize(csr, policy, grant)
        except RequestRejectedError as refusal:
            refusals.append((_distance(csr, policy), refusal))
    raise min(refusals, key=lambda found: found[0])[1]


def _candidates(policies: Sequence[IssuancePolicy], grant: Grant) -> Sequence[IssuancePolicy]:
    if not grant.bound:
        return policies
    whole = [policy for policy in policies if _subject_variables(policy) <= grant.bound.keys()]
    return whole or [policy for policy in policies if grant.bound.keys() & set(policy.variables)] or policies


def _subject_variables(policy: IssuancePolicy) -> set[str]:
    return {name for _, pattern in policy.subject for name in pattern.variables}


def _distance(csr: Csr, policy: IssuancePolicy) -> int:
    """In how many attributes the subject of a request differs from what a policy demands."""
    asked = Counter(attribute.oid for attribute in dict.fromkeys(csr.subject))
    granted = Counter(oid for oid, _ in policy.subject)
    types = (asked - granted).total() + (granted - asked).total()
    return types + sum(not _is_met(csr, policy, oid, pattern) for oid, pattern in policy.subject)


def _is_met(csr: Csr, policy: IssuancePolicy, oid: str, pattern: Pattern) -> bool:
    """Whether a value of the request has the form that a pattern gives it."""
    expression = "".join(
        re.escape(part) if isinstance(part, str) else f"(?:{policy.forms[part.variable]})"
        for part in pattern.parts
    )
    values = (attribute.value[:_LONGEST] for attribute in csr.subject if attribute.oid == oid)
    return any(re.fullmatch(expression, value) for value in values)
