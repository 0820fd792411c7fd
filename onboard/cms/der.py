"""A cursor over DER (X.690 §10): tags are demanded, reads are bounded, and damage is a `CmsError`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

SEQUENCE: Final = 0x30
SET: Final = 0x31
INTEGER: Final = 0x02
OCTETS: Final = 0x04
OID: Final = 0x06
CONTEXT_0: Final = 0xA0
CONTEXT_1: Final = 0xA1


class CmsError(ValueError):
    """The file is no attached SignedData in DER, or its signature does not hold; the message says which."""


class Cursor:
    """A place among the elements of one DER value; every read is bounded by the value's end."""

    __slots__ = ("_data", "_end", "_offset")

    def __init__(self, data: bytes, offset: int = 0, end: int | None = None) -> None:
        self._data, self._offset = data, offset
        self._end = len(data) if end is None else end

    @property
    def at_end(self) -> bool:
        """Whether every element was taken."""
        return self._offset >= self._end

    def peek(self) -> int:
        """The next tag; -1 at the end."""
        return -1 if self.at_end else self._data[self._offset]

    def take(self, tag: int) -> bytes:
        """The content of the next element, which must have this tag."""
        start, end = self._element(tag)
        self._offset = end
        return self._data[start:end]

    def enter(self, tag: int) -> Cursor:
        """A reader over the content of the next element, which must have this tag."""
        start, end = self._element(tag)
        self._offset = end
        return Cursor(self._data, start, end)

    def each(self, tag: int) -> Iterator[Cursor]:
        """Enter every remaining element; each must have this tag."""
        while not self.at_end:
            yield self.enter(tag)

    def whole(self, tag: int, *, once: bool = False) -> Iterator[bytes]:
        """Every remaining element (or the next one) with its header; each must have this tag."""
        while once or not self.at_end:
            begin = self._offset
            _, self._offset = self._element(tag)
            yield self._data[begin : self._offset]
            if once:
                return

    def finish(self) -> None:
        """Nothing may follow."""
        if not self.at_end:
            raise CmsError(f"{self._end - self._offset} bytes follow the signed file")

    def _element(self, tag: int) -> tuple[int, int]:
        if self._end - self._offset < 2:
            raise CmsError("the signed file ends too early")
        if self._data[self._offset] != tag:
            raise CmsError(f"broken DER at byte {self._offset}: no {tag:#04x} where one belongs")
        first = self._data[self._offset + 1]
        start = self._offset + 2
        if first == 0x80:
            raise CmsError("this is BER (indefinite length); devices take DER only")
        if first < 0x80:
            length = first
        else:
            width = first & 0x7F
            length = int.from_bytes(self._data[start : start + width])
            start += width
        end = start + length
        if end > self._end:
            raise CmsError("the signed file ends too early")
        return start, end
