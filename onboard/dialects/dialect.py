"""What there is to know of one MDM's way to write variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from onboard.errors import VariableError
from onboard.variables import CHALLENGE, KNOWN_WHEN_MADE


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A subject attribute by which an MDM finds the certificate that it must renew.

    The SCEP server has to take it although the EnrollmentProfile does not name it; `form` says what arrives.
    """

    attribute: str  # key of names.ATTRIBUTES
    text: str  # as the payload writes it; empty where the MDM adds the attribute by itself
    form: str  # regular expression over the whole value that reaches the server

    def matches(self, value: str) -> bool:
        """Whether a value that a device sent can be this marker."""
        return re.fullmatch(self.form, value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """How an MDM renews certificates that a profile fetched."""

    how: str  # a sentence for the administrator: what to set, or what to do by hand
    marker: Marker | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One MDM, as `--mdm NAME` knows it."""

    name: str
    title: str
    spellings: Mapping[str, Mapping[str, str]]  # platform as in org.yaml -> variable -> as written there
    refusals: Mapping[str, str] = field(default_factory=dict)  # variable -> why it has no spelling
    one_time: str  # why `${challenge}` has no spelling, and the cure
    renewal: Renewal
    source: str

    @property
    def platforms(self) -> frozenset[str]:
        """Platforms whose payloads this MDM takes."""
        return frozenset(self.spellings)

    def spelling(self, platform: str, needed: Iterable[str]) -> Callable[[str], str]:
        """How variables are written in payloads of `platform`.

        Args:
            platform: as in org.yaml; one of `platforms`.
            needed: the variables that the payloads will ask for, `challenge` included where it is one-time.

        Raises:
            VariableError: some have no spelling, each named with its reason, or the platform is foreign.
        """
        needed = tuple(dict.fromkeys(needed))
        if platform not in self.spellings:
            raise VariableError(
                f"{self.title} takes no payloads for {platform}",
                needed,
                hint=f"it takes them for {', '.join(sorted(self.platforms))}",
            )
        known = self.spellings[platform]
        missing = [n for n in needed if n not in known and n not in KNOWN_WHEN_MADE]
        if missing:
            reasons = "; ".join(f"${{{name}}}: {self._reason(name)}" for name in missing)
            raise VariableError(f"{self.title} has no spelling for {reasons}", missing, hint=_cure(missing))
        return known.__getitem__

    def _reason(self, name: str) -> str:
        if name == CHALLENGE:
            return self.one_time
        return self.refusals.get(name, "it has no such variable, or none that is documented")


def _cure(missing: list[str]) -> str:
    if missing == [CHALLENGE]:
        return "use a static challenge for the group, or personal payloads (generate --for)"
    return "use another variable in the group's profile, or personal payloads (generate --for)"
