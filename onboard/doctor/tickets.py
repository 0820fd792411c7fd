"""What doctor asks for when it enrols: subjects that are new in each run, and challenges to go with them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography import x509

from onboard.devices.scep.csr import CertificateRequest, NameAttribute, RequestedName
from onboard.errors import OnboardError, VariableError
from onboard.model import Group, Organization
from onboard.secret import Secret
from onboard.variables import VARIABLES, Template, matches_form
from scep_server.policy.matching import fits

PLACE = "{}"
_KINDS = ("rfc822", "dns", "uri", "upn")
_ADDRESSES = ("user.email", "user.upn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A subject and alternative names; PLACE in them is filled with a name that is new in each run.

    Attributes:
        subject: RDNs in the order of the certificate.
        alt_names: asked for in the CSR.
    """

    subject: tuple[tuple[NameAttribute, ...], ...]
    alt_names: tuple[RequestedName, ...] = ()

    @classmethod
    def parse(cls, subject: str, alt_names: Sequence[str]) -> Wish:
        """Read `CN={}@example.org,O=Example` (RFC 4514) and `rfc822:{}@example.org`.

        Raises:
            OnboardError: it is no distinguished name, or a name has no kind.
        """
        try:
            name = x509.Name.from_rfc4514_string(subject)
        except ValueError as error:
            msg = f"{subject!r} is no distinguished name: {error}"
            raise OnboardError(msg, hint="write it like CN={}@example.org,O=Example") from error
        rdns = tuple(
            tuple(NameAttribute(a.oid.dotted_string, str(a.value)) for a in rdn) for rdn in name.rdns
        )
        return cls(subject=rdns, alt_names=tuple(_alt_name(text) for text in alt_names))

    def filled(self, name: str, challenge: Secret) -> CertificateRequest:
        """The request of one name."""
        subject = tuple(
            tuple(NameAttribute(a.oid, a.value.replace(PLACE, name)) for a in rdn) for rdn in self.subject
        )
        names = tuple(RequestedName(n.kind, n.value.replace(PLACE, name)) for n in self.alt_names)
        return CertificateRequest(subject=subject, alt_names=names, challenge=challenge)


class Challenges:
    """The challenges of the command line: one serves every enrolment, several are spent in turn."""

    def __init__(self, challenges: Sequence[Secret]) -> None:
        self._reusable = challenges[0] if len(challenges) == 1 else None
        self._left = list(challenges[1:]) if len(challenges) == 1 else list(challenges)

    def next(self) -> Secret | None:
        """The next one; None where all are spent."""
        if self._reusable is not None:
            return self._reusable
        return self._left.pop(0) if self._left else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WishTickets:
    """Tickets for any server.

    Attributes:
        wish: subject and names.
        challenges: from the command line.
        run: a few characters that no other run has.
    """

    wish: Wish
    challenges: Challenges
    run: str

    def __call__(self, name: str) -> CertificateRequest | None:
        """A ticket; see `Tickets`."""
        challenge = self.challenges.next()
        return None if challenge is None else self.wish.filled(f"doctor-{name}-{self.run}", challenge)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTickets:
    """Tickets for a group of an org definition, with what its EnrollmentProfile wants.

    Attributes:
        organization: whose group it is.
        group: the group.
        values: of variables, instead of invented ones.
        challenge: gives one for a request of these values: the static one, or one minted for it.
        run: a few characters that no other run has.
    """

    organization: Organization
    group: Group
    values: Mapping[str, str]
    challenge: Callable[[Mapping[str, str]], Secret] = field(repr=False)
    run: str

    def __call__(self, name: str) -> CertificateRequest:
        """A ticket; see `Tickets`.

        Raises:
            VariableError: a variable has a rule that no invented value fits.
        """
        profile = self.group.profile
        known = {"organization.name": self.organization.name, "group.name": self.group.name}
        own = {v: self._value(v, name) for v in profile.variables if v not in known}

        def text(template: Template) -> str:
            return template.spell(lambda variable: (known | own)[variable])

        return CertificateRequest(
            subject=tuple((NameAttribute(a.type.oid, text(a.value)),) for a in profile.subject),
            alt_names=tuple(RequestedName(n.kind.value, text(n.value)) for n in profile.subject_alt_names),
            challenge=self.challenge(own),
        )

    def _value(self, variable: str, name: str) -> str:
        if variable in self.values:
            return self.values[variable]
        label = f"doctor-{name}-{self.run}"
        rule = self.group.profile.values.get(variable)
        if variable == "device.id" and rule is None:
            digest = hashlib.sha256(label.encode()).digest()
            return str(uuid.UUID(bytes=digest[:16], version=4))
        rule = rule or ("*@example.org" if variable in _ADDRESSES else "*")
        for value in (rule.replace("*", label), rule.replace("*", ""), VARIABLES[variable].example):
            if matches_form(variable, value) and fits(rule, value):
                return value
        msg = f"no value of {variable} can be invented that fits {rule!r}"
        raise VariableError(msg, [variable], hint=f"give one: --set {variable}=...")


def _alt_name(text: str) -> RequestedName:
    kind, separator, value = text.partition(":")
    if not separator or kind not in _KINDS or not value:
        msg = f"{text!r} is no alternative name"
        raise OnboardError(msg, hint=f"write KIND:VALUE; kinds are {', '.join(_KINDS)}")
    return RequestedName(kind, value)
