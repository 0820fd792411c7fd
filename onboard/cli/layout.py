"""How text stands on a terminal: tables that fit, lines that break between words, no control characters.

Names come from devices, payloads from anybody: what a terminal would obey is shown, never sent.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence

_GAP = 2  # blanks between columns
_NARROWEST = 8  # characters; below this a column says nothing
_HANGING = 4  # blanks before what a line continues with
# Controls, formats (writing direction among them), separators of lines and paragraphs, halves of surrogates.
_OBEYED = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})

Paint = Callable[[str, str], str]  # (cell as printed, cell) -> with colours


def harmless(text: str) -> str:
    """With what a terminal would obey written out, except line feeds; also what no encoding takes."""
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character == "\n" or character.isprintable() or unicodedata.category(character) not in _OBEYED:
        return character
    return "  " if character == "\t" else f"\\x{ord(character):02x}"


def _cell(text: str) -> str:
    return harmless(text.replace("\n", "\\n"))


def width_of(text: str) -> int:
    """Columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def broken(text: str, width: int) -> str:
    """Each line broken between words to fit, what follows indented; words longer than a line stay whole."""
    return "\n".join(part for line in text.split("\n") for part in _parts(line, width))


def _parts(line: str, width: int) -> list[str]:
    if width_of(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip(" ")))
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=indent + " " * _HANGING,
        break_long_words=False,
        break_on_hyphens=False,
    )


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """Columns padded to their widest cell, each row one line; what pipes and logs get."""
    lines = [tuple(headers), *(tuple(map(_cell, row)) for row in rows)]
    widths = _natural(lines)
    text = ["  ".join(map(_padded, line, widths)).rstrip() for line in lines]
    return "\n".join(([title] if title else []) + text) + "\n"


def fitted(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    title: str = "",
    rule: str = "─",
    paint: Paint = lambda printed, _: printed,
) -> str:
    """Columns that fit a terminal: cells break between words, the widest columns first."""
    body = [tuple(map(_cell, row)) for row in rows]
    lines = [tuple(headers), *body]
    widths = _shrunk(_natural(lines), _words(lines), width - _GAP * (len(headers) - 1))
    text = [title] if title else []
    text += _row(headers, widths, lambda printed, _: paint(printed, "header"))
    text.append((" " * _GAP).join(rule * one for one in widths))
    for row in body:
        text += _row(row, widths, paint)
    return "\n".join(text) + "\n"


def _natural(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(width_of(line[column]) for line in lines) for column in range(len(lines[0]))]


def _words(lines: Sequence[Sequence[str]]) -> list[int]:
    """The longest word of each column."""
    return [
        max((width_of(word) for line in lines for word in line[column].split()), default=0)
        for column in range(len(lines[0]))
    ]


def _shrunk(natural: Sequence[int], words: Sequence[int], room: int) -> list[int]:
    widths = list(natural)
    for floor in (words, [_NARROWEST] * len(widths)):
        while sum(widths) > room:
            free = [column for column, one in enumerate(widths) if one > max(floor[column], _NARROWEST)]
            if not free:
                break
            # the first column names the row and is copied: it breaks last
            widths[max(free, key=lambda column: (column > 0, widths[column]))] -= 1
    return widths


def _row(cells: Sequence[str], widths: Sequence[int], paint: Paint) -> Iterator[str]:
    parts = [
        textwrap.wrap(cell, one, break_on_hyphens=False) or [""]
        for cell, one in zip(cells, widths, strict=True)
    ]
    for height in range(max(map(len, parts))):
        line = [
            paint(_padded(part[height] if height < len(part) else "", one), cell)
            for part, one, cell in zip(parts, widths, cells, strict=True)
        ]
        yield (" " * _GAP).join(line).rstrip()


def _padded(text: str, width: int) -> str:
    return text + " " * (width - width_of(text))
