"""What a person sees: data on stdout, everything else on stderr, tables and colour only on a terminal."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from onboard.cli.terminal import layout
from onboard.errors import Mistake, OnboardError, Severity

_RED, _YELLOW, _CYAN = "1;31", "1;33", "1;36"
_WIDTH = 80  # of a terminal that does not say
_STYLES = {  # by what a cell of a table says
    "header": "1",
    **dict.fromkeys(("ok", "yes", "valid", "created"), "32"),
    **dict.fromkeys(("failed", "fails", "unsafe", "no", "revoked", "expired", "missing", "ended"), "31"),
}


def prepare() -> None:
    """Make the streams take every text: UTF-8 in files and pipes, nothing lost where a stream is closed."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # `onboard ... >&-`
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # for the process's life
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # JSON reads the same escapes: names of files may be any bytes
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


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


def prose(text: str) -> None:
    """Print text for people as the product of a command: on a terminal its lines break between words.

    Raises:
        OnboardError: it cannot be written.
    """
    data(_fitting(text, sys.stdout))


def note(text: str) -> None:
    """Say something to the person; never read by scripts."""
    _say(_fitting(text, sys.stderr))


def warn(text: str, *, hint: str = "") -> None:
    """Say that something needs attention and does not stop the work."""
    _labelled("warning", _YELLOW, text, hint)


def fail(text: str, *, hint: str = "") -> None:
    """Say why the command ends."""
    _labelled("error", _RED, text, hint)


def mistake(found: Mistake, *, as_data: bool = False) -> None:
    """Say what is wrong at which place of the org definition, in the form that the contract gives.

    Args:
        found: an error, or a warning, which is called so.
        as_data: it is the product of the command.
    """
    stream = sys.stdout if as_data else sys.stderr
    warning = "" if found.severity is Severity.ERROR else "warning: "
    place = str(found.place)
    lines = _fitting(f"{place}: {warning}{found.message}", stream).split("\n")
    lines += _fitting(f"  hint: {found.hint}", stream).split("\n") if found.hint else []
    if _colours(stream):
        lines = [_painted_line(line, place, _YELLOW if warning else _RED) for line in lines]
        lines = [_painted_line(line, "  hint", _CYAN) for line in lines]
    text = "\n".join(lines)
    if as_data:
        data(text)
    else:
        _say(text)


def count(number: int, word: str) -> str:
    """So many of something, in English."""
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{number} {word if number == 1 else plural}"


def _painted_line(line: str, beginning: str, colour: str) -> str:
    if not line.startswith(beginning):
        return line
    return f"\x1b[{colour}m{beginning}\x1b[0m{line[len(beginning) :]}"


def _labelled(label: str, colour: str, text: str, hint: str) -> None:
    lines = [(label, colour, f"{label}: {text}"), ("  hint", _CYAN, f"  hint: {hint}" if hint else "")]
    for words, style, line in lines:
        if line:
            fitting = _fitting(line, sys.stderr)
            _say(_painted_line(fitting, words, style) if _colours(sys.stderr) else fitting)


def _say(text: str) -> None:
    with suppress(OSError):  # nobody is left to be told that nobody can be told
        sys.stderr.write(f"{text}\n")


def _fitting(text: str, stream: TextIO) -> str:
    text = layout.harmless(text)
    return layout.broken(text, _width(stream)) if stream.isatty() else text


def _width(stream: TextIO) -> int:
    """Of the terminal; $COLUMNS wins, as everywhere."""
    with suppress(OSError, ValueError):
        chosen = os.environ.get("COLUMNS", "")
        return (
            int(chosen)
            if chosen.isdecimal() and int(chosen)
            else os.get_terminal_size(stream.fileno()).columns
        )
    return _WIDTH


def _colours(stream: TextIO) -> bool:
    # https://no-color.org: present and not empty
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def on_terminal() -> bool:
    """Whether a person reads what the command prints, and no script."""
    return sys.stdout.isatty()


def table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", nothing: str = ""
) -> str:
    """A table as text: fitted and coloured on a terminal, aligned columns elsewhere.

    Args:
        headers: of the columns.
        rows: a cell for each header.
        title: a line above.
        nothing: what a terminal shows in place of a table without rows.
    """
    rows = [tuple(row) for row in rows]
    if not sys.stdout.isatty():
        return layout.aligned(headers, rows, title)
    if not rows and nothing:
        return f"{nothing}\n"
    paint = _painted_cell if _colours(sys.stdout) else lambda printed, _: printed
    return layout.fitted(headers, rows, _width(sys.stdout), title=title, rule=_rule(), paint=paint)


def _rule() -> str:
    try:
        "─".encode(sys.stdout.encoding)
    except (LookupError, UnicodeEncodeError):
        return "-"
    return "─"


def _painted_cell(printed: str, cell: str) -> str:
    style = _STYLES.get(cell, "")
    return f"\x1b[{style}m{printed}\x1b[0m" if style else printed


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
            width = _width(sys.stderr) - 1
            self._write(f"\r\x1b[K{self._what} {detail}"[:width])

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
