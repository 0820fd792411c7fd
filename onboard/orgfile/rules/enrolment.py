"""Rules about enrolling that need more than one key: former names, single certificates, approval."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from onboard.capabilities import Feature, limitations
from onboard.model import ChallengeType, Platform
from onboard.orgfile.sections.groups import WrittenGroup
from onboard.orgfile.text.cursor import ReportedError, readable

_PINS_THE_ROOT = (Platform.APPLE, Platform.WINDOWS)


def judge(groups: Sequence[WrittenGroup]) -> None:
    """Report what cannot be served, or what devices cannot do with it."""
    owners = {group.name: group.name for group in groups}
    for group in groups:
        with suppress(ReportedError):
            _judge_former(group, owners)
        for rule in (_judge_single_certificate, _judge_approval):
            with suppress(ReportedError):
                rule(group)


def _judge_former(group: WrittenGroup, owners: dict[str, str]) -> None:
    """A former key is an address that goes on answering, so nobody else may have it."""
    for cursor, name in readable(group.formerly.value):
        if name == group.name:
            cursor.mistake(f"'{name}' is what this group is called today", "remove it from the list")
        elif name in owners:
            cursor.mistake(
                f"'{name}' is or was the group '{owners[name]}'", "a key can live on in one group only"
            )
        owners.setdefault(name, group.name)


def _judge_single_certificate(group: WrittenGroup) -> None:
    if not group.single_certificate.value:
        return
    cursor, authority = group.single_certificate.cursor, group.authority.value
    if authority.key is None or not authority.key.is_rsa:
        kind = "somebody else's" if authority.key is None else authority.key.value
        cursor.fail(
            f"devices would seal their requests to the CA's key, and that of '{authority.name}' is {kind}",
            "only an RSA key can open them: name an authority with one, or remove single_certificate",
        )
    pinning = [p.value for _, p in readable(group.platforms.value) if p in _PINS_THE_ROOT]
    if pinning and not authority.is_root:
        cursor.fail(
            f"{' and '.join(pinning)} pin the root, which a single certificate of '{authority.name}' hides",
            "make a group of its own for the devices that need this",
        )
    cursor.warn(
        f"the key of '{authority.name}' then decrypts what anybody sends, besides signing certificates",
        "say it for devices only that take nothing else, and give them an authority of their own",
    )


def _judge_approval(group: WrittenGroup) -> None:
    challenge = group.challenge.value
    if challenge.type is not ChallengeType.APPROVAL:
        return
    for cursor, platform in readable(group.platforms.value):
        for limitation in limitations((platform,), Feature.APPROVAL):
            cursor.mistake(
                f"{limitation.platform} cannot wait for a person: {limitation.reason}",
                f"take {limitation.platform} out of the platforms, or use another type of challenge",
            )
