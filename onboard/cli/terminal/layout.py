"""How text stands on a terminal: tables that fit, lines that break between words, no control characters.

Names come from devices, payloads from anybody: what a terminal would obey is shown, never sent.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence

_GAP = 2  # blanks between columns
_NARROWEST = 8  # characters; below this a column says nothing
_BROKEN = 12  # and one whose words break
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
    """Columns that fit a terminal: cells break between words, the widest columns first.

    Words of the first column stay whole: serial numbers and hosts are there to be copied. Where that leaves
    no room for the others, each row becomes a block of lines.
    """
    body = [tuple(map(_cell, row)) for row in rows]
    lines = [tuple(headers), *body]
    widths = _shrunk(_natural(lines), _words(lines), width - _GAP * (len(headers) - 1))
    text = [title] if title else []
    if widths is None:
        blocks = ["\n".join(_block(headers, row, width, paint)) for row in body]
        return "\n".join([*text, "\n\n".join(blocks)]) + "\n"
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


def _shrunk(natural: Sequence[int], words: Sequence[int], room: int) -> Sequence[int] | None:
    """Widths that fit; None where the words of the first column would break, or others into crumbs."""
    widths = list(natural)
    for floor in (words, [words[0], *(min(word, _BROKEN) for word in words[1:])]):
        while sum(widths) > room:
            free = [column for column, one in enumerate(widths) if one > max(floor[column], _NARROWEST)]
            if not free:
                break
            widths[max(free, key=widths.__getitem__)] -= 1
    return widths if sum(widths) <= room else None


def _block(headers: Sequence[str], cells: Sequence[str], width: int, paint: Paint) -> Iterator[str]:
    """A row as lines of a header and its cell."""
    label = max(map(width_of, headers))
    for header, cell in zip(headers, cells, strict=True):
        for height, part in enumerate(_wrapped(cell, max(width - label - _GAP, _NARROWEST))):
            name = paint(_padded("" if height else header, label), "header")
            yield f"{name}{' ' * _GAP}{paint(part, cell)}".rstrip()


def _wrapped(cell: str, width: int) -> list[str]:
    if any(width_of(word) > width for word in cell.split()):
        cell = re.sub(r",(?=\S)", ", ", cell)  # names of certificates break between their parts
    return textwrap.wrap(cell, width, break_on_hyphens=False) or [""]


def _row(cells: Sequence[str], widths: Sequence[int], paint: Paint) -> Iterator[str]:
    parts = [_wrapped(cell, one) for cell, one in zip(cells, widths, strict=True)]
    for height in range(max(map(len, parts))):
        line = [
            paint(_padded(part[height] if height < len(part) else "", one), cell)
            for part, one, cell in zip(parts, widths, cells, strict=True)
        ]
        yield (" " * _GAP).join(line).rstrip()


def _padded(text: str, width: int) -> str:
    return text + " " * (width - width_of(text))
