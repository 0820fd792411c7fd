"""An issuance policy, the grant of a challenge and the approval of a request, as values."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from scep_server.algorithms import AlgorithmPolicy
from scep_server.messages import AltName, AltNameKind, Attribute


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a variable in a pattern, e.g. `Slot("user.email")`."""

    variable: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text mixed with variables, in order.

    Attributes:
        parts: adjacent ones are read one after the other.
        variables: in order of appearance, repeated ones repeated.
    """

    parts: tuple[str | Slot, ...]
    variables: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        variables = tuple(part.variable for part in self.parts if isinstance(part, Slot))
        object.__setattr__(self, "variables", variables)

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with every variable filled in (KeyError if `values` lacks one)."""
        return "".join(part if isinstance(part, str) else values[part.variable] for part in self.parts)

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else "${" + part.variable + "}" for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AltNameRule:
    """A subject alternative name that is granted; where it is not optional, a request must bring it."""

    kind: AltNameKind
    pattern: Pattern
    optional: bool = True


@dataclass(frozen=True, slots=True)
class Marker:
    """A subject attribute that an MDM may add to find the certificate again; granted if it is asked for."""

    oid: str
    form: str  # regular expression over the whole value

    @property
    def variable(self) -> str:
        """The name under which its value is recorded."""
        return f"marker.{self.oid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuancePolicy:
    """What one endpoint grants.

    Attributes:
        name: of the EnrollmentProfile, for reasons and the log.
        subject: attribute type (dotted OID) and pattern, in the order of the certificate.
        alt_names: SANs, in the order of the certificate.
        markers: attributes beyond `subject` that a request may have, one of each.
        forms: variable -> regular expression over the whole value; every variable of the patterns is here.
        values: variable -> glob (`*` is any run of characters) that narrows the form.
        minimum_key_bits: smallest RSA modulus.
        maximum_key_bits: largest RSA modulus; a huge key is a way to make every later verification slow.
        valid_for: life of a certificate.
        renew_within: from this long before the end a renewal is taken.
        renew_after_expiry: until this long after the end a renewal is still taken.
        supersede_after: from this long after its renewal on the old certificate is revoked; None: never.
        max_active: live certificates that one subject may have; None: any number.
        backdate: how far notBefore lies in the past, for devices whose clock is slow.
        extended_key_usages: dotted OIDs.
        algorithms: what requests may use beyond AES and SHA-2.
        variables: every variable of the patterns, each once, in order of first appearance.
    """

    name: str
    subject: tuple[tuple[str, Pattern], ...]
    alt_names: tuple[AltNameRule, ...] = ()
    markers: tuple[Marker, ...] = ()
    forms: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    minimum_key_bits: int = 2048
    maximum_key_bits: int = 4096
    valid_for: timedelta
    renew_within: timedelta
    renew_after_expiry: timedelta = timedelta(0)
    supersede_after: timedelta | None = None
    max_active: int | None = None
    backdate: timedelta = timedelta(hours=1)
    extended_key_usages: tuple[str, ...]
    algorithms: AlgorithmPolicy = field(default_factory=AlgorithmPolicy)
    variables: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        patterns = [pattern for _, pattern in self.subject] + [rule.pattern for rule in self.alt_names]
        variables = tuple(dict.fromkeys(name for pattern in patterns for name in pattern.variables))
        object.__setattr__(self, "variables", variables)
        unknown = [name for name in variables if name not in self.forms]
        if unknown:
            msg = f"policy {self.name!r} uses variables without a form: {', '.join(unknown)}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Why a request may be answered: the challenge that it brought.

    Attributes:
        challenge_id: public id of the challenge, for the record of the certificate.
        bound: variable -> value recorded when it was minted; empty where it binds the group only.
        asserted: True for a static challenge: whoever knows it may claim any identity.
    """

    challenge_id: str
    bound: Mapping[str, str] = field(default_factory=dict)
    asserted: bool


class Identity(enum.StrEnum):
    """Whether somebody confirmed the names in a certificate, or the device alone said them."""

    ASSERTED = "asserted"
    BOUND = "bound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What the authority shall issue.

    Attributes:
        subject: in the policy's order.
        alt_names: in the policy's order.
        spki: DER SubjectPublicKeyInfo.
        key_bits: RSA modulus bits.
        valid_for: life from now.
        backdate: how far notBefore lies in the past.
        extended_key_usages: dotted OIDs.
        identity: whether the challenge's record confirms every variable of the certificate.
        values: variable -> value in this certificate.
        challenge_id: id of the challenge that allowed it.
        profile: name of the policy that granted it.
    """

    subject: tuple[Attribute, ...]
    alt_names: tuple[AltName, ...]
    spki: bytes = field(repr=False)
    key_bits: int
    valid_for: timedelta
    backdate: timedelta
    extended_key_usages: tuple[str, ...]
    identity: Identity
    values: Mapping[str, str]
    challenge_id: str
    profile: str = ""
