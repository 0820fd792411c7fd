"""`onboard explain`: what a payload will do to a device, in words, whoever made it.

Each format has one module with a line in `EXPLAINERS`. Nothing secret is repeated: a challenge or password is
said to be there, never what it is. Whether the payload is any good is lint's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onboard.errors import PayloadError
from onboard.explain import apple, chromeos, intune, windows
from onboard.explain.section import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """A file format and who can put it in words."""

    name: str  # as people say it: "Apple mobileconfig"
    recognises: Callable[[bytes], bool]
    explain: Callable[[str, bytes], tuple[Section, ...]]


EXPLAINERS: tuple[Explainer, ...] = (
    Explainer(name="Apple mobileconfig", recognises=apple.recognises, explain=apple.explain),
    Explainer(name="ONC", recognises=chromeos.recognises, explain=chromeos.explain),
    # before Windows, whose profiles a bundle holds
    Explainer(name="bundle for Intune", recognises=intune.recognises, explain=intune.explain),
    Explainer(name="Windows profile or SyncML", recognises=windows.recognises, explain=windows.explain),
)


def explain(path: str, content: bytes) -> tuple[Section, ...]:
    """What a payload will do, as sections of sentences in the order in which a device acts.

    Args:
        path: the file's name, for errors only; the format is told by the content.
        content: the whole file.

    Raises:
        PayloadError: the file is of no known format, or cannot be read.
    """
    for known in EXPLAINERS:
        if known.recognises(content):
            return known.explain(path, content)
    raise PayloadError(
        f"{path}: this is no payload that onboard can explain",
        hint=f"known formats: {', '.join(known.name for known in EXPLAINERS)}",
    )
