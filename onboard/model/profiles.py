"""What a certificate says: EnrollmentProfiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from onboard.errors import NOWHERE, Place
from onboard.model.kinds import KeyKind
from onboard.names import AltNameKind, AttributeType
from onboard.variables import Holder, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectAttribute:
    """One attribute of the subject that a certificate gets."""

    type: AttributeType
    value: Template
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AltName:
    """One subject alternative name that a certificate gets."""

    kind: AltNameKind
    value: Template
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentProfile:
    """A named issuance rule; the payload asks for it and the SCEP policy grants it."""

    name: str
    description: str
    holder: Holder
    subject: tuple[SubjectAttribute, ...]
    subject_alt_names: tuple[AltName, ...]
    values: Mapping[str, str]  # variable -> glob ('*' any run of characters) that its value must match
    key: KeyKind  # RSA_2048 or RSA_4096
    valid_for: timedelta
    renew_within: timedelta  # from this long before the end a renewal is taken
    extended_key_usages: tuple[str, ...]  # keys of names.EXTENDED_KEY_USAGES
    renew_after_expiry: timedelta | None = None  # until this long after the end a renewal is still taken
    supersede_after: timedelta | None = None  # this long after its renewal the old certificate is revoked
    max_active: int | None = None  # live certificates for one identity
    legacy: bool = False  # requests with 3DES and SHA-1 are taken
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable of subject and alternative names, in order of first appearance."""
        templates = [a.value for a in self.subject] + [n.value for n in self.subject_alt_names]
        return tuple(dict.fromkeys(name for template in templates for name in template.variables))
