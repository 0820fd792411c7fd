"""Single values: what is taken, what is refused, and what the refusal says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboard.model import GardenMode, Rate
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Reader, find
from onboard.orgfile.text.nodes import START, Scalar
from onboard.orgfile.text.report import Report


def read(reader: Reader[object], text: str) -> object:
    """The value, or the message of the mistake."""
    cursor = Cursor(Scalar(text, False, START), "x", Report("org.yaml"), START)
    found = find(cursor, reader)
    if found.is_readable:
        assert cursor.report.mistakes == ()
        return found.value
    (mistake,) = cursor.report.mistakes
    return mistake


def refuses(reader: Reader[object], text: str) -> str:
    mistake = read(reader, text)
    assert hasattr(mistake, "message"), f"{text!r} was taken for {mistake!r}"
    return f"{mistake.message} {mistake.hint}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20y", timedelta(days=7300)),
        ("365d", timedelta(days=365)),
        ("1h", timedelta(hours=1)),
        ("15min", timedelta(minutes=15)),
        ("100y", timedelta(days=36500)),
    ],
)
def test_durations(text: str, expected: timedelta):
    """A duration must be its number of units; a year is 365 days."""
    assert read(scalars.duration, text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("365", "365d is days"),
        ("6m", "minutes are 6min"),
        ("0d", "not a duration"),
        ("-1d", "not a duration"),
        ("1.5y", "not a duration"),
        ("1 d", "not a duration"),
        ("1d ", "not a duration"),
        ("P1D", "not a duration"),
        ("101y", "longer than 100y"),
        ("999999y", "longer than 100y"),
        ("9999999999999y", "not a duration"),
        ("\u0661d", "not a duration"),
    ],
)
def test_what_is_no_duration(text: str, says: str):
    """What is no duration must be refused with what was probably meant."""
    assert says in refuses(scalars.duration, text)


def test_rates():
    """A rate must be events per second, or no limit."""
    assert read(scalars.rate, "20/s") == Rate(20)
    assert read(scalars.rate, "0.5/s") == Rate(0.5)
    assert read(scalars.rate, "none") is None
    for text in ("20", "20/min", "-1/s", "None", "1e3/s", ""):
        assert "rate" in refuses(scalars.rate, text)
    assert "refuse everybody" in refuses(scalars.rate, "0.0/s")


def test_whole_numbers():
    """A number must be decimal, without sign, zeros in front or separators, and within its bounds."""
    vlan = scalars.whole_number(1, 4094, "a VLAN")
    assert read(vlan, "1") == 1
    assert read(vlan, "4094") == 4094
    for text in ("0", "4095", "020", "0x14", "1_0", "+1", "-1", "1.0", "1e1", "\u0663", "9" * 5000):
        assert "VLAN" in refuses(vlan, text)


@pytest.mark.parametrize(
    "text", ["radius.northwind.example", "nps1", "*.radius.example", "a_b.example", "A.B"]
)
def test_server_names(text: str):
    """Exact names and one leading wildcard label with two labels behind it must be taken, in lower case."""
    assert read(scalars.server_name, text) == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "*.example",
        "wpa.*.example.com",
        "w*.example.com",
        "*.*.example.com",
        "a..b",
        ".a.b",
        "a.b.",
        "a b",
        "-a.example",
        "a-.example",
        "10.0.0.1",
        "::1",
        "rädius.example",
        "a;b",
        "a" * 64,
        ".".join(["a" * 60] * 5),
    ],
)
def test_what_is_no_server_name(text: str):
    """What clients read differently or not at all must be refused."""
    refuses(scalars.server_name, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example", "https://a.example"),
        ("http://a.example:8080/x/y/", "http://a.example:8080/x/y"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_urls(text: str, expected: str):
    """A URL to which paths are added must lose its trailing slash and nothing else."""
    assert read(scalars.web_url, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example",
        "ftp://a.example",
        "http://",
        "http:///x",
        "http://a b/",
        "http://a.example?x",
        "http://a#",
        "http://a.example:0",
        "http://a.example:70000",
        "http://a.example:x",
        "http://ä.example",
        "http://[::1",
        "//a",
        "http://a.example/ä",
        "http://a.example/a b",
        "http://a.example/\\",
        "HTTP://a.example",
        "http://a.example\n",
    ],
)
def test_what_is_no_url(text: str):
    """What a client could not fetch must be refused."""
    refuses(scalars.web_url, text)


@pytest.mark.parametrize(
    "text", ["http://me:hunter2@a.example", "http://me:hunter2@a.example:99999", "me:hunter2@x"]
)
def test_password_in_a_url_is_not_repeated(text: str):
    """A URL with a password must be refused without showing it."""
    assert "hunter2" not in refuses(scalars.web_url, text)


def test_revocation_is_plain_http():
    """The URL of CRLs must be http, with the reason."""
    assert read(scalars.http_url, "http://pki.example") == "http://pki.example"
    assert "plain http" in refuses(scalars.http_url, "https://pki.example")


def test_lines():
    """Text on one line must keep its inside; control characters and emptiness are refused."""
    assert read(scalars.line, " Ünï: cödé  x ") == "Ünï: cödé  x"
    for text in ("", " ", "a\nb", "a\x85b", "\x00", "a\uffffb"):
        refuses(scalars.line, text)


def test_paragraphs_fold():
    """A description may be written on several lines."""
    assert read(scalars.paragraph, "a\n  b\n") == "a b"


def test_ssid_keeps_blanks():
    """Blanks are part of an SSID."""
    assert str(read(scalars.ssid, " x ")) == " x "
    assert "this is 33" in refuses(scalars.ssid, "ä" * 16 + "x")
    for text in ("a\x07b", "a\ufffeb", "a\uffffb"):  # no XML can say the last two
        assert "control characters" in refuses(scalars.ssid, text)


def test_choices_have_aliases():
    """A mode may have a second name; anything else must be refused with the nearest."""
    mode = scalars.choice(GardenMode, {"no-portal": GardenMode.ZERO_TOUCH})
    assert read(mode, "no-portal") is GardenMode.ZERO_TOUCH
    assert "did you mean 'captive'" in refuses(mode, "captiv")


@given(st.text(max_size=30))
def test_readers_never_break(text: str):
    """Any text must be a value or one mistake to every reader."""
    for reader in (
        scalars.duration,
        scalars.rate,
        scalars.ssid,
        scalars.email,
        scalars.identifier,
        scalars.server_name,
        scalars.web_url,
        scalars.line,
        scalars.whole_number(1, 10, "it"),
    ):
        read(reader, text)
