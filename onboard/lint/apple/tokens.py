"""Variables inside values of a profile: the neutral `${name}`, the MDMs' spellings, and macOS's own `%Name%`.

A value that holds one is not the final text, so rules on form and length leave it alone.
"""

from __future__ import annotations

import re

_NEUTRAL = re.compile(r"\$\{([^${}A-Z]*)\}")  # ours are lower case: ${user.email}
_MDM = re.compile(
    r"\$\{[A-Z][A-Z0-9_]+\}"  # Fleet, in braces
    r"|\$[A-Z][A-Z0-9_]{2,}(?:\.[A-Z_]+)?"  # Fleet, Jamf, Kandji, Zentral
    r"|\{\{[^{}]+\}\}"  # Intune, SimpleMDM
    r"|(?<![${])\{[A-Za-z]{4,}\}"  # Workspace ONE
    r"|%[A-Za-z_]{4,}%"  # Mosyle, SOTI, macOS
)
# Filled in by macOS itself, in SCEP, ACME and 802.1X payloads: they are final even in a signed profile.
_MACOS = frozenset(
    f"%{name}%"
    for name in (
        "AD_ComputerID",
        "AD_Domain",
        "AD_DomainForestName",
        "AD_DomainGuid",
        "AD_DomainNameDNS",
        "AD_KerberosID",
        "ComputerName",
        "HardwareUUID",
        "HostName",
        "LocalHostName",
        "MACAddress",
        "SerialNumber",
    )
)


def neutral_variables(text: str) -> tuple[str, ...]:
    """Names inside `${...}`."""
    return tuple(_NEUTRAL.findall(text))


def unexpanded(text: str) -> tuple[str, ...]:
    """Every variable that somebody has yet to fill in before a device gets the profile, as written."""
    found = [match.group() for match in (*_NEUTRAL.finditer(text), *_MDM.finditer(text))]
    return tuple(token for token in dict.fromkeys(found) if token not in _MACOS)


def is_final(text: str) -> bool:
    """Whether the text holds no variable of any kind."""
    return not (_NEUTRAL.search(text) or _MDM.search(text))
