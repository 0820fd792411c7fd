"""Writes checked artifacts and the manifest to a folder: whole files or nothing, secrets for the owner alone.

Order: new files, then stale ones away, then the manifest. A run that is cut short leaves the old manifest,
and with it the list of what is ours, so that the next run completes the work. Files are not forced to the
disk one by one: what a power cut tears, the next run finds different and writes again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from onboard.artifact import Artifact
from onboard.compose import CheckedArtifact, manifest_entry
from onboard.errors import OnboardError
from onboard.output.partial import Partials, partials

MANIFEST = "manifest.json"
Entry = Mapping[str, object]  # one artifact as the manifest lists it


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a write did; paths relative to the output folder, in order."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]  # stale files of ours that somebody changed since; left alone


def write(
    folder: Path,
    organization: str,
    artifacts: Iterable[CheckedArtifact],
    *,
    replaces: Callable[[str, str], bool] = lambda _group, _platform: True,
) -> Report:
    """Bring `folder` to exactly these artifacts.

    Args:
        folder: made if absent.
        organization: the organization's identifier, for the manifest.
        artifacts: everything that the selection produced.
        replaces: says for (group, platform) of an earlier entry whether this run speaks for it; entries it
            does not speak for stay as they are.

    Raises:
        OnboardError: the folder cannot be written, or holds another organization's output.
    """
    new = {checked.artifact.path: checked.artifact for checked in artifacts}
    try:
        with partials(folder) as writing:
            old = _previous(folder, organization)
            stays = {
                p: e
                for p, e in old.items()
                if p not in new and not replaces(str(e["group"]), str(e["platform"]))
            }
            stale = {p: e for p, e in old.items() if p not in new and p not in stays}
            written, unchanged = _write_files(writing, folder, new)
            removed, kept = _remove_stale(folder, stale)
            manifest = _manifest(organization, stays.values(), new.values())
            writing.replace(folder / MANIFEST, manifest, mode=0o644)
    except OSError as error:
        msg = f"{error.filename or folder} cannot be written: {error.strerror}"
        raise OnboardError(
            msg, hint="nothing half-written was left; free space or fix the folder, run again"
        ) from error
    return Report(written=written, unchanged=unchanged, removed=removed, kept=kept)


def _manifest(organization: str, stays: Iterable[Entry], new: Iterable[Artifact]) -> bytes:
    entries = [*stays, *(manifest_entry(artifact) for artifact in new)]
    entries.sort(key=lambda entry: str(entry["path"]))
    document = {"schema": 1, "organization": organization, "artifacts": entries}
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def _write_files(
    writing: Partials, folder: Path, artifacts: Mapping[str, Artifact]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    written: list[str] = []
    unchanged: list[str] = []
    for path, artifact in artifacts.items():
        mode = 0o600 if artifact.secret else 0o644
        changed = writing.replace(_inside(folder, path), artifact.content, mode=mode)
        (written if changed else unchanged).append(path)
    return tuple(written), tuple(unchanged)


def _remove_stale(folder: Path, entries: Mapping[str, Entry]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    removed: list[str] = []
    kept: list[str] = []
    for path, entry in entries.items():
        target = _inside(folder, path)
        if not target.is_file():
            continue
        if hashlib.sha256(target.read_bytes()).hexdigest() != entry["sha256"]:
            kept.append(path)
            continue
        target.unlink()
        removed.append(path)
        _remove_empty(target.parent, folder)
    return tuple(removed), tuple(kept)


def _remove_empty(directory: Path, stop: Path) -> None:
    while directory != stop and not any(directory.iterdir()):
        directory.rmdir()
        directory = directory.parent


def _previous(folder: Path, organization: str) -> dict[str, Entry]:
    """Entries of the manifest that is there, by path; empty where there is none."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        owner, entries = document["organization"], {entry["path"]: entry for entry in document["artifacts"]}
        for entry in entries.values():
            _inside(folder, entry["path"])
            if not {"group", "platform", "sha256"} <= entry.keys():
                raise KeyError(entry["path"])  # noqa: TRY301 - one answer for every way not to be ours
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is not a manifest of onboard, so this folder is not ours to write"
        raise OnboardError(msg, hint="choose another --out") from error
    if owner != organization:
        msg = f"{folder} holds the payloads of {owner}, not of {organization}"
        raise OnboardError(msg, hint="choose another --out")
    return entries


def _inside(folder: Path, path: str) -> Path:
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
        msg = f"the path {path!r} leads out of the output folder"
        raise ValueError(msg)
    return folder.joinpath(*parts)
