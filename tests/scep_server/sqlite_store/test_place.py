"""The files under an open store: what is deleted or replaced is noticed before anything is written."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, datetime

import pytest
from support.scep_records import STATIC, an_issuance

from scep_server.sqlite_store import SqliteStore
from scep_server.store import StoreUnavailableError

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def delete(path):
    path.unlink()


def replace(path):
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("lose", [delete, replace])
def test_nothing_is_recorded_where_the_next_start_would_not_find_it(tmp_path, suffix, lose):
    """A certificate that is given must be known after a restart, so none is written to a lost file."""
    path = tmp_path / "store.sqlite3"
    with closing(SqliteStore(path)) as store:
        store.record([an_issuance(1, voucher=STATIC)], NOW)
        lose(path.with_name(path.name + suffix))
        with pytest.raises(StoreUnavailableError, match="while the server uses it"):
            store.record([an_issuance(2, voucher=STATIC)], NOW)
        with pytest.raises(StoreUnavailableError, match="while the server uses it"):
            store.probe()


def test_a_file_that_was_put_back_is_taken_again(tmp_path):
    """Whoever moved it away by mistake need not stop the server."""
    path = tmp_path / "store.sqlite3"
    with closing(SqliteStore(path)) as store:
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(StoreUnavailableError):
            store.probe()
        (tmp_path / "elsewhere").rename(path)
        store.record([an_issuance(1, voucher=STATIC)], NOW)
    with closing(SqliteStore(path)) as store:
        assert [record.serial for record in store.certificates()] == [1]
