"""EAP packets and EAP-TLS fragments: what is cut arrives whole, damage is refused."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onboard.devices.errors import RadiusError
from onboard.devices.radius.eap_packet import FRAGMENT, Assembly, EapPacket, Fragment, fragments


@given(st.integers(1, 2), st.integers(0, 255), st.integers(1, 255), st.binary(max_size=1200))
def test_packet_survives_the_journey(code, identifier, kind, data):
    """Encoding and reading are inverse; what a lower layer pads is cut off."""
    packet = EapPacket(code, identifier, kind, data)
    assert EapPacket.decode(packet.encode() + b"padding") == packet


def test_success_and_failure_have_no_type():
    """Four octets (RFC 3748 §4.2)."""
    assert EapPacket(3, 9).encode() == b"\x03\x09\x00\x04"
    assert EapPacket.decode(b"\x04\x09\x00\x04").kind == 0


@given(size=st.integers(0, 5 * FRAGMENT), content=st.binary(min_size=1, max_size=64))
@example(size=FRAGMENT, content=b"full")
@example(size=FRAGMENT + 1, content=b"one more")
def test_flight_survives_fragmentation(size, content):
    """One fragment or many: whole with the last one and not before; the first states the length."""
    flight = (content * (size // len(content) + 1))[:size]
    pieces = list(fragments(flight))
    assembly = Assembly()
    results = [assembly.add(Fragment.decode(piece)) for piece in pieces]
    assert results == [None] * (len(pieces) - 1) + [flight]
    assert all(len(piece) <= FRAGMENT + 5 for piece in pieces)
    if len(pieces) > 1:
        assert pieces[0][1:5] == len(flight).to_bytes(4, "big")


def test_endless_flight_is_refused():
    """A server that never ends must not fill the memory."""
    assembly, piece = Assembly(), Fragment(start=False, more=True, data=bytes(60_000))
    assert [assembly.add(piece) for _ in range(4)] == [None] * 4
    with pytest.raises(RadiusError, match="more than any"):
        assembly.add(piece)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data):
    """Nothing but RadiusError comes of bytes from the network."""
    for reader in (EapPacket.decode, Fragment.decode):
        try:
            reader(data)
        except RadiusError:
            continue
