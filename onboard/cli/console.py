"""What a person sees: data on stdout, everything else on stderr, tables and colour only on a terminal."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from onboard.errors import OnboardError


def prepare() -> None:
    """Make the streams take every text: UTF-8 in files and pipes, nothing lost where a stream is closed."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # `onboard ... >&-`
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for the process's life
            setattr(sys, name, nowhere)
    if isinstance(sys.stdout, io.TextIOWrapper):
        if sys.stdout.isatty():
            sys.stdout.reconfigure(errors="backslashreplace")
        else:
            sys.stdout.reconfigure(encoding="utf-8")


def finish() -> None:
    """Write out what is buffered.

    Raises:
        BrokenPipeError: the reader went away.
        OnboardError: it cannot be written.
    """
    with _explained():
        sys.stdout.flush()


def abandon() -> None:
    """Forget what is buffered for a reader that went away; Python would complain about it at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def data(text: str) -> None:
    """Print the product of a command; scripts read it.

    Raises:
        OnboardError: it cannot be written.
    """
    with _explained():
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        msg = f"the output cannot be written: {error.strerror}"
        raise OnboardError(msg) from error


def data_json(value: object) -> None:
    """Print the product of a command as JSON."""
    data(json.dumps(value, indent=2, ensure_ascii=False))


def note(text: str) -> None:
    """Say something to the person; never read by scripts."""
    with suppress(OSError):  # nobody is left to be told that nobody can be told
        sys.stderr.write(f"{text}\n")


def warn(text: str, *, hint: str = "") -> None:
    """Say that something needs attention and does not stop the work."""
    _labelled("warning", "33", text, hint)


def fail(text: str, *, hint: str = "") -> None:
    """Say why the command ends."""
    _labelled("error", "31", text, hint)


def _labelled(label: str, colour: str, text: str, hint: str) -> None:
    note(f"{_paint(label, colour)}: {text}")
    if hint:
        note(f"  {_paint('hint', '36')}: {hint}")


def _paint(text: str, colour: str) -> str:
    return f"\x1b[1;{colour}m{text}\x1b[0m" if _colours(sys.stderr.isatty()) else text


def _colours(is_terminal: bool) -> bool:
    # https://no-color.org: present and not empty
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> str:
    """A table as text: ruled and fitted on a terminal, aligned columns elsewhere."""
    rows = [tuple(row) for row in rows]
    if sys.stdout.isatty():
        return _ruled(headers, rows, title)
    return aligned(headers, rows, title)


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """Columns padded to their widest cell; what pipes and logs get."""
    lines = [tuple(headers), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join(([title] if title else []) + text) + "\n"


def _ruled(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> str:
    from rich.box import ROUNDED
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawing = Table(title=title or None, box=ROUNDED, title_justify="left", header_style="bold")
    for header in headers:
        drawing.add_column(header, overflow="fold")
    for row in rows:
        drawing.add_row(*(Text(cell, style=_cell_style(cell)) for cell in row))
    width = shutil.get_terminal_size().columns
    console = Console(width=width, no_color=not _colours(sys.stdout.isatty()), force_terminal=True)
    with console.capture() as capture:
        console.print(drawing)
    return capture.get()


def _cell_style(cell: str) -> str:
    if cell in ("ok", "yes", "valid", "created"):
        return "green"
    return "red" if cell in ("failed", "fails", "unsafe", "no", "revoked", "expired") else ""


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A line on stderr that changes in place while work goes on; nothing where stderr is no terminal."""
    line = Progress(what)
    try:
        yield line
    finally:
        line.clear()


class Progress:
    """The current state of a longer piece of work."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = sys.stderr.isatty()
        self.step("")

    def step(self, detail: str) -> None:
        """Replace the line."""
        if self._shown:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r\x1b[K{self._what} {detail}"[:width])

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
