"""What a Windows device asks for: subject and alternative names as text, challenge, key usages.

CSP and COM take the subject as X.500 text (CertStrToName), the CSP alternative names as `type+value` pairs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from onboard.errors import PayloadError
from onboard.names import EXTENDED_KEY_USAGES, AltNameKind
from onboard.plan import GroupPlan, challenge_template
from onboard.variables import CHALLENGE

# AlternativeNameType of CertEnroll; the CSP uses the same numbers.
ALT_NAME_TYPES: Mapping[AltNameKind, int] = {
    AltNameKind.RFC822: 2,
    AltNameKind.DNS: 3,
    AltNameKind.URI: 7,
    AltNameKind.UPN: 11,
}

KEY_USAGE = 0xA0  # digitalSignature | keyEncipherment; the CSP refuses a mask with neither

# Keys that CertStrToName knows under another name than RFC 4514, or not at all.
_X500_KEYS: Mapping[str, str] = {"ST": "S", "UID": "OID.0.9.2342.19200300.100.1.1"}

# Everything else is quoted: a separator inside a value, and also a variable, whose value is not known yet.
_PLAIN = re.compile(r"[A-Za-z0-9@._-]+(?: [A-Za-z0-9@._-]+)*")

_PRINTABLE_STRING = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")  # X.680, 41.4


def subject_name(plan: GroupPlan, spelling: Callable[[str], str]) -> str:
    """The subject as X.500 text, e.g. `CN="${user.email}",OU=staff,O=Northwind University`."""
    return ",".join(
        f"{x500_key(part.type.short)}={quote(part.value.spell(spelling))}" for part in plan.scep.subject
    )


def x500_key(short: str) -> str:
    """The attribute's key as CertStrToName reads it."""
    return _X500_KEYS.get(short, short)


def quote(value: str) -> str:
    """A value of X.500 text: in quotation marks, its own doubled, unless it is plain.

    A backslash is no escape here: the request would carry it, and the CA would compare another subject.
    """
    return value if _PLAIN.fullmatch(value) else '"' + value.replace('"', '""') + '"'


def subject_alt_names(plan: GroupPlan, spelling: Callable[[str], str]) -> str:
    """Install/SubjectAlternativeNames, e.g. `2+ada@northwind.example;11+ada@northwind.example`; may be empty.

    Raises:
        PayloadError: a value holds the separator, for which the CSP has no escape.
    """
    pairs = []
    for name in plan.scep.subject_alt_names:
        value = name.value.spell(spelling)
        if ";" in value:
            msg = f"group {plan.group!r}: {name.kind} {str(name.value)!r} holds ';', to Windows a separator"
            raise PayloadError(msg, hint="use a value without ';' in the profile's subject_alt_names")
        pairs.append(f"{ALT_NAME_TYPES[name.kind]}+{value}")
    return ";".join(pairs)


def ekus(plan: GroupPlan) -> str:
    """Install/EKUMapping: OIDs joined by '+'."""
    return "+".join(EXTENDED_KEY_USAGES[usage] for usage in plan.profile.extended_key_usages)


def challenge(plan: GroupPlan, spelling: Callable[[str], str]) -> str:
    """The challenge as text, or how `spelling` writes `${challenge}`.

    Raises:
        PayloadError: a known challenge has characters that Windows cannot put into a request.
    """
    if plan.scep.challenge is not None:
        check_challenge(plan.group, plan.scep.challenge.reveal())
    return challenge_template(plan).spell(spelling)


def check_challenge(group: str, text: str) -> None:
    """A challenge is printable ASCII; outside PrintableString some Windows clients refuse it, and lint warns.

    Raises:
        PayloadError: it holds another character (which one is not said: it is a part of the secret).
    """
    if not (text.isascii() and text.isprintable()):
        msg = f"group {group!r}: the challenge has a character that Windows cannot send (windows-21)"
        raise PayloadError(msg, hint="use letters, digits, blanks and '()+,-./:=? only")


def is_printable_string(text: str) -> bool:
    """Whether the text can be an ASN.1 PrintableString."""
    return _PRINTABLE_STRING.fullmatch(text) is not None


def has_secret(plan: GroupPlan, spelling: Callable[[str], str]) -> bool:
    """Whether `challenge` gives a challenge itself and not the place of one.

    Every dialect marks a place with a character that no challenge for Windows can have (`$`, `{`, `%`).
    """
    return plan.scep.challenge is not None or is_printable_string(spelling(CHALLENGE))
