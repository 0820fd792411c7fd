"""Holds a request against a policy: the contract's "What the server demands of a request"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from scep_server.challenges import STATIC_MINIMUM
from scep_server.errors import RequestRejectedError
from scep_server.messages import AltName, AltNameKind, Attribute, Csr, FailInfo
from scep_server.policy.bounds import alt_name_problem, attribute_problem, short_name
from scep_server.policy.matching import Answer, Matcher, Question, shown
from scep_server.policy.rules import AltNameRule, Approval, Grant, Identity, IssuancePolicy, Pattern, Slot

_OTHER_VALUE = "let the device ask for a value that a certificate can hold, or change the profile"
_LONGEST_MARKER = 128  # characters
_ADD_TO_PROFILE = "take it out of what the device asks for, or add it to the profile"


def authorize(csr: Csr, policy: IssuancePolicy, grant: Grant) -> Approval:
    """Hold a request against a policy.

    Names are compared as sets of attributes; every subject attribute of the policy must be there and nothing
    else. A SAN may be missing: it is then left out, or added where the challenge's record knows its values.
    The certificate spells a value as the challenge's record does, or else as the request does first.

    Args:
        csr: a request that proved possession of its key.
        policy: of the endpoint that it came to.
        grant: of the challenge that it brought.

    Raises:
        RequestRejectedError: badRequest (RFC 8894 §3.2.1.4.5), with the reason and a remedy.
    """
    _check_secrecy(csr)
    _check_key(csr, policy)
    policy = _with_markers(csr, policy)
    matcher = Matcher(policy, grant.bound)
    answer = matcher.solve([*_subject_questions(csr, policy), *_alt_name_questions(csr, policy)])
    if answer is None:
        mismatch = matcher.mismatch
        raise _refusal(mismatch.reason, mismatch.remedy, public=mismatch.public)
    subject = tuple(Attribute(oid, pattern.fill(answer.values)) for oid, pattern in policy.subject)
    rules = _granted_alt_names(policy, grant, answer)
    alt_names = tuple(dict.fromkeys(AltName(rule.kind, rule.pattern.fill(answer.values)) for rule in rules))
    _check_bounds(subject, alt_names)
    patterns = [pattern for _, pattern in policy.subject] + [rule.pattern for rule in rules]
    used = dict.fromkeys(name for pattern in patterns for name in pattern.variables)
    markers = {marker.variable for marker in policy.markers}  # they identify nobody
    confirmed = not grant.asserted and all(name in grant.bound for name in used if name not in markers)
    return Approval(
        subject=subject,
        alt_names=alt_names,
        spki=csr.spki,
        key_bits=csr.key_bits,
        valid_for=policy.valid_for,
        backdate=policy.backdate,
        extended_key_usages=policy.extended_key_usages,
        identity=Identity.BOUND if confirmed else Identity.ASSERTED,
        values={name: answer.values[name] for name in used},
        challenge_id=grant.challenge_id,
        profile=policy.name,
    )


def _with_markers(csr: Csr, policy: IssuancePolicy) -> IssuancePolicy:
    """The policy with the markers of this request: one value more than the profile has, of the right form."""
    granted = [oid for oid, _ in policy.subject]
    for marker in policy.markers:
        values = {attribute.value for attribute in csr.subject if attribute.oid == marker.oid}
        fitting = any(len(value) <= _LONGEST_MARKER and re.fullmatch(marker.form, value) for value in values)
        if fitting and len(values) == granted.count(marker.oid) + 1 and marker.variable not in policy.forms:
            pattern = Pattern((Slot(marker.variable),))
            policy = replace(
                policy,
                subject=(*policy.subject, (marker.oid, pattern)),
                forms={**policy.forms, marker.variable: marker.form},
            )
    return policy


def _check_secrecy(csr: Csr) -> None:
    """A name gets into certificate, log and audit trail; a challenge must get into none of them."""
    secret = csr.challenge.reveal().casefold() if csr.challenge else ""  # DNS names come in any case
    if len(secret) < STATIC_MINIMUM:  # no challenge is as short, so it is none and no secret
        return
    names = [(short_name(attribute.oid), attribute.value) for attribute in csr.subject]
    names += [(f"{name.kind.value} name", name.value) for name in csr.alt_names]
    for kind, value in names:
        if secret in value.casefold():
            raise _refusal(
                f"the {kind} of the request holds the challenge, which would no longer be a secret",
                "put the device's own value there and the challenge into challengePassword alone; rotate the "
                "challenge if devices share it, because requests like this one may have been seen",
            )


def _check_key(csr: Csr, policy: IssuancePolicy) -> None:
    if not csr.key_bits:
        raise _refusal(
            "the key is not RSA", "let the device make an RSA key: SCEP has no other on most clients"
        )
    if not policy.minimum_key_bits <= csr.key_bits <= policy.maximum_key_bits:
        raise _refusal(
            f"the RSA key has {csr.key_bits} bits, the profile takes "
            f"{policy.minimum_key_bits} to {policy.maximum_key_bits}",
            "set the key size in the payload or the client's configuration",
        )


def _subject_questions(csr: Csr, policy: IssuancePolicy) -> list[Question]:
    requested: dict[str, list[str]] = {}
    for attribute in dict.fromkeys(csr.subject):
        requested.setdefault(attribute.oid, []).append(attribute.value)
    granted = [oid for oid, _ in policy.subject]
    for oid, values in requested.items():
        _check_count(short_name(oid), values, granted.count(oid), "the subject")
    for oid, pattern in policy.subject:
        if oid not in requested:
            raise _refusal(
                f"the subject lacks {short_name(oid)}, which the profile {policy.name!r} demands",
                f"let the device ask for {short_name(oid)}={pattern}",
            )
    return [_question(short_name(oid), pattern, requested[oid]) for oid, pattern in policy.subject]


def _alt_name_questions(csr: Csr, policy: IssuancePolicy) -> list[Question]:
    requested: dict[AltNameKind, list[str]] = {}
    for name in dict.fromkeys(csr.alt_names):
        requested.setdefault(name.kind, []).append(name.value)
    granted = [rule.kind for rule in policy.alt_names]
    for kind, values in requested.items():
        _check_count(f"{kind.value} name", values, granted.count(kind), "the subject alternative name")
    return [
        _question(
            f"{rule.kind.value} name",
            rule.pattern,
            requested.get(rule.kind, ()),
            may_skip=granted.count(rule.kind) > len(requested.get(rule.kind, ())),
        )
        for rule in policy.alt_names
    ]


def _question(kind: str, pattern: Pattern, values: Sequence[str], *, may_skip: bool = False) -> Question:
    return Question(kind=kind, pattern=pattern, candidates=tuple(values), may_skip=may_skip)


def _check_count(kind: str, values: Sequence[str], granted: int, where: str) -> None:
    if granted == 0:
        raise _refusal(f"{where} has the {kind} {shown(values[0])}, which the profile lacks", _ADD_TO_PROFILE)
    if len(values) > granted:
        raise _refusal(
            f"{where} has {len(values)} values of {kind} ({shown(values[0])}, {shown(values[1])}"
            f"{', …' if len(values) > 2 else ''}), the profile has {granted}",
            _ADD_TO_PROFILE,
        )


def _granted_alt_names(policy: IssuancePolicy, grant: Grant, answer: Answer) -> list[AltNameRule]:
    granted = []
    for rule, taken in zip(policy.alt_names, answer.taken[len(policy.subject) :], strict=True):
        recorded = grant.bound and all(name in grant.bound for name in rule.pattern.variables)
        if taken is not None or recorded:
            granted.append(rule)
        elif not rule.optional:
            raise _refusal(
                f"the {rule.kind.value} name is missing, which the profile {policy.name!r} demands",
                f"let the device ask for {rule.pattern}",
            )
    return granted


def _check_bounds(subject: Sequence[Attribute], alt_names: Sequence[AltName]) -> None:
    for attribute in subject:
        problem = attribute_problem(attribute)
        if problem:
            raise _refusal(
                f"the subject's {short_name(attribute.oid)} {shown(attribute.value)}: {problem}", _OTHER_VALUE
            )
    for name in alt_names:
        problem = alt_name_problem(name)
        if problem:
            raise _refusal(f"the {name.kind.value} name {shown(name.value)}: {problem}", _OTHER_VALUE)


def _refusal(reason: str, remedy: str, *, public: str = "") -> RequestRejectedError:
    return RequestRejectedError(FailInfo.BAD_REQUEST, reason, remedy=remedy, public=public)
