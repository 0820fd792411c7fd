"""GroupPlan -> the shell script that enrols a Linux computer with certmonger and keeps its certificate fresh.

The script holds its settings as `NAME='VALUE'` lines between two marks, which lint and rehearsal read again.
`${variables}` stay in them; the script fills them from its command line or from the computer, or stops.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from onboard import templating
from onboard.artifact import Artifact
from onboard.errors import PayloadError
from onboard.model import Platform
from onboard.names import EXTENDED_KEY_USAGES, AltNameKind, AttributeType
from onboard.payloads.linux import files, networkmanager
from onboard.plan import GroupPlan, challenge_template
from onboard.templating import Quoted
from onboard.variables import Reference, Template

# The attribute names that certmonger's parser knows; others it drops without a word, unless they are OIDs.
_KNOWN_TYPES = frozenset({"CN", "OU", "O", "L", "ST", "C", "DC", "UID"})
_DERIVED = frozenset({"device.name", "device.fqdn", "device.serial", "device.id"})
_PEM = re.compile(r"(-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n?)+")


def build(plan: GroupPlan, spelling: Callable[[str], str]) -> tuple[Artifact, ...]:
    """One script, `GROUP/linux/GROUP.sh`, for any POSIX shell.

    Raises:
        PayloadError: the profile has a value that cannot stand in a script or a certmonger request.
    """
    return (
        Artifact(
            path=f"{plan.group}/linux/{plan.group}.sh",
            group=plan.group,
            platform=Platform.LINUX,
            kind="certmonger",
            media_type="application/x-sh",
            content=_script(plan, spelling).encode(),
            secret=plan.scep.challenge is not None,
        ),
    )


def quote(value: str) -> Quoted:
    """One shell word, whatever is in it.

    Raises:
        PayloadError: it has a control character, which no setting needs and a terminal may obey. The message
            does not show the value: it may be the challenge.
    """
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        msg = "a value with control characters cannot stand in the enrolment script"
        raise PayloadError(msg, hint="look at the challenge and at the subject of the profile")
    return Quoted("'" + value.replace("'", "'\"'\"'") + "'")


def escape_dn(value: str) -> str:
    """A value inside a distinguished name (RFC 4514 §2.4), every special character with a backslash.

    certmonger takes an unescaped `=` or `,` for the end of the value and puts the rest into the common name.
    """
    escaped = re.sub(r'[,+"\\<>;=]', r"\\\g<0>", value)
    return re.sub(r"^[ #]| $", r"\\\g<0>", escaped)


def _script(plan: GroupPlan, spelling: Callable[[str], str]) -> str:
    subject = ",".join(
        f"{_type(part.type)}={_spell(part.value, spelling, escape_dn)}" for part in plan.scep.subject
    )
    email, dns = (_alt_name(plan, kind, spelling) for kind in (AltNameKind.RFC822, AltNameKind.DNS))
    challenge = challenge_template(plan).spell(spelling)
    unfilled = Template.parse(subject + email + dns).variables
    return templating.code(
        "linux/certmonger.sh.j2",
        {"quote": quote, "comment": _comment, "pem": _pem},
        title=f"{plan.organization_name}, group {plan.group}",
        script=f"{plan.group}.sh",
        ask=[name for name in unfilled if name not in _DERIVED],
        one_time=challenge == str(Template.of("challenge")),
        notes=tuple(_notes(plan)),
        organization=plan.organization_name,
        group=plan.group,
        scep_url=plan.scep.url,
        root_sha256=plan.root.sha256.hex(),
        challenge=challenge,
        subject=subject,
        email=email,
        dns=dns,
        key_bits=str(plan.scep.key_bits),
        extended_key_usage=" ".join(EXTENDED_KEY_USAGES[usage] for usage in plan.profile.extended_key_usages),
        folder=files.folder(plan),
        certificates=tuple(_certificates(plan)),
        connections=tuple(networkmanager.connection_uuid(plan, network) for network in plan.networks),
    )


def _spell(template: Template, spelling: Callable[[str], str], escape: Callable[[str], str]) -> str:
    """Text with known values escaped; variables that keep our spelling stay for the script to fill in."""
    spelled = (
        escape(part) if isinstance(part, str) else _variable(part, spelling, escape)
        for part in template.parts
    )
    return "".join(spelled)


def _variable(part: Reference, spelling: Callable[[str], str], escape: Callable[[str], str]) -> str:
    value = spelling(part.name)
    return value if value == str(part) else escape(value)


def _type(attribute: AttributeType) -> str:
    return attribute.short if attribute.short in _KNOWN_TYPES else attribute.oid


def _alt_name(plan: GroupPlan, kind: AltNameKind, spelling: Callable[[str], str]) -> str:
    """The first name of its kind, or nothing: a name that is missing is left out or added by the server."""
    for name in plan.scep.subject_alt_names:
        if name.kind is kind:
            return _spell(name.value, spelling, str)
    return ""


def _notes(plan: GroupPlan) -> Iterator[str]:
    kinds = [name.kind for name in plan.scep.subject_alt_names]
    if AltNameKind.UPN in kinds:
        # getcert -K asks for a Kerberos principal besides, which the profile does not have.
        yield "The user principal name is not asked for: certmonger cannot ask for it alone."
    if AltNameKind.URI in kinds:
        yield "The URI names of the profile are not asked for: certmonger has no option for them."
    for kind in (AltNameKind.RFC822, AltNameKind.DNS):
        if kinds.count(kind) > 1:
            yield f"Only the first {kind.value} name of the profile is asked for."


def _certificates(plan: GroupPlan) -> Iterator[tuple[str, str]]:
    yield "root.pem", plan.root.pem
    for network in plan.networks:
        yield files.trust_name(network), "".join(anchor.pem for anchor in network.anchors)


def _pem(value: str) -> Quoted:
    if not _PEM.fullmatch(value):
        msg = "a certificate for the enrolment script is not PEM"
        raise PayloadError(msg)
    return Quoted(value.rstrip("\n"))


def _comment(value: str) -> Quoted:
    return Quoted("".join(character if character.isprintable() else " " for character in value))
