"""Events as SIEMs read them: parsed back, nothing is lost and nothing breaks the line."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.certificates import make_certificate
from support.scep_records import NOW, an_event

from scep_server.audit import GENESIS, Event, EventKind, link
from scep_server.reporting import CheckpointSigner, Format, checkpoint_record, event_record, read_checkpoint

HOSTILE = st.text(alphabet=st.sampled_from("ab=|\\\n\r\t\x00\x85 é💥\"'{}"), max_size=20)
EVENTS = st.builds(
    Event,
    at=st.just(NOW),
    kind=st.sampled_from(EventKind),
    group=HOSTILE,
    transaction=HOSTILE,
    address=st.sampled_from(["", "192.0.2.7", "2001:db8::1", "other addresses"]),
    reason=HOSTILE,
    remedy=HOSTILE,
    subject=HOSTILE,
    count=st.integers(0, 9),
)


_ESCAPES = {"\\": "\\", "=": "=", "n": "\n", "r": "\r"}


def of(event: Event, form: Format):
    return event_record(link(GENESIS, 1, event), form)


def parse_cef(text: str) -> tuple[list[str], dict[str, str]]:
    """As ArcSight does: seven fields, then pairs, with backslashes before separators."""
    *header, extension = re.split(r"(?<!\\)\|", text, maxsplit=7)
    keys = [*re.finditer(r"(?:^| )([A-Za-z0-9]+)=", re.sub(r"\\[\\=nr]", "__", extension))]
    pairs = {}
    for key, after in zip(keys, [*keys[1:], None], strict=True):
        value = extension[key.end() : after.start() if after else None]
        pairs[key[1]] = re.sub(r"\\([\\=nr])", lambda m: _ESCAPES[m[1]], value)
    return header, pairs


@given(EVENTS, st.sampled_from(Format))
def test_every_record_is_one_line_of_ascii(event, form):
    """Whatever a client sent cannot forge a second event."""
    record = of(event, form)
    assert record.text.isascii()
    assert not re.search(r"[\x00-\x1f\x7f]", record.text)
    assert (record.sequence, record.kind) == (1, event.kind)


@given(EVENTS)
def test_json_is_the_text_that_was_hashed(event):
    """Whoever has the lines can compute the chain."""
    linked = link(GENESIS, 1, event)
    assert event_record(linked, Format.JSON).text == linked.text


@given(EVENTS)
def test_cef_can_be_read_back(event):
    """Separators in values are escaped; groups, reasons and addresses arrive."""
    header, pairs = parse_cef(of(event, Format.CEF).text)
    assert header[0] == "CEF:0"
    assert header[4] == event.kind
    assert 0 <= int(header[6]) <= 10
    assert pairs["externalId"] == "1"
    assert pairs["rt"] == str(int(NOW.timestamp() * 1000))
    spelled = event.reason.encode("ascii", "backslashreplace").decode()
    assert pairs.get("reason", "") == re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", " ", spelled)
    if event.address[:1].isdigit():
        assert pairs["src"] == event.address


@given(EVENTS)
def test_ecs_says_the_same(event):
    """Names of the Elastic Common Schema; an address that is none is no ip."""
    found = json.loads(of(event, Format.ECS).text)
    assert found["@timestamp"].endswith("Z")
    assert found["event"]["action"] == event.kind
    assert found["event"].get("reason", "") == event.reason
    assert found.get("group", {}).get("name", "") == event.group
    assert ("ip" in found.get("source", {})) == (event.address not in ("", "other addresses"))
    assert (found["event"]["kind"] == "alert") == (event.kind is EventKind.ALARM)


def test_an_issued_certificate_in_full():
    """What an analyst looks for is where the formats want it."""
    event = an_event(serial="51", subject="CN=ada", group="staff", address="192.0.2.7", identity="bound")
    cef = parse_cef(of(event, Format.CEF).text)[1]
    assert (cef["cs1Label"], cef["cs1"]) == ("group", "staff")
    assert (cef["cs3Label"], cef["cs3"]) == ("serial", "51")
    assert cef["outcome"] == "success"
    ecs = json.loads(of(event, Format.ECS).text)
    assert ecs["x509"] == {"serial_number": "51", "subject": {"distinguished_name": "CN=ada"}}
    assert ecs["event"]["outcome"] == "success"


@pytest.mark.parametrize("form", Format)
def test_a_checkpoint_can_be_taken_out_of_every_form(form):
    """`audit verify` needs it as it was signed."""
    made = make_certificate("Audit")
    signer = CheckpointSigner(certificate=made.certificate, key=made.key)
    record = checkpoint_record(signer.sign(count=3, head=bytes(32), now=NOW), form)
    text = record.text
    if form is Format.CEF:
        text = parse_cef(text)[1]["msg"]
    elif form is Format.ECS:
        text = json.loads(text)["event"]["original"]
    assert read_checkpoint(text).count == 3
    assert (record.kind, record.sequence) == ("checkpoint", 3)
