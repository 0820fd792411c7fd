"""Readers of single values: text, names, durations, rates, choices, host names and URLs.

Each pattern here is also what `schema` prints, so that an editor and the loader agree.
"""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from onboard.model import Rate, Ssid
from onboard.orgfile.text.cursor import Cursor, Reader

E = TypeVar("E", bound=enum.StrEnum)
T = TypeVar("T")

SLUG = "[a-z0-9-]{1,32}"  # group and authority keys: they live in URLs, identifiers, file names, certificates
NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"  # other keys: they live in identifiers and file names
DURATION = r"[1-9][0-9]{0,5}(y|d|h|min)"
RATE = r"[0-9]{1,7}(\.[0-9]{1,3})?/s|none"
WHOLE_NUMBER = "0|[1-9][0-9]{0,8}"
EMAIL = r"[^\s@]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}"
_PART = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
IDENTIFIER = rf"(?![0-9]){_PART}(\.{_PART}){{1,9}}"
LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST_NAME = rf"{LABEL}(\.{LABEL})*"
SERVER_NAME = rf"(?![0-9.]*$)(\*\.{LABEL}\.)?{HOST_NAME}"
FILE_REFERENCE = r"file:.+"

LONGEST = timedelta(days=100 * 365)  # further away, dates leave what clients can read
_UNITS = {
    "y": timedelta(days=365),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "min": timedelta(minutes=1),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")  # the last two are in no XML


def check_slug(cursor: Cursor, key: str) -> None:
    """Report the key of an entry that cannot live in URLs, identifiers, file names and certificates."""
    if not re.fullmatch(SLUG, key):
        hint = "a-z, 0-9 and '-', 32 characters at most; it lives in URLs, identifiers and certificates"
        cursor.report.add(cursor.opened, cursor.where, f"'{key}' cannot be a key here", hint)


def check_name(cursor: Cursor, key: str) -> None:
    """Report the key of an entry that cannot live in identifiers and file names."""
    if not re.fullmatch(NAME, key):
        hint = "letters, digits, '-' and '_', 64 characters at most; it lives in identifiers and file names"
        cursor.report.add(cursor.opened, cursor.where, f"'{key}' cannot be a key here", hint)


def line(cursor: Cursor) -> str:
    """One line of text that people see: not empty, no control characters."""
    text = cursor.text()
    if not text.strip():
        cursor.fail("this is empty")
    if _CONTROL.search(text):
        cursor.fail("line ends and control characters cannot stand here", "write it on one line")
    return text.strip()


def line_up_to(limit: int, why: str) -> Reader[str]:
    """A reader of one line of at most `limit` characters."""

    def read(cursor: Cursor) -> str:
        text = line(cursor)
        if len(text) > limit:
            cursor.fail(f"at most {limit} characters ({why}); this is {len(text)}")
        return text

    return read


def name_up_to(limit: int, why: str) -> Reader[str]:
    """A reader of what something is called, which stands where a variable would be filled in."""

    def read(cursor: Cursor) -> str:
        name = line_up_to(limit, why)(cursor)
        if "${" in name:
            cursor.fail("'${' begins a variable, and a name has none", "write the name as people read it")
        return name

    return read


def paragraph(cursor: Cursor) -> str:
    """Text for people on one or more lines; white space is folded."""
    return " ".join(cursor.text().split())


def choice(kind: type[E], aliases: Mapping[str, E] | None = None) -> Reader[E]:
    """A reader of one member of a closed set."""
    known = {member.value: member for member in kind} | dict(aliases or {})
    return choice_of(known)


def choice_of(known: Mapping[str, T]) -> Reader[T]:
    """A reader of one key of `known`."""

    def read(cursor: Cursor) -> T:
        text = cursor.text(f"one of {', '.join(known)}")
        if text not in known:
            cursor.fail(f"'{text}' is not one of {', '.join(known)}", cursor.suggest(text, known, "choices"))
        return known[text]

    return read


boolean = choice_of({"true": True, "false": False})


def whole_number(low: int, high: int, what: str) -> Reader[int]:
    """A reader of a decimal number within bounds."""

    def read(cursor: Cursor) -> int:
        text = cursor.text(f"{what}, {low} to {high}")
        if not re.fullmatch(WHOLE_NUMBER, text):
            cursor.fail(f"'{text}' is not a whole number", f"{what} is {low} to {high}")
        if not low <= int(text) <= high:
            cursor.fail(f"{what} is {low} to {high}; this is {text}")
        return int(text)

    return read


def parse_duration(text: str) -> timedelta:
    """A length of time such as `30d`.

    Raises:
        ValueError: `text` is no duration.
    """
    if not re.fullmatch(DURATION, text):
        msg = f"{text!r} is not a duration: write a number and a unit, such as 5y, 30d, 1h or 15min"
        raise ValueError(msg)
    digits = text.rstrip("".join(_UNITS))
    return int(digits) * _UNITS[text[len(digits) :]]


def duration(cursor: Cursor) -> timedelta:
    """A length of time with its unit: years of 365 days, days, hours or minutes."""
    text = cursor.text("a duration such as 365d")
    if not re.fullmatch(DURATION, text):
        hint = "write a number and a unit: 5y (years of 365 days), 30d, 1h or 15min"
        if re.fullmatch("[0-9]+", text):
            hint = f"which unit? {text}d is days; the units are y (365 days), d, h and min"
        elif re.fullmatch("[0-9]+m", text):
            hint = f"minutes are {text}in; months do not exist here, write days"
        cursor.fail(f"'{text}' is not a duration", hint)
    length = parse_duration(text)
    if length > LONGEST:
        cursor.fail(f"'{text}' is longer than 100y")
    return length


def rate(cursor: Cursor) -> Rate | None:
    """Events per second, or None for no limit."""
    text = cursor.text("a rate such as 20/s, or none")
    if not re.fullmatch(RATE, text):
        cursor.fail(f"'{text}' is not a rate", "write events per second such as 20/s, or none")
    if text == "none":
        return None
    per_second = float(text.removesuffix("/s"))
    if per_second <= 0:
        cursor.fail("a rate of zero would refuse everybody", "write a positive rate such as 20/s, or none")
    return Rate(per_second)


def ssid(cursor: Cursor) -> Ssid:
    """A network name; its text is kept as written, blanks included."""
    text = cursor.text("a network name")
    try:
        return Ssid(text)
    except ValueError as error:
        cursor.fail(str(error))


def email(cursor: Cursor) -> str:
    """An e-mail address."""
    text = cursor.text("an e-mail address")
    if not re.fullmatch(EMAIL, text):
        cursor.fail(f"'{text}' is not an e-mail address")
    return text


def identifier(cursor: Cursor) -> str:
    """A reverse-DNS prefix such as edu.northwind."""
    text = cursor.text("a reverse-DNS name")
    if not re.fullmatch(IDENTIFIER, text):
        cursor.fail(
            f"'{text}' is not a reverse-DNS name",
            "two or more labels of letters, digits and '-', such as edu.northwind",
        )
    return text


def server_name(cursor: Cursor) -> str:
    """A RADIUS server's name as its certificate has it, lower-case; one leading '*.' label is allowed.

    A wildcard needs two labels behind it: Apple's matcher demands three in all (SecPolicyLeafCallbacks.c).
    """
    text = cursor.text("a host name")
    if _is_address(text):
        cursor.fail(
            f"'{text}' is an address; clients compare names",
            "write the DNS name in the RADIUS server's certificate",
        )
    if "*" in text and not re.fullmatch(rf"\*\.{LABEL}(\.{LABEL})+", text):
        cursor.fail(
            f"'{text}': one '*' may stand for the whole first label, with two labels after it",
            "such as *.radius.northwind.example; other patterns are read differently by each client",
        )
    if not re.fullmatch(SERVER_NAME, text) or len(text) > 253:
        cursor.fail(
            f"'{text}' is not a host name",
            "letters of other alphabets are written in their xn-- form" if not text.isascii() else "",
        )
    return text.lower()


def web_url(cursor: Cursor) -> str:
    """An http or https URL without trailing slash."""
    return _url(cursor, ("http", "https"), "")


def https_url(cursor: Cursor) -> str:
    """An https URL without trailing slash."""
    return _url(cursor, ("https",), "")


def http_url(cursor: Cursor) -> str:
    """A plain http URL without trailing slash."""
    return _url(
        cursor,
        ("http",),
        "clients fetch CRLs by plain http only: checking an https certificate would need the CRL first",
    )


def url_pattern(scheme: str) -> str:
    """The pattern of a URL to which paths are added; `scheme` is itself a pattern."""
    return rf"{scheme}://({HOST_NAME}|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?(/[^\s?#\\]*)?"


def _url(cursor: Cursor, schemes: tuple[str, ...], hint: str) -> str:
    text = cursor.text("a URL")
    if "@" in text:  # before anything else: no other message may repeat the password
        cursor.fail("a URL with '@' may hold a password, which every device would see", "remove it")
    parts = _split(cursor, text)
    if not text.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        cursor.fail(f"'{text}' is not a URL that begins with {wanted}", hint)
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        cursor.fail(f"'{text}' has a '?' or '#' part", "paths are added to this URL; end it with the path")
    if not re.fullmatch(url_pattern("|".join(schemes).join("()")), text) or not text.isascii():
        cursor.fail(f"'{text}' has no usable host name or path", "percent-encode what a URL cannot hold")
    return text.rstrip("/")


def _split(cursor: Cursor, text: str) -> SplitResult:
    """The parts of a URL with a port that can be reached."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        cursor.fail(f"'{text}' is not a URL: {error}")
    if port == 0:
        cursor.fail(f"'{text}': port 0 cannot be reached")
    return parts


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
