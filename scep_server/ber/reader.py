"""A cursor over BER that never looks outside its bytes and never works longer than its budget.

Indefinite lengths (X.690 §8.1.3.6) and strings cut into pieces (§8.7.3) are read as if they were DER:
BouncyCastle, and with it jscep and many Android agents, sends both.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scep_server.ber import tags


class BerError(ValueError):
    """The bytes are no BER within the limits. The text names what was expected; it never quotes content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one message may cost.

    Attributes:
        size: octets of the whole.
        depth: of nesting, the outermost element counted.
        elements: headers read, those skipped inside indefinite lengths included.
    """

    size: int = 262_144
    depth: int = 24
    elements: int = 1_024


DEFAULT_LIMITS: Final = Limits()


class Budget:
    """What is left of the limits while one message is read; shared by all its readers."""

    __slots__ = ("depth", "elements", "granted")

    def __init__(self, limits: Limits) -> None:
        self.granted = self.elements = limits.elements
        self.depth = limits.depth


class Reader:
    """Reads the elements of one constructed value, or of a whole message, from left to right.

    `read` makes the first, `enter` all others. Every method that takes an element raises BerError where the
    element is missing, of another tag, or broken.
    """

    __slots__ = ("_budget", "_data", "_depth", "_end", "_pos")

    def __init__(self, data: bytes, start: int, end: int, depth: int, budget: Budget) -> None:
        if depth > budget.depth:
            raise BerError(f"elements are nested deeper than {budget.depth}")
        self._data = data
        self._pos = start
        self._end = end
        self._depth = depth
        self._budget = budget

    @property
    def more(self) -> bool:
        """Whether an element is left."""
        return self._pos < self._end

    @property
    def tag(self) -> int:
        """Identifier octet of the next element; -1 at the end."""
        return self._data[self._pos] if self._pos < self._end else -1

    @property
    def spent(self) -> int:
        """How many elements were read so far, by this reader and all others of its message."""
        return self._budget.granted - self._budget.elements

    def finish(self) -> None:
        """Make sure that nothing is left."""
        if self._pos != self._end:
            raise BerError("there are octets after the last element")

    def enter(self, tag: int = tags.SEQUENCE) -> Reader:
        """A reader over the elements inside the next element, which must have this (constructed) tag."""
        start, end = self._take(tag)
        return Reader(self._data, start, end, self._depth + 1, self._budget)

    def over(self, content: bytes) -> Reader:
        """A reader over BER that stood inside a string of this message, out of the same budget."""
        return Reader(content, 0, len(content), self._depth + 1, self._budget)

    def raw_and_enter(self, tag: int = tags.SEQUENCE) -> tuple[bytes, Reader]:
        """The next element both as it stands and opened: what was signed, and what it says."""
        begin = self._pos
        reader = self.enter(tag)
        return self._data[begin : self._pos], reader

    def skip(self) -> None:
        """Pass over the next element, whatever it is."""
        self._element()

    def raw(self, tag: int | None = None) -> bytes:
        """The next element with its header, as it stands in the message."""
        start = self._pos
        if tag is None:
            self._element()
        else:
            self._take(tag)
        return self._data[start : self._pos]

    def body(self, tag: int) -> bytes:
        """The content octets of the next element as they stand; for types that are never cut into pieces."""
        start, end = self._take(tag)
        return self._data[start:end]

    def oid(self) -> str:
        """An OBJECT IDENTIFIER in dotted form."""
        start, end = self._take(tags.OBJECT_IDENTIFIER)
        return dotted(self._data[start:end])

    def integer(self) -> int:
        """An INTEGER of at most 2,200 octets, signed as X.690 §8.3 has it; padding is tolerated."""
        start, end = self._take(tags.INTEGER)
        if not 0 < end - start <= 2_200:
            raise BerError("an INTEGER has no octets, or too many")
        return int.from_bytes(self._data[start:end], "big", signed=True)

    def octets(self, tag: int = tags.OCTET_STRING) -> bytes:
        """A string's octets, its pieces joined; `tag` is the primitive form, universal or implicit."""
        if self.tag != tag | tags.CONSTRUCTED:
            start, end = self._take(tag)
            return self._data[start:end]
        return b"".join(_pieces(self.enter(tag | tags.CONSTRUCTED), tag))

    def bits(self) -> bytes:
        """The octets of a BIT STRING that has no unused bits; keys and signatures have none."""
        if self.tag == tags.BIT_STRING:
            pieces = [self.body(tags.BIT_STRING)]
        else:
            pieces = list(_pieces(self.enter(tags.BIT_STRING | tags.CONSTRUCTED), tags.BIT_STRING))
        if not pieces or any(piece[:1] != b"\x00" for piece in pieces):
            raise BerError("a BIT STRING has unused bits")
        return b"".join([piece[1:] for piece in pieces])

    def _take(self, tag: int) -> tuple[int, int]:
        """Pass over the next element, which must have this tag; where its content starts and ends.

        A request has some 200 elements, nearly all of them sound and definite: those cost no further call.
        """
        pos, limit, data, budget = self._pos, self._end, self._data, self._budget
        if pos + 1 < limit and data[pos] == tag and budget.elements > 0:
            length = data[pos + 1]
            start = pos + 2
            if length > 0x80:
                start += length & 0x7F
                length = int.from_bytes(data[pos + 2 : start], "big")
            elif length == 0x80:
                return self._element()
            end = start + length
            if end <= limit:
                budget.elements -= 1
                self._pos = end
                return start, end
        if self.tag != tag:
            found = f"0x{data[pos]:02x}" if pos < limit else "the end"
            raise BerError(f"expected tag 0x{tag:02x}, found {found}")
        return self._element()

    def _element(self) -> tuple[int, int]:
        """Pass over the next element; where its content starts and ends."""
        start, length = self._header(self._pos, self._end)
        if length >= 0:
            self._pos = end = start + length
            return start, end
        end = self._end_of_contents(start, self._depth)
        self._pos = end + 2
        return start, end

    def _header(self, pos: int, limit: int) -> tuple[int, int]:
        """Where the content of the element at `pos` starts, and its length; -1 for the indefinite form."""
        budget = self._budget
        budget.elements -= 1
        if budget.elements < 0:
            raise BerError("there are more elements than allowed")
        start = pos + 2
        if start > limit:
            raise BerError("an element's header is cut off")
        data = self._data
        if data[pos] & tags.NUMBER == tags.NUMBER:
            raise BerError("tag numbers above 30 are not used here")
        length = data[pos + 1]
        if length >= 0x80:
            start, length = self._long_length(start, limit)
        if start + length > limit:
            raise BerError("an element is longer than what contains it")
        return start, length

    def _long_length(self, pos: int, limit: int) -> tuple[int, int]:
        """Where the content starts whose length octets go on at `pos`, and that length; -1 if indefinite."""
        octets = self._data[pos - 1] & 0x7F
        if octets == 0:
            if not self._data[pos - 2] & tags.CONSTRUCTED:
                raise BerError("a primitive element has an indefinite length")
            return pos, -1
        start = pos + octets
        if start > limit:
            raise BerError("an element's length is cut off")
        return start, int.from_bytes(self._data[pos:start], "big")

    def _end_of_contents(self, pos: int, depth: int) -> int:
        """Where the end-of-contents octets stand for the indefinite element whose content starts at `pos`."""
        if depth >= self._budget.depth:
            raise BerError(f"elements are nested deeper than {self._budget.depth}")
        while self._data[pos : pos + 2] != b"\x00\x00":
            start, length = self._header(pos, self._end)
            pos = start + length if length >= 0 else self._end_of_contents(start, depth + 1) + 2
        if pos + 2 > self._end:
            raise BerError("an indefinite length has no end")
        return pos


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Reader:
    """A reader over a whole message.

    Raises:
        BerError: the message is larger than the limits allow.
    """
    if len(data) > limits.size:
        raise BerError(f"{len(data)} octets are more than the {limits.size} allowed")
    return Reader(data, 0, len(data), 1, Budget(limits))


def _pieces(reader: Reader, tag: int) -> Iterator[bytes]:
    """The pieces of a string: of its own type, or OCTET STRINGs, which X.690 §8.23 takes all strings for."""
    while reader.more:
        found = reader.tag
        if found in (tag | tags.CONSTRUCTED, tags.OCTET_STRING | tags.CONSTRUCTED):
            yield from _pieces(reader.enter(found), tag)
        else:
            yield reader.body(found if found == tags.OCTET_STRING else tag)


@functools.lru_cache(maxsize=1_024)
def dotted(content: bytes) -> str:
    """The dotted form of an OBJECT IDENTIFIER's content octets (X.690 §8.19).

    Raises:
        BerError: for empty, overlong or unfinished content.
    """
    if not 0 < len(content) <= 64 or content[-1] & 0x80:
        raise BerError("an OBJECT IDENTIFIER is empty, unfinished or too long")
    arcs: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
