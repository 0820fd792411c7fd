"""`onboard diff`: whether devices re-install, re-enrol or drop the network when a payload changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from onboard.cli.options import Format, Output
from onboard.cli.payloads.lint import read_payload
from onboard.cli.terminal import console
from onboard.errors import OnboardError

if TYPE_CHECKING:
    from onboard.changes import Comparison

_MANIFEST = "manifest.json"


Old = Annotated[
    Path,
    typer.Argument(metavar="OLD", readable=False, help="Payload, folder, manifest or org definition."),
]


def command(
    old: Old,
    new: Annotated[Path, typer.Argument(metavar="NEW", readable=False, help="The same, later.")],
    output: Output = Format.TEXT,
) -> None:
    """Say what devices that have OLD do when they get NEW: re-install, re-enrol or drop the network.

    Each side is a payload, a folder or its manifest.json, or an org definition (a .yaml file), which stands
    for what it generates. Secrets are changed or unchanged, never shown.
    """
    from onboard.changes import compare
    from onboard.changes.sets import compare_sets

    if _is_set(old) != _is_set(new):
        msg = f"{old} and {new} are a single payload and a set of them"
        raise OnboardError(msg, hint="compare a payload with a payload, a folder or an org with either")
    comparisons: Mapping[str, Comparison]
    if _is_set(old):
        from onboard.cli.org_payloads import payloads_of, settings_changes

        secrets = not (_is_org(old) and _is_org(new))
        sets = [payloads_of(side, secrets=secrets) if _is_org(side) else _folder(side) for side in (old, new)]
        comparisons = compare_sets(*sets)
        if not secrets:
            comparisons = {**comparisons, **settings_changes(old, new)}
    else:
        comparisons = {str(new): compare(str(old), read_payload(old), str(new), read_payload(new))}
    _print(comparisons, output)


def _print(comparisons: Mapping[str, Comparison], output: Format) -> None:
    if output is Format.JSON:
        console.data_json(
            [
                {
                    "path": path,
                    "where": change.where,
                    "what": change.what,
                    "effects": [str(effect) for effect in change.effects],
                }
                for path, comparison in comparisons.items()
                for change in comparison.changes
            ]
        )
        return
    for path, comparison in comparisons.items():
        console.prose("\n".join(_lines(path, comparison)))
    if not comparisons:
        console.data("nothing changes for devices")


def _lines(path: str, comparison: Comparison) -> Iterator[str]:
    yield f"{path}: {comparison.verdict}"
    for change in comparison.changes:
        place = f"{change.where}: " if change.where else ""
        effects = f" ({', '.join(map(str, change.effects))})" if change.effects else ""
        yield f"  {place}{change.what}{effects}"
    for remark in comparison.remarks:
        yield f"  note: {remark}"


def _is_org(path: Path) -> bool:
    return path.suffix in {".yaml", ".yml"}


def _is_set(path: Path) -> bool:
    return path.is_dir() or path.name == _MANIFEST or _is_org(path)


def _folder(path: Path) -> Mapping[str, bytes]:
    """The files of a manifest, or all files of a folder that has none."""
    folder = path if path.is_dir() else path.parent
    manifest = folder / _MANIFEST
    if not manifest.is_file():
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        return {file.relative_to(folder).as_posix(): read_payload(file) for file in files}
    try:
        entries = json.loads(manifest.read_bytes())["artifacts"]
        paths = [PurePosixPath(entry["path"]) for entry in entries]
        if any(one.is_absolute() or ".." in one.parts for one in paths):
            raise ValueError(manifest)  # noqa: TRY301 - one answer for every way not to be a manifest
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{manifest} is not a manifest of onboard"
        raise OnboardError(msg) from error
    return {str(one): read_payload(folder.joinpath(*one.parts)) for one in paths}
