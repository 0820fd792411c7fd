"""The one table of `${variables}`: what each means, its form, and templates that mix text and variables.

Forms are regular expressions over the whole value. `provision` hands them to the SCEP server as data,
so that what a payload asks for and what the server grants are judged by the same table.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# local@domain; the domain by RFC 1123 labels. Bounded repetition: these run on bytes from the network.
_EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z0-9-]{2,63}"
_FQDN = r"(?:[A-Za-z0-9_-]{1,63}\.){1,8}[A-Za-z0-9-]{2,63}"
_TEXT = r"[^\x00-\x1f\x7f]{1,128}"


class Holder(enum.StrEnum):
    """Whom a certificate names: decides keychain, store, authentication mode and policy level."""

    USER = "user"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A `${name}` that profiles may use."""

    name: str
    meaning: str
    form: str  # regular expression, matched against the whole value
    example: str
    holder: Holder | None = None  # None: known when payloads are made


_TABLE = (
    Variable(
        name="organization.name",
        meaning="the organization's name",
        form=_TEXT,
        example="Northwind University",
    ),
    Variable(
        name="group.name", meaning="the group's key in org.yaml", form=r"[a-z0-9-]{1,32}", example="staff"
    ),
    Variable(
        name="user.email",
        meaning="the person's e-mail address",
        form=_EMAIL,
        example="ada@northwind.example",
        holder=Holder.USER,
    ),
    Variable(
        name="user.upn",
        meaning="the person's sign-in name (user principal name)",
        form=_EMAIL,
        example="ada@northwind.example",
        holder=Holder.USER,
    ),
    Variable(
        name="user.name", meaning="the person's name", form=_TEXT, example="Ada Lovelace", holder=Holder.USER
    ),
    Variable(
        name="user.sid",
        meaning="the person's security identifier in Active Directory",
        form=r"S-1-[0-9]{1,15}(?:-[0-9]{1,10}){1,15}",
        example="S-1-5-21-1004336348-1177238915-682003330-512",
        holder=Holder.USER,
    ),
    Variable(
        name="device.serial",
        meaning="the device's serial number",
        form=r"[A-Za-z0-9 ._/-]{1,64}",
        example="C02XK0AAJGH5",
        holder=Holder.DEVICE,
    ),
    Variable(
        name="device.name",
        meaning="the device's host name",
        form=r"[A-Za-z0-9 ._'\u2019()-]{1,64}",  # U+2019: macOS names computers "Ada's Mac" with it
        example="LAB-PC-017",
        holder=Holder.DEVICE,
    ),
    Variable(
        name="device.fqdn",
        meaning="the device's fully qualified domain name",
        form=_FQDN,
        example="lab-pc-017.northwind.example",
        holder=Holder.DEVICE,
    ),
    Variable(
        name="device.id",
        meaning="the id under which the channel knows the device",
        form=r"[A-Za-z0-9._-]{1,64}",
        example="9f8b6a1e-3c52-4f0e-9d52-0c7a4d3a1b11",
        holder=Holder.DEVICE,
    ),
)

VARIABLES: Mapping[str, Variable] = {variable.name: variable for variable in _TABLE}
KNOWN_WHEN_MADE = frozenset(v.name for v in _TABLE if v.holder is None)
CHALLENGE = "challenge"  # not for profiles: the place of a one-time challenge in neutral output

_REFERENCE = re.compile(r"\$\{([^${}]*)\}")


def matches_form(name: str, value: str) -> bool:
    """Whether `value` has the form of the variable `name` (KeyError for an unknown name)."""
    return re.fullmatch(VARIABLES[name].form, value) is not None


@dataclass(frozen=True, slots=True)
class Reference:
    """A `${name}` inside a template."""

    name: str

    def __str__(self) -> str:
        return "${" + self.name + "}"


@dataclass(frozen=True, slots=True)
class Template:
    """Text mixed with variables, as parts in order; adjacent text parts never occur."""

    parts: tuple[str | Reference, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Read `text`; every `${...}` becomes a Reference, known or not (the org reader judges names)."""
        parts: list[str | Reference] = []
        end = 0
        for match in _REFERENCE.finditer(text):
            if match.start() > end:
                parts.append(text[end : match.start()])
            parts.append(Reference(match.group(1)))
            end = match.end()
        if end < len(text):
            parts.append(text[end:])
        return cls(tuple(parts))

    @classmethod
    def of(cls, variable: str) -> Template:
        """The template that is one variable alone."""
        return cls((Reference(variable),))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names in order of first appearance."""
        return tuple(dict.fromkeys(part.name for part in self.parts if isinstance(part, Reference)))

    def bind(self, values: Mapping[str, str]) -> Template:
        """Fill in those variables that `values` knows; the others stay."""
        filled = (values.get(part.name, part) if isinstance(part, Reference) else part for part in self.parts)
        merged: list[str | Reference] = []
        for part in filled:
            if isinstance(part, str) and merged and isinstance(merged[-1], str):
                merged[-1] += part
            else:
                merged.append(part)
        return Template(tuple(merged))

    def spell(self, spelling: Callable[[str], str]) -> str:
        """Text with each variable as `spelling(name)` writes it."""
        return "".join(part if isinstance(part, str) else spelling(part.name) for part in self.parts)

    def __str__(self) -> str:
        return "".join(map(str, self.parts))
