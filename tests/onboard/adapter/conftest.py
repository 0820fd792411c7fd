"""A provisioned org with Google and Pub/Sub around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.adapters import Lab, laboratory


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with laboratory(tmp_path / "org", monkeypatch) as found:
        yield found
