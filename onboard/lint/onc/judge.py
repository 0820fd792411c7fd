"""What the checks share: the file's mode, the findings, and typed looks into JSON objects."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from onboard.errors import Finding, Severity
from onboard.lint.jsonfile import Json
from onboard.lint.onc.rules import RULES

Object = Mapping[str, Json]


class Mode(enum.Enum):
    """Where a file goes; ChromeOS is strict about different things in each place."""

    DEVICE_POLICY = "device policy"
    USER_POLICY = "user policy"
    IMPORT = "import by hand"


@dataclass(slots=True, kw_only=True)
class Judge:
    """Findings of one file in one mode."""

    path: str
    mode: Mode
    findings: list[Finding] = field(default_factory=list)

    def say(self, rule: str, where: str, message: str, hint: str = "") -> None:
        """Report a breach of a rule of the table."""
        self.findings.append(
            Finding(
                path=self.path,
                where=where,
                rule=f"onc-{rule}",
                severity=RULES[rule].severity,
                message=message,
                hint=hint or _consequence(rule, where),
            )
        )


def text(found: Object, name: str) -> str:
    """A string field, empty when it is absent or of another type."""
    value = found.get(name)
    return value if isinstance(value, str) else ""


def child(found: Object, name: str) -> Object | None:
    """An object field, None when it is absent or of another type."""
    value = found.get(name)
    return value if isinstance(value, dict) else None


def children(found: Object, name: str) -> tuple[tuple[str, Object], ...]:
    """The objects of a list field, each with its place."""
    value = found.get(name)
    listed = value if isinstance(value, list) else []
    return tuple((f"{name}[{i}]", item) for i, item in enumerate(listed) if isinstance(item, dict))


def strings(found: Object, name: str) -> tuple[str, ...]:
    """The strings of a list field."""
    value = found.get(name)
    listed = value if isinstance(value, list) else []
    return tuple(item for item in listed if isinstance(item, str))


def _consequence(rule: str, where: str) -> str:
    if not rule.isdigit() or RULES[rule].severity is not Severity.ERROR:
        return ""  # only what Chromium refuses has a consequence that it does not show
    if where.startswith("NetworkConfigurations["):
        return "ChromeOS drops the whole network and says so in a log only"
    if where.startswith("Certificates["):
        return "ChromeOS drops the certificate, and every network that refers to it"
    return ""
