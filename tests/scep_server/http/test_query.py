"""GET messages as clients really send them."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scep_server.errors import UnanswerableError
from scep_server.http.query import decode_message, read_query

MESSAGES = st.binary(max_size=400)


def _wrapped(text: str, end: str) -> str:
    return end.join(text[i : i + 64] for i in range(0, len(text), 64)) + end


SPELLINGS = {
    "standard, escaped": lambda m: quote(base64.b64encode(m).decode(), safe=""),
    "Apple: only = escaped": lambda m: base64.b64encode(m).decode().replace("=", "%3D"),
    "nothing escaped": lambda m: base64.b64encode(m).decode(),
    "plus became a space": lambda m: base64.b64encode(m).decode().replace("+", "%20"),
    "strongSwan: %0A every 64": lambda m: _wrapped(base64.b64encode(m).decode(), "%0A"),
    "Cisco: CRLF": lambda m: _wrapped(quote(base64.b64encode(m).decode(), safe=""), "%0D%0A"),
    "URL-safe": lambda m: base64.urlsafe_b64encode(m).decode(),
    "no padding": lambda m: base64.b64encode(m).decode().rstrip("="),
    "URL-safe, no padding": lambda m: base64.urlsafe_b64encode(m).decode().rstrip("="),
    "lower-case escapes": lambda m: quote(base64.b64encode(m).decode(), safe="").replace("%2B", "%2b"),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
@given(message=MESSAGES)
def test_every_spelling_gives_the_same_bytes(spelling, message):
    """However base64 was put into the URL, the message comes out whole."""
    query = read_query(f"operation=PKIOperation&message={spelling(message)}".encode())
    assert query.operation == "PKIOperation"
    assert decode_message(query.message) == message


@given(st.binary(max_size=200))
def test_any_query_string_is_answered(raw):
    """Garbage gives bytes or the one error, nothing else."""
    query = read_query(raw)
    try:
        decode_message(query.message)
    except UnanswerableError:
        return


@pytest.mark.parametrize("text", [b"A", b"AAAAA", b"!!!!", b"AA=A", b"\xff\xfe", b"AAAA;AAAA"])
def test_what_is_not_base64_is_refused(text):
    """It is not guessed at."""
    with pytest.raises(UnanswerableError, match="base64"):
        decode_message(text)


@pytest.mark.parametrize(
    ("raw", "operation", "message"),
    [
        (b"", "", b""),
        (b"operation=GetCACaps", "GetCACaps", b""),
        (b"operation=GetCACert&message=", "GetCACert", b""),
        (b"message=0&operation=GetCACert", "GetCACert", b"0"),
        (b"Operation=GetCACaps&Message=default", "GetCACaps", b"default"),
        (b"operation=PKIOperation&message=AA==", "PKIOperation", b"AA=="),
        (b"operation=GetCACert&operation=PKIOperation", "GetCACert", b""),
        (b"x&&=&operation=GetCACaps&y=1", "GetCACaps", b""),
        (b"operation=%47etCACaps%0A", "GetCACaps", b""),
    ],
)
def test_parameters_are_found(raw, operation, message):
    """In any order, with strangers between them, by any case of their names."""
    query = read_query(raw)
    assert (query.operation, query.message) == (operation, message)


def test_only_so_many_parameters_are_looked_at():
    """Sixteen are enough for anybody; a line of separators costs no more than one with two parameters."""
    few, many = b"a=1&" * 15 + b"operation=GetCACaps", b"&" * 16 + b"operation=GetCACaps"
    assert (read_query(few).operation, read_query(many).operation) == ("GetCACaps", "")
