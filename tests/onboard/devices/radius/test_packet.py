"""RADIUS packets: what is sent can be checked, and nothing is believed that the secret does not vouch for."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboard.devices.errors import RadiusError
from onboard.devices.radius.packet import Attribute, Code, Request, decode_reply, encode_request
from onboard.secret import Secret

SECRET = Secret("xyzzy5461")
NONCE = bytes(range(16))


def signed(request: Request, code: int, attributes: bytes, secret: bytes = b"xyzzy5461") -> bytes:
    """A reply made the RFC's way, by hand."""
    head = bytes((code, request.identifier)) + (38 + len(attributes)).to_bytes(2, "big")
    blank = bytes((80, 18)) + bytes(16) + attributes
    mac = hmac.new(secret, head + request.authenticator + blank, "md5").digest()
    body = bytes((80, 18)) + mac + attributes
    return head + hashlib.md5(head + request.authenticator + body + secret).digest() + body


REQUEST = encode_request(7, NONCE, ((1, b"ada"),), b"\x02\x00\x00\x08\x01ada", SECRET)


def test_request_is_signed_first_of_all():
    """Message-Authenticator is the first attribute, over the packet with zeros in its place."""
    packet = REQUEST.packet
    assert packet[:4] == bytes((1, 7)) + len(packet).to_bytes(2, "big")
    assert packet[20:22] == bytes((80, 18))
    blank = packet[:22] + bytes(16) + packet[38:]
    assert packet[22:38] == hmac.new(b"xyzzy5461", blank, "md5").digest()


def test_rfc_2865_example_verifies():
    """The Access-Accept of RFC 2865 §7.1, whose secret is xyzzy5461."""
    authenticator = bytes.fromhex("0f403f9473978057bd83d5cb98f4227a")
    accept = bytes.fromhex("02000026 86fe220e7624ba2a1005f6bf9b55e0b2 060600000001 0f0600000000 0e06c0a80103")
    reply = decode_reply(accept, Request(0, authenticator, b""), SECRET)
    assert reply.code == Code.ACCESS_ACCEPT
    assert reply.all(Attribute.SERVICE_TYPE) == (b"\x00\x00\x00\x01",)


@given(st.binary(max_size=1500))
def test_eap_is_split_and_put_together(eap):
    """Whatever its length, EAP arrives whole, in attributes of at most 253 octets."""
    request = encode_request(1, NONCE, (), eap, SECRET)
    attributes = request.packet[38:]
    reply = decode_reply(signed(request, 11, attributes), request, SECRET)
    assert reply.eap == eap
    assert all(len(piece) <= 253 for piece in reply.all(Attribute.EAP_MESSAGE))


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_no_changed_octet_is_believed(place, change):
    """A reply with one octet changed is refused, wherever it is."""
    packet = bytearray(signed(REQUEST, 2, bytes((11, 7)) + b"staff"))
    packet[place % len(packet)] ^= change
    if packet[2:4] == len(packet).to_bytes(2, "big") or place % len(packet) in (2, 3):
        with pytest.raises(RadiusError):
            decode_reply(bytes(packet), REQUEST, SECRET)


def test_another_secret_is_told():
    """The likeliest mistake has its own words."""
    with pytest.raises(RadiusError, match="shared secret"):
        decode_reply(signed(REQUEST, 2, b"", b"another"), REQUEST, SECRET)


def test_eap_without_message_authenticator_is_refused():
    """RFC 3579 §3.2: or anybody on the way could have written it."""
    body = bytes((79, 6)) + b"\x03\x00\x00\x04"
    head = bytes((2, 7)) + (20 + len(body)).to_bytes(2, "big")
    digest = hashlib.md5(head + NONCE + body + b"xyzzy5461").digest()
    with pytest.raises(RadiusError, match="Message-Authenticator"):
        decode_reply(head + digest + body, REQUEST, SECRET)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    """Nothing but RadiusError comes of bytes from the network."""
    with pytest.raises(RadiusError):
        decode_reply(data, REQUEST, SECRET)


def tunnel(kind: bytes, medium: bytes, group: bytes) -> bytes:
    return b"".join(bytes((n, len(v) + 2)) + v for n, v in ((64, kind), (65, medium), (81, group)))


@pytest.mark.parametrize(
    ("attributes", "vlan"),
    [
        (tunnel(b"\0\0\0\x0d", b"\0\0\0\x06", b"20"), 20),
        (tunnel(b"\x01\0\0\x0d", b"\x01\0\0\x06", b"\x0120"), 20),
        (tunnel(b"\0\0\0\x03", b"\0\0\0\x06", b"20"), None),
        (tunnel(b"\0\0\0\x0d", b"\0\0\0\x06", b"staff"), None),
        (b"", None),
    ],
)
def test_vlan_is_read_with_and_without_a_tag(attributes, vlan):
    """RFC 3580 §3.31 and the tags of RFC 2868; a VLAN by name is no number."""
    assert decode_reply(signed(REQUEST, 2, attributes), REQUEST, SECRET).vlan == vlan


def test_packet_is_not_shown():
    """What travels may hold an identity; a repr shows no bytes."""
    assert "ada" not in repr(REQUEST)
