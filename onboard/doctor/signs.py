"""What a person sees on the device when a client fails: almost nothing, so it helps to know it.

`sign` says what a fault at the server looks like there; `troubles` says what something that was seen means.
"""

from __future__ import annotations

import re

from onboard.doctor.clients import APPLE, WINDOWS
from onboard.doctor.finding import Check, Finding, Outcome
from onboard.payloads.windows.troubles import TROUBLES, Trouble

_UNREACHED = frozenset({Check.REACHABLE, Check.PATH, Check.TLS})
_LATER = frozenset({Check.RENEWAL, Check.RETRANSMISSION, Check.CERTIFICATE})
_REFUSED, _UNKNOWN = (
    next(trouble.sign for trouble in TROUBLES if trouble.name == f"SCEP {status}") for status in (16, 32)
)
_WORDS = re.compile(r"-?[0-9a-z]+(?:[.-][0-9a-z]+)*")
_NUMBER = re.compile(r"-?[0-9]+|(?:0x)?[0-9a-f]{8}")


def sign(finding: Finding) -> str:
    """What the device shows; empty where it shows nothing, or nothing that is known."""
    if finding.outcome is not Outcome.FAILS or finding.check in _LATER:
        return ""
    if finding.client == WINDOWS.name:
        return _UNKNOWN if finding.check in _UNREACHED else _REFUSED
    return "profile installation failed, without a reason" if finding.client == APPLE.name else ""


def troubles(text: str) -> tuple[Trouble, ...]:
    """What can be meant by something that was seen, the nearest first; empty if nothing is known of it.

    Args:
        text: a number as a device or console shows it (`1206`, `0x87D1FDE8`, `-2016281112`), or words
            (`SCEP 16`, `TPM`, `TLS 1.3 NPS`); capital or small letters.
    """
    asked = _words(text)
    if not asked:
        return ()
    named = [trouble for trouble in TROUBLES if asked <= _words(trouble.name) or _is_code(trouble, text)]
    told = [trouble for trouble in TROUBLES if asked <= _words(f"{trouble.sign} {trouble.cause}")]
    return tuple(dict.fromkeys((*named, *told)))


def known_names() -> tuple[str, ...]:
    """What `troubles` knows, shortly."""
    return tuple(trouble.name for trouble in TROUBLES)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(text.lower()))


def _is_code(trouble: Trouble, text: str) -> bool:
    """Consoles show the same 32 bits in hexadecimal, or as a signed number."""
    word = text.strip().lower()
    if not _NUMBER.fullmatch(word):
        return False
    readings = {int(word, base) & 0xFFFFFFFF for base in (10, 16) if _reads(word, base)}
    return not readings.isdisjoint(trouble.codes)


def _reads(word: str, base: int) -> bool:
    return word.lstrip("-").isdecimal() if base == 10 else len(word) >= 8 and not word.startswith("-")
