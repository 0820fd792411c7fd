"""`scep.toml`: what a stand-alone server grants, read and judged whole before anything starts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from scep_server.algorithms import AlgorithmPolicy
from scep_server.cli.sharing import ChallengeSettings, read_challenge
from scep_server.cli.table import SettingsError, Table
from scep_server.limits import Rate, parse_rate
from scep_server.messages import AltNameKind
from scep_server.policy import AltNameRule, IssuancePolicy, Pattern, Slot

FILE = "scep.toml"
ANY_TEXT = r"[^\x00-\x1f\x7f]{1,64}"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
ATTRIBUTES: Mapping[str, str] = {
    "CN": "2.5.4.3",
    "SERIALNUMBER": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
}
EXAMPLE = """\
# A stand-alone SCEP server. `python -m scep_server init` has made its keys; change the groups as you like.
url = "http://127.0.0.1:8080"        # where devices reach it; goes into certificates (CRL, OCSP, issuer)
key = "ec-p256"                      # of the issuing CA: rsa-2048 | rsa-3072 | rsa-4096 | ec-p256 | ec-p384

[limits]
per_address = "50/s"
per_group = "none"

[groups.devices]                     # devices enrol at <url>/scep/devices
subject = { CN = "${device.id}", OU = "devices" }
valid_for = 365                      # days
renew_within = 30                    # days before the end
# renew_after_expiry = 7             # days after the end on which a renewal is still taken
# supersede_after = 7                # days after its renewal on which the old certificate is revoked
# max_active = 2                     # live certificates of one subject
# challenge = "env:DEVICES_CHALLENGE"  # shared by all devices; without it only one-time challenges are taken
# [groups.devices.challenge]         # the same with more to say
# type = "approval"                  # static: it gives a certificate; approval: a person decides
# secret = "file:/etc/scep/devices"  # at least 16 characters
# until = 2027-12-31                 # last day on which it is taken
# also_accept = [{ secret = "env:OLD_CHALLENGE", until = 2027-01-31 }]  # while payloads are exchanged
# addresses = ["10.0.0.0/8"]         # whence
# uses = 500                         # certificates that each secret may give
# waits = 7                          # days that a request waits for a person, and then for its device
# [groups.devices.alt_names]         # rfc822, dns, uri, upn
# dns = "${device.id}.example.org"
# [groups.devices.forms]             # what a variable may be: a regular expression over the whole value
# "device.id" = "[a-z0-9-]{1,32}"
"""
_SLOT = re.compile(r"\$\{([a-z.]+)\}")
_GROUP = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSettings:
    """One `[groups.NAME]`."""

    name: str
    policy: IssuancePolicy
    challenge: ChallengeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole file."""

    url: str
    key: str
    per_address: Rate | None
    per_group: Rate | None
    groups: tuple[GroupSettings, ...] = field(default=())


def read_settings(path: Path) -> Settings:
    """Read the file.

    Raises:
        SettingsError: it is absent, no TOML, or says something that cannot be.
    """
    try:
        with path.open("rb") as file:
            top = Table(path.name, tomllib.load(file))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; `init` makes one") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from error
    limits = top.table("limits")
    groups = top.table("groups")
    settings = Settings(
        url=top.take("url", str).rstrip("/"),
        key=top.take("key", str, "ec-p256"),
        per_address=_rate(limits, "per_address", "50/s"),
        per_group=_rate(limits, "per_group", "none"),
        groups=tuple(_group(name, groups.table(name)) for name in groups.names()),
    )
    limits.finish()
    top.finish()
    if not settings.groups:
        raise SettingsError(f"{path.name}: groups: there is none; devices could not enrol anywhere")
    return settings


def _rate(limits: Table, name: str, default: str) -> Rate | None:
    try:
        return parse_rate(limits.take(name, str, default))
    except ValueError as error:
        raise SettingsError(f"{limits.place}: {name}: {error}") from error


def _group(name: str, table: Table) -> GroupSettings:
    if not _GROUP.fullmatch(name):
        raise SettingsError(f"{table.place}: a group's name has 1 to 32 characters of a-z, 0-9 and '-'")
    subject = _patterns(table.table("subject"), ATTRIBUTES)
    alt_names = _patterns(table.table("alt_names"), {kind.value: kind.value for kind in _GRANTED})
    forms = table.take("forms", dict, {})
    names = {slot for _, pattern in (*subject, *alt_names) for slot in pattern.variables}
    policy = IssuancePolicy(
        name=name,
        subject=subject,
        alt_names=tuple(AltNameRule(kind=AltNameKind(kind), pattern=pattern) for kind, pattern in alt_names),
        forms={variable: _form(table.place, variable, forms.get(variable, ANY_TEXT)) for variable in names},
        values=table.take("values", dict, {}),
        minimum_key_bits=table.amount("minimum_key_bits", 2048, least=2048),
        valid_for=timedelta(days=table.amount("valid_for", 365)),
        renew_within=timedelta(days=table.amount("renew_within", 30)),
        renew_after_expiry=timedelta(days=table.amount("renew_after_expiry", 0, least=0)),
        supersede_after=table.days("supersede_after", None),
        max_active=table.amount("max_active", 1) if table.has("max_active") else None,
        backdate=timedelta(hours=table.amount("backdate", 1, least=0)),
        extended_key_usages=(CLIENT_AUTH,),
        algorithms=AlgorithmPolicy(
            allow_sha1=table.take("allow_sha1", bool, False), allow_3des=table.take("allow_3des", bool, False)
        ),
    )
    challenge = read_challenge(table)
    table.finish()
    return GroupSettings(name=name, policy=policy, challenge=challenge)


_GRANTED = (AltNameKind.RFC822, AltNameKind.DNS, AltNameKind.URI, AltNameKind.UPN)


def _patterns(table: Table, known: Mapping[str, str]) -> tuple[tuple[str, Pattern], ...]:
    found = []
    for name in table.names():
        if name not in known:
            raise SettingsError(f"{table.place}: {name} is none of {', '.join(known)}")
        found.append((known[name], _pattern(table.take(name, str))))
    return tuple(found)


def _pattern(text: str) -> Pattern:
    pieces = _SLOT.split(text)  # text, variable, text, variable, ... text
    parts = [Slot(piece) if number % 2 else piece for number, piece in enumerate(pieces)]
    return Pattern(tuple(part for part in parts if part != ""))


def _form(place: str, variable: str, expression: str) -> str:
    try:
        re.compile(expression)
    except re.error as error:
        raise SettingsError(f"{place}: forms: {variable}: {error}") from error
    return expression
