"""BER within bounds, DER out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st
from support.scep_requests import as_ber, tlv

from scep_server import ber
from scep_server.ber import tags

values = st.recursive(
    st.one_of(
        st.integers(-(2**200), 2**200).map(ber.integer),
        st.binary(max_size=300).map(ber.octet_string),
        st.text(max_size=40).map(ber.utf8_string),
        st.just(ber.null()),
        st.binary(max_size=40).map(lambda b: tlv(3, b"\x00" + b)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(lambda parts: ber.sequence(*parts)),
        st.lists(inner, max_size=5).map(lambda parts: ber.set_of(*parts)),
        inner.map(lambda part: ber.implicit(2, part)),
    ),
    max_leaves=12,
)


@given(st.integers(-(2**2048), 2**2048))
def test_integer_agrees_with_asn1crypto(value):
    """Every integer is written as the second library writes it, and read back."""
    assert ber.integer(value) == core.Integer(value).dump()
    assert ber.read(ber.integer(value)).integer() == value


@given(st.binary(max_size=70_000))
def test_octet_string_of_any_length_round_trips(content):
    """All forms of length are written shortest and read back."""
    encoded = ber.octet_string(content)
    assert encoded == core.OctetString(content).dump()
    assert ber.read(encoded).octets() == content


@given(
    st.tuples(st.integers(0, 2), st.integers(0, 39)),
    st.lists(st.integers(0, 2**64), max_size=6),
)
def test_object_identifier_round_trips(first, rest):
    """Arcs of any size survive."""
    dotted = ".".join(map(str, (*first, *rest)))
    assert ber.read(ber.object_identifier(dotted)).oid() == dotted


@given(values, st.integers(16, 80), st.booleans())
def test_ber_becomes_the_der_it_came_from(der, piece, definite):
    """Whatever stream encoding is applied to DER, `to_der` undoes it."""
    assert ber.to_der(der) == der
    assert ber.to_der(as_ber(der, piece=piece, definite=definite)) == der


def octet_string(content: bytes) -> bytes:
    return b"\x04" + bytes([len(content)]) + content


@given(st.binary(max_size=400) | st.binary(max_size=100).map(octet_string))
def test_any_bytes_raise_nothing_but_ber_error(data):
    """Strangers' bytes end in a value or in BerError."""
    try:
        ber.to_der(data)
    except ber.BerError:
        return
    reader = ber.read(data)
    reader.skip()
    reader.finish()


@given(values, st.data())
def test_damaged_der_raises_nothing_but_ber_error(der, data):
    """Nor do bytes that are nearly right."""
    position = data.draw(st.integers(0, len(der) - 1))
    damaged = der[:position] + bytes([data.draw(st.integers(0, 255))]) + der[position + 1 :]
    try:
        ber.to_der(damaged)
    except ber.BerError:
        return


def test_indefinite_length_of_nested_elements():
    """End-of-contents octets close the innermost open element."""
    outer = ber.read(b"\x30\x80\x30\x80\x02\x01\x05\x00\x00\x02\x01\x06\x00\x00")
    sequence = outer.enter()
    outer.finish()
    assert sequence.enter().integer() == 5
    assert sequence.integer() == 6
    sequence.finish()


def test_string_in_nested_pieces():
    """X.690 §8.7.3: pieces may be in pieces themselves."""
    pieces = tlv(0x24, tlv(4, b"a") + tlv(0x24, tlv(4, b"b") + tlv(4, b"c")))
    assert ber.read(pieces).octets() == b"abc"
    assert ber.read(tlv(0xA0, tlv(4, b"a") + tlv(4, b"b"))).octets(tags.CONTEXT) == b"ab"


def test_text_in_pieces_of_octet_strings():
    """X.690 §8.23: a character string is cut into OCTET STRINGs."""
    assert ber.read(tlv(0x2C, tlv(4, b"a") + tlv(12, b"b"))).octets(tags.UTF8_STRING) == b"ab"


