"""What a CSR may ask for: a policy as data (`rules`) and the one function that holds a request against it."""

from scep_server.policy.authorizing import authorize
from scep_server.policy.rules import (
    AltNameRule,
    Approval,
    Grant,
    Identity,
    IssuancePolicy,
    Marker,
    Pattern,
    Slot,
)

__all__ = [
    "AltNameRule",
    "Approval",
    "Grant",
    "Identity",
    "IssuancePolicy",
    "Marker",
    "Pattern",
    "Slot",
    "authorize",
]
