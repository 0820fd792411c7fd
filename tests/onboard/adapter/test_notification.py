"""Notifications: both encodings, and nothing that could leave the path of a URL."""

from __future__ import annotations

import json

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from onboard.adapter.errors import UnreadableError
from onboard.adapter.notification import ProcessName, parse


def created_event(**fields: str) -> bytes:
    """The message as protobuf's own library encodes it; the second field's name is not on the wire."""
    file = descriptor_pb2.FileDescriptorProto(name="created.proto", package="t", syntax="proto3")
    message = file.message_type.add(name="CertificateProvisioningProcessCreatedEventData")
    for number, name in enumerate(fields, 1):
        message.field.add(name=name, number=number, type=9, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"t.{message.name}"))
    return kind(**fields).SerializeToString()


WANTED = ProcessName("C03az79cb", "f3b1-9")
RESOURCE = "customers/C03az79cb/certificateProvisioningProcesses/f3b1-9"


@pytest.mark.parametrize(
    "document",
    [
        {"certificateProvisioningProcessId": "f3b1-9", "customerId": "C03az79cb"},
        {"certificate_provisioning_process_id": "f3b1-9", "obfuscated_customer_id": "C03az79cb"},
        {"certificateProvisioningProcess": RESOURCE},
        {"certificateProvisioningProcessId": "f3b1-9", "customer": "customers/C03az79cb", "more": [1]},
    ],
)
def test_json(document) -> None:
    """The names of JSON and of protobuf are both taken, and so is the whole name of the resource."""
    assert parse(json.dumps(document).encode()) == WANTED
    assert WANTED.resource == RESOURCE


def test_protobuf() -> None:
    """What protobuf's own library writes is read, the customer being the second field."""
    assert parse(created_event(certificate_provisioning_process_id="f3b1-9", customer="C03az79cb")) == WANTED


def test_without_a_customer() -> None:
    """Where the customer is not named, it is the one of the account that asks."""
    assert parse(b'{"certificateProvisioningProcessId": "f3b1-9"}').customer == "my_customer"


@pytest.mark.parametrize(
    "process", ["../users", "a/b", "a?alt=media", "a#b", "a:claim", "a b", "", ".", "..", "x" * 300, "é"]
)
def test_what_would_leave_the_path(process) -> None:
    """A name with anything that means something in a URL is refused, in either field and encoding."""
    for fields in ((process, "C03az79cb"), ("f3b1-9", process or "/")):
        with pytest.raises(UnreadableError):
            parse(
                json.dumps({"certificateProvisioningProcessId": fields[0], "customerId": fields[1]}).encode()
            )
        with pytest.raises(UnreadableError):
            parse(created_event(process=fields[0], customer=fields[1]))


@given(st.binary(max_size=200) | st.builds(lambda tail: b"{" + tail, st.binary(max_size=60)))
def test_any_bytes(data) -> None:
    """Whatever arrives is a name that fits into a URL, or unreadable; nothing else is raised."""
    try:
        name = parse(data)
    except UnreadableError:
        return
    assert not set("/?#: %") & set(name.process + name.customer)


def test_size_is_bounded() -> None:
    """A message far beyond any real one is not even looked at."""
    with pytest.raises(UnreadableError, match="would be many"):
        parse(b"{" + b" " * 100_000 + b"}")