def test_bit_string_in_pieces():
    """Each piece has its own octet of unused bits."""
    assert ber.read(tlv(0x23, tlv(3, b"\x00a") + tlv(3, b"\x00b"))).bits() == b"ab"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x05\x02\x01",
        b"\x30\x80\x02\x01\x05",
        b"\x30\x80\x02\x01\x05\x00",
        b"\x04\x80\x00\x00",
        b"\x1f\x01\x00",
        b"\x30\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x03\x02\x02\x01",
        b"\x30\x80" * 100,
        b"\x24\x03\x02\x01\x05",
    ],
    ids=lambda data: data[:12].hex(),
)
def test_broken_encodings_are_refused(data):
    """Cut, overlong, unfinished, or impossible."""
    with pytest.raises(ber.BerError):
        ber.to_der(data)


def test_depth_is_bounded():
    """Nesting costs no stack: the limit comes first."""
    data = b"\x05\x00"
    for _ in range(30):
        data = tlv(0x30, data)
    with pytest.raises(ber.BerError, match="nested deeper"):
        ber.to_der(data)
    assert ber.to_der(data, ber.Limits(depth=40)) == data
    with pytest.raises(ber.BerError, match="nested deeper"):
        ber.read(b"\x30\x80" * 60_000 + b"\x00\x00" * 60_000).skip()


def test_number_of_elements_is_bounded():
    """Many tiny elements cost no more than the budget, inside an indefinite length too."""
    many = b"\x05\x00" * 5_000
    with pytest.raises(ber.BerError, match="more elements"):
        ber.to_der(tlv(0x30, many))
    with pytest.raises(ber.BerError, match="more elements"):
        ber.read(b"\x30\x80" + many + b"\x00\x00").enter()


def test_nested_indefinite_lengths_do_not_multiply_work():
    """Entering level by level scans the inside again each time, out of the same budget."""
    data = b"\x05\x00" * 300
    for _ in range(20):
        data = b"\x30\x80" + data + b"\x00\x00"
    with pytest.raises(ber.BerError, match="more elements"):
        enter_all(ber.read(data))


def enter_all(reader):
    while True:
        reader = reader.enter()


def test_size_is_bounded():
    """A message larger than the limit is not looked at."""
    with pytest.raises(ber.BerError, match="more than the 10 allowed"):
        ber.read(bytes(11), ber.Limits(size=10))


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"\x2a\x86", b"\x2a" * 65], ids=lambda c: c[:4].hex() or "empty"
)
def test_broken_object_identifier_is_refused(content):
    """Empty, unfinished or endless."""
    with pytest.raises(ber.BerError):
        ber.read(tlv(6, content)).oid()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 7, 1, 12, 30, 15, 999, tzinfo=UTC), core.UTCTime),
        (datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))), core.UTCTime),
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), core.UTCTime),
        (datetime(2050, 1, 1, tzinfo=UTC), core.GeneralizedTime),
    ],
)
def test_time_form_follows_the_year(moment, expected):
    """RFC 5652 §11.3: UTCTime through 2049, then GeneralizedTime, always in UTC and to the second."""
    read = core.load(ber.utc_time(moment))
    assert isinstance(read, expected)
    assert read.native == moment.replace(microsecond=0)


def test_set_order():
    """SET OF is sorted unless the order carries a meaning."""
    parts = (ber.integer(2), ber.integer(1), ber.null())
    assert ber.set_of(*parts) == tlv(0x31, b"".join(sorted(parts)))
    assert ber.set_in_order(0xA0, parts) == tlv(0xA0, b"".join(parts))


def test_error_never_quotes_content():
    """What cannot be read may be a decrypted secret."""
    with pytest.raises(ber.BerError) as caught:
        ber.read(b"secret challenge").integer()
    assert "secret" not in str(caught.value)
