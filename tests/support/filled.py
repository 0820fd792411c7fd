"""The example org's artifacts as a device receives them: built, then filled in."""

from __future__ import annotations

from functools import cache

from support.northwind import neutral, staff_plan, students_plan

from onboard.devices.fill_in import fill_in
from onboard.payloads import android, apple, chromeos, linux, windows

VALUES = {
    "user.email": "ada@northwind.example",
    "user.upn": "ada@northwind.example",
    "device.id": "9f8b6a1e-3c52-4f0e-9d52-0c7a4d3a1b11",
    "challenge": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
BUILDERS = {"apple": apple, "windows": windows, "chromeos": chromeos, "android": android, "linux": linux}


@cache
def files(platform: str, group: str = "staff") -> dict[str, tuple[bytes, ...]]:
    """By kind."""
    plan = staff_plan() if group == "staff" else students_plan()
    found: dict[str, list[bytes]] = {}
    for artifact in BUILDERS[platform].build(plan, neutral):
        found.setdefault(artifact.kind, []).append(fill_in(artifact.content, artifact.kind, VALUES))
    return {kind: tuple(contents) for kind, contents in found.items()}
