"""Finds `profiles/`, `templates/` and `examples/`: inside the wheel, or beside the packages in a checkout.

Nothing else in the project knows the difference.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_CHECKOUT = Path(__file__).parents[1]


def folder(name: str) -> Traversable:
    """The data folder `name` ("profiles", "templates" or "examples").

    Prefers the checkout: hatchling's editable wheel leaves a stale copy in `_data`.

    Raises:
        FileNotFoundError: neither place has it, so the installation is broken.
    """
    checkout = _CHECKOUT / name
    if checkout.is_dir() and (_CHECKOUT / "pyproject.toml").is_file():
        return checkout
    installed = files("onboard") / "_data" / name
    if installed.is_dir():
        return installed
    msg = f"the data folder {name!r} is not part of this installation; reinstall onboard"
    raise FileNotFoundError(msg)


def text(name: str, relative: str) -> str:
    """One data file as text, e.g. `text("profiles", "user-eap-tls.yaml")`."""
    return folder(name).joinpath(relative).read_text(encoding="utf-8")
