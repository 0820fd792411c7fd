"""What a CSR may ask for: policies as data (`rules`), and what holds a request against one or several."""

from scep_server.policy.authorizing import authorize
from scep_server.policy.choosing import authorize_any
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
    "authorize_any",
]
