"""What every EAP-TLS client is told, whatever its file format: whom to trust and what to call itself."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from onboard.names import AltNameKind
from onboard.plan import GroupPlan
from onboard.variables import Template


class IdentitySource(enum.Enum):
    """The place in the client certificate that repeats the EAP identity."""

    EMAIL = "rfc822 alternative name"
    UPN = "user principal name"
    COMMON_NAME = "common name"
    NONE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The EAP-Response/Identity of a member (RFC 3748 §5.1), and where the certificate repeats it."""

    source: IdentitySource
    value: Template


def identity(plan: GroupPlan) -> Identity:
    """The identity a client sends; RADIUS sees the same text in the certificate.

    An address is preferred, because a realm is what proxies route by. A profile that has neither an address
    nor a common name falls back to the group's key: some identity must be sent, and the certificate decides.
    """
    names = {name.kind: name.value for name in reversed(plan.scep.subject_alt_names)}
    if AltNameKind.RFC822 in names:
        return Identity(source=IdentitySource.EMAIL, value=names[AltNameKind.RFC822])
    if AltNameKind.UPN in names:
        return Identity(source=IdentitySource.UPN, value=names[AltNameKind.UPN])
    for part in plan.scep.subject:
        if part.type.key == "common_name":
            return Identity(source=IdentitySource.COMMON_NAME, value=part.value)
    return Identity(source=IdentitySource.NONE, value=Template((plan.group,)))


def all_exact(server_names: tuple[str, ...]) -> bool:
    """Whether no name has a wildcard, so that a client may be told to compare whole names."""
    return not any(name.startswith("*.") for name in server_names)


def domain_suffixes(server_names: tuple[str, ...]) -> tuple[str, ...]:
    """The names as label-wise suffixes, each once: `*.radius.example` becomes `radius.example`.

    A suffix also accepts the name itself and names more than one label below it; that is the nearest that
    clients without wildcards can be told.
    """
    return tuple(dict.fromkeys(name.removeprefix("*.") for name in server_names))
