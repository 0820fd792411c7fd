"""The attributes of a certification request: challenge password and requested extensions (RFC 2985 §5.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from scep_server import ber, oids
from scep_server.ber import tags
from scep_server.csr import names
from scep_server.messages import AltName, ChallengePassword

_EXTENSION_ATTRIBUTES: Final = frozenset({oids.EXTENSION_REQUEST, oids.MICROSOFT_CERT_EXTENSIONS})


@dataclass(slots=True)
class Wishes:
    """What a request asks for beside subject and key."""

    challenge: ChallengePassword | None = None
    alt_names: list[AltName] = field(default_factory=list)
    ignored_extensions: list[str] = field(default_factory=list)


def read(reader: ber.Reader) -> Wishes:
    """Read the attributes that are left in `reader`, passing over those that carry no wish.

    Raises:
        BerError: broken, or two challenge passwords, of which nobody can say which one counts.
    """
    wishes = Wishes()
    while reader.more:
        attribute = reader.enter()
        oid = attribute.oid()
        if oid == oids.CHALLENGE_PASSWORD:
            _challenge(attribute.enter(tags.SET), wishes)
        elif oid in _EXTENSION_ATTRIBUTES:
            _extensions(attribute.enter(tags.SET), wishes)
    return wishes


def _challenge(values: ber.Reader, wishes: Wishes) -> None:
    if wishes.challenge is not None:
        raise ber.BerError("there are two challenge passwords")
    password = names.text(values)
    values.finish()
    if password:  # some clients send an empty attribute instead of none
        wishes.challenge = ChallengePassword(password)


def _extensions(values: ber.Reader, wishes: Wishes) -> None:
    while values.more:
        extensions = values.enter()
        while extensions.more:
            extension = extensions.enter()
            oid = extension.oid()
            if extension.tag == tags.BOOLEAN:
                extension.skip()
            content = extension.octets()
            if oid == oids.SUBJECT_ALT_NAME:
                wishes.alt_names.extend(names.general_names(extension.over(content)))
            else:
                wishes.ignored_extensions.append(oid)
