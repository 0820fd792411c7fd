"""What every command of the stand-alone server shares: its folder's store, and errors as lines on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from scep_server.cli.folder import Folder
from scep_server.cli.table import SettingsError
from scep_server.keys import KeyStoreError
from scep_server.sqlite_store import SqliteStore
from scep_server.store import StoreError

Where = Annotated[Path, typer.Argument(help="The server's folder.", show_default=False)]


@contextmanager
def opened_store(folder: Folder) -> Iterator[SqliteStore]:
    """The folder's store."""
    folder.pepper()  # says so where `init` has not run, before a database is made there
    store = SqliteStore(folder.database)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def explained() -> Iterator[None]:
    """Errors as a line or two on stderr and exit code 1; 130 after an interrupt."""
    try:
        yield
    except (SettingsError, ValueError, OSError) as error:
        _fail(str(error), "")
    except StoreError as error:
        _fail(error.reason, error.remedy)
    except KeyStoreError as error:
        _fail(str(error), error.hint)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _fail(message: str, hint: str) -> None:
    typer.echo(f"error: {message}", err=True)
    if hint:
        typer.echo(f"hint: {hint}", err=True)
    raise typer.Exit(1)
