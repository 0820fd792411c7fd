"""A Windows device runs a SyncML document: commands in order, each once, on the nodes of its CSPs.

Source: OMA-DM 1.2 as Windows implements it; Microsoft's CSP reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from onboard.devices.errors import DeviceError
from onboard.devices.xml_reader import Node, parse

SYNCML = "SYNCML:SYNCML1.2"
METINF = "syncml:metinf"
_VERBS = ("Add", "Replace", "Delete", "Exec", "Get")
_FORMATS = frozenset({"chr", "int", "b64", "node", "null", "bool", "xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command on one node."""

    verb: str
    uri: str
    format: str
    data: str = field(repr=False)  # may be a challenge
    atomic: int  # number of the Atomic it stands in; 0 outside

    @property
    def place(self) -> str:
        """What a complaint names."""
        return f"{self.verb} {self.uri}"


def read_commands(content: bytes) -> tuple[Command, ...]:
    """Every command in document order.

    Raises:
        DeviceError: not SyncML 1.2, a CmdID that is absent or used twice, an unknown verb or format.
    """
    root = parse(content, "SyncML", SYNCML)
    body = root.child(SYNCML, "SyncBody")
    numbers: set[str] = set()
    commands = tuple(_commands(body, numbers, atomic=0))
    if body.optional(SYNCML, "Final") is None:
        raise DeviceError("SyncML/SyncBody/Final", "is missing: the device waits for more messages")
    return commands


def _commands(parent: Node, numbers: set[str], *, atomic: int) -> Iterator[Command]:
    blocks = 0
    for element in parent.element:
        name = element.tag.removeprefix(f"{{{SYNCML}}}")
        node = Node(element, f"{parent.path}/{name}")
        if name in {"Final", "CmdID"}:
            continue
        _number(node, numbers)
        if name == "Atomic" and not atomic:
            blocks += 1
            yield from _commands(node, numbers, atomic=blocks)
        elif name in _VERBS:
            yield from (_command(name, item, atomic) for item in node.children(SYNCML, "Item"))
        else:
            raise DeviceError(node.path, "is no command that the device knows here")


def _number(node: Node, numbers: set[str]) -> None:
    number = node.text(SYNCML, "CmdID")
    if number in numbers:
        raise DeviceError(f"{node.path}/CmdID", f"{number} is used twice")
    numbers.add(number)


def _command(verb: str, item: Node, atomic: int) -> Command:
    uri = item.child(SYNCML, "Target").text(SYNCML, "LocURI")
    if not uri.startswith(("./Device/Vendor/MSFT/", "./User/Vendor/MSFT/", "./Vendor/MSFT/")):
        raise DeviceError(
            f"{item.path}/Target/LocURI", f"{uri!r} is no path of a configuration service provider"
        )
    meta = item.optional(SYNCML, "Meta")
    kind = "" if meta is None else meta.text(METINF, "Format")
    if verb != "Exec" and kind not in _FORMATS:
        raise DeviceError(f"{verb} {uri}", f"Meta/Format {kind!r} is no format that the device knows")
    data = item.optional(SYNCML, "Data")
    text = "" if data is None else (data.element.text or "")
    if data is not None and len(data.element):
        raise DeviceError(f"{verb} {uri}", "Data holds elements; XML in it must be escaped or CDATA")
    return Command(verb=verb, uri=uri, format=kind, data=text, atomic=atomic)
