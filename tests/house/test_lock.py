"""Both lock files install the same things."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)")


def locked() -> dict[str, tuple[str, frozenset[str]]]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return {
        package["name"]: (package["version"], frozenset(_hashes(package)))
        for package in packages
        if package["name"] != "onboard"
    }


def _hashes(package: dict) -> list[str]:
    files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
    return [file["hash"].removeprefix("sha256:") for file in files]


def required() -> dict[str, tuple[str, frozenset[str]]]:
    found: dict[str, tuple[str, set[str]]] = {}
    current = ""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if match := _REQUIREMENT.match(line):
            current = match.group(1)
            found[current] = (match.group(2), set())
        found.get(current, ("", set()))[1].update(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
    return {name: (version, frozenset(hashes)) for name, (version, hashes) in found.items()}


def test_requirements_are_the_lock() -> None:
    """`make setup` without uv installs exactly the versions and files that uv.lock names."""
    assert locked() == required()
