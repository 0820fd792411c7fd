"""What Pub/Sub delivers: the name of a certificate provisioning process that has begun.

Google documents the message CertificateProvisioningProcessCreatedEventData (Certificate Provisioning API
guide, "Initial Pub/Sub message format"): the id of the process is field 1, and the customer's id follows it.
Whether it arrives as JSON or in protobuf's own encoding is not documented, so both are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from onboard.adapter.errors import UnreadableError

OWN_CUSTOMER: Final = "my_customer"  # the API's word for the customer of the account that asks
_PART: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~-]{0,199}")  # it goes into a URL
_RESOURCE: Final = re.compile(r"customers/([^/]+)/certificateProvisioningProcesses/([^/]+)")
_PROCESS_FIELD, _CUSTOMER_FIELD = 1, 2
_SIZE: Final = 4_096  # bytes; a real one has some hundred
_TEXT, _BYTES_OF = 2, {1: 8, 5: 4}  # wire types of protobuf: length-delimited; fixed 64 and 32 bits


@dataclass(frozen=True, slots=True)
class ProcessName:
    """Which process of which customer."""

    customer: str
    process: str

    @property
    def resource(self) -> str:
        """As the API spells it, without slashes around."""
        return f"customers/{self.customer}/certificateProvisioningProcesses/{self.process}"


def parse(data: bytes) -> ProcessName:
    """The process that a message is about.

    Raises:
        UnreadableError: the message names none, or in a way that fits into no URL.
    """
    if len(data) > _SIZE:
        raise UnreadableError(f"the notification has {len(data)} bytes; {_SIZE} would be many")
    process, customer = _from_json(data) if data.lstrip()[:1] == b"{" else _from_protobuf(data)
    if found := _RESOURCE.fullmatch(process):
        customer, process = found.groups()
    customer = customer.removeprefix("customers/") or OWN_CUSTOMER
    for text in (process, customer):
        if not _PART.fullmatch(text):
            raise UnreadableError(
                f"the notification names no certificate provisioning process: {data[:80]!r}"
            )
    return ProcessName(customer=customer, process=process)


def _from_json(data: bytes) -> tuple[str, str]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the notification is no JSON: {error}") from error
    fields = {key.replace("_", "").lower(): value for key, value in _texts(document)}
    process = fields.get("certificateprovisioningprocessid", "") or fields.get(
        "certificateprovisioningprocess", ""
    )
    customers = [value for key, value in fields.items() if "customer" in key]
    return process, customers[0] if customers else ""


def _texts(document: object) -> Iterator[tuple[str, str]]:
    if isinstance(document, Mapping):
        yield from ((str(key), value) for key, value in document.items() if isinstance(value, str))


def _from_protobuf(data: bytes) -> tuple[str, str]:
    fields = dict(_fields(data))
    try:
        return fields.get(_PROCESS_FIELD, b"").decode(), fields.get(_CUSTOMER_FIELD, b"").decode()
    except UnicodeDecodeError as error:
        raise UnreadableError("the notification is neither JSON nor protobuf") from error


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each field; of numbers, which nothing here needs, the content is empty."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == _TEXT:
            size, position = _varint(data, position)
            if position + size > len(data):
                raise UnreadableError("the notification is cut off")
            yield number, data[position : position + size]
            position += size
        elif kind in _BYTES_OF:
            position += _BYTES_OF[kind]
        elif kind == 0:
            _, position = _varint(data, position)
        else:
            raise UnreadableError("the notification is neither JSON nor protobuf")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data) and shift < 70:
        octet = data[position]
        position += 1
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return value, position
        shift += 7
    raise UnreadableError("the notification is cut off")
