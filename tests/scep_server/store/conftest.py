"""The backends: a new one is added here and must pass the whole contract."""

from __future__ import annotations

import pytest

from scep_server.memory_store import MemoryStore
from scep_server.sqlite_store import SqliteStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    opened = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "scep.sqlite")
    yield opened
    opened.close()
