"""The artifacts that a rehearsal is given, and nothing else: from memory, or from a generated folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from onboard.artifact import Artifact
from onboard.errors import OnboardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One artifact as a device or its administrator receives it."""

    path: str
    group: str
    platform: str
    kind: str
    content: bytes = field(repr=False)  # may hold a challenge

    @classmethod
    def of(cls, artifact: Artifact) -> Given:
        """The artifact in memory."""
        return cls(
            path=artifact.path,
            group=artifact.group,
            platform=artifact.platform.value,
            kind=artifact.kind,
            content=artifact.content,
        )


def read_folder(folder: Path) -> tuple[Given, ...]:
    """The artifacts of a folder that `onboard generate` wrote, as its manifest lists them.

    Raises:
        OnboardError: no manifest, or a file that is absent or not the one listed.
    """
    manifest = folder / "manifest.json"
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))["artifacts"]
        return tuple(_read(folder, entry) for entry in listed)
    except OSError as error:
        msg = f"{error.filename} cannot be read: {error.strerror}"
        raise OnboardError(msg, hint="run 'onboard generate' first") from error
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{manifest} is no manifest of 'onboard generate'"
        raise OnboardError(msg) from error


def _read(folder: Path, entry: dict[str, str]) -> Given:
    path = folder / entry["path"]
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        msg = f"{path} is not the file that the manifest lists"
        raise OnboardError(msg, hint="run 'onboard generate' again")
    return Given(
        path=entry["path"],
        group=entry["group"],
        platform=entry["platform"],
        kind=entry["kind"],
        content=content,
    )
