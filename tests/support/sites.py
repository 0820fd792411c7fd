"""A provisioned example org in a scratch folder; made once, copied for each test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from support.northwind import NORTHWIND

from onboard.model import Organization
from onboard.provision import Site, StateFolder, init

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
INFRASTRUCTURE = {  # kind and name of every leaf that the example org has
    "ocsp/root",
    "ocsp/staff",
    "ocsp/students",
    "ra/staff",
    "ra/students",
    "radius/campus",
    "signing/profiles",
    "audit/checkpoints",
}


def counter() -> Callable[[int], bytes]:
    """Entropy that never repeats and is the same in every run."""
    numbers = itertools.count(1)
    return lambda size: (next(numbers) << 64).to_bytes(size, "big")


def new_site(folder: Path, organization: Organization = NORTHWIND, now: datetime = NOW) -> Site:
    """A site where nothing was made yet."""
    return Site(
        organization=organization,
        folder=folder,
        state=StateFolder(folder / ".onboard"),
        now=now,
        entropy=counter(),
    )


def provisioned(folder: Path) -> Site:
    """The contract's org after `ca init` at NOW."""
    shutil.copytree(_template().name, folder, dirs_exist_ok=True)
    return new_site(folder)


def at(site: Site, now: datetime) -> Site:
    """The same site at another time."""
    return replace(site, now=now)


@cache
def _template() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="onboard-test-")
    init(new_site(Path(folder.name)))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def certificate(path: Path) -> x509.Certificate:
    """The certificate in a file."""
    return x509.load_pem_x509_certificate(path.read_bytes())
