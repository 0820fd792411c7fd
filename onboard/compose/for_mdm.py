"""A group's payloads for one MDM: unsigned, in its own variables, with the marker by which it renews.

What the MDM cannot carry is not made: a platform it does not manage is left out, and a variable that it
cannot spell is a refusal with the reason. Nothing is signed, because filling in would break a signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from onboard.artifact import Artifact
from onboard.compose import CheckedArtifact, compose
from onboard.dialects import Dialect
from onboard.errors import PayloadError, VariableError
from onboard.model import Platform
from onboard.names import ATTRIBUTES
from onboard.payloads import BUILDERS, Builder, Spelling, intune
from onboard.payloads.windows.fleet import build_fleet
from onboard.plan import GroupPlan, SubjectPart
from onboard.variables import CHALLENGE, KNOWN_WHEN_MADE, Template

# Kinds for computers that no MDM manages, or whose variables no MDM fills in.
_BY_HAND = frozenset({"script", "instructions"})
_NO_MDM_KINDS: Mapping[tuple[str, Platform], frozenset[str]] = {
    # A custom OMA-URI profile fills nothing in; the certificate comes by the Graph objects.
    ("intune", Platform.WINDOWS): _BY_HAND | {"syncml"},
}


def carried(dialect: Dialect, platforms: Iterable[Platform]) -> tuple[Platform, ...]:
    """Those of the platforms that the MDM manages, in their order."""
    return tuple(platform for platform in platforms if platform.value in dialect.platforms)


def needed(plan: GroupPlan) -> tuple[str, ...]:
    """The variables that the MDM has to fill in, `challenge` last where each device needs its own."""
    names = tuple(name for name in plan.profile.variables if name not in KNOWN_WHEN_MADE)
    return names if plan.scep.challenge is not None else (*names, CHALLENGE)


def marked(plan: GroupPlan, dialect: Dialect) -> GroupPlan:
    """The plan whose subject also asks for the attribute by which the MDM finds what it must renew."""
    marker = dialect.renewal.marker
    if marker is None or not marker.text:
        return plan
    part = SubjectPart(type=ATTRIBUTES[marker.attribute], value=Template((marker.text,)))
    return replace(plan, scep=replace(plan.scep, subject=(*plan.scep.subject, part)))


def compose_for(
    plan: GroupPlan, dialect: Dialect, *, platforms: Iterable[Platform] = ()
) -> tuple[CheckedArtifact, ...]:
    """The group's artifacts for an MDM, checked; none for platforms it does not manage.

    Args:
        plan: the group.
        dialect: the MDM.
        platforms: only these, where group and MDM have them; all when empty.

    Raises:
        VariableError: variables without a spelling, each with its reason.
        PayloadError: lint refuses what was built, or the MDM is known to spoil it.
    """
    wanted = frozenset(platforms) or frozenset(plan.platforms)
    spellings = _spellings(plan, dialect, carried(dialect, [p for p in plan.platforms if p in wanted]))
    found: list[CheckedArtifact] = []
    for platform, spelling in spellings.items():
        builders = {platform: _builder(dialect, platform)}
        found += compose(marked(plan, dialect), spelling, platforms=[platform], builders=builders)
    for checked in found:
        _refuse_what_is_spoilt(checked.artifact, dialect)
    return tuple(found)


def _spellings(
    plan: GroupPlan, dialect: Dialect, platforms: Iterable[Platform]
) -> Mapping[Platform, Spelling]:
    """How each platform's payloads write variables; what has no spelling is refused all at once."""
    found: dict[Platform, Spelling] = {}
    refusals: list[VariableError] = []
    for platform in platforms:
        try:
            found[platform] = dialect.spelling(platform.value, needed(plan))
        except VariableError as error:
            message = f"group {plan.group}, {platform}: {error}"
            refusals.append(VariableError(message, error.names, hint=error.hint))
    if refusals:
        raise together(refusals)
    return found


def together(refusals: Sequence[VariableError]) -> VariableError:
    """Several refusals as one error: every line, name and hint once."""
    return VariableError(
        "\n".join(map(str, refusals)),
        tuple(dict.fromkeys(name for error in refusals for name in error.names)),
        hint="; ".join(dict.fromkeys(error.hint for error in refusals)),
    )


def _builder(dialect: Dialect, platform: Platform) -> Builder:
    """How this MDM takes the platform's payloads."""
    left_out = _NO_MDM_KINDS.get((dialect.name, platform), _BY_HAND)

    def build(plan: GroupPlan, spelling: Spelling) -> Sequence[Artifact]:
        if dialect.name == "fleet" and platform is Platform.WINDOWS:
            return build_fleet(plan, spelling)
        made = [a for a in BUILDERS[platform](plan, spelling) if a.kind not in left_out]
        if dialect.name == "intune":
            made += intune.build(replace(plan, platforms=(platform,)), spelling)
        return made

    return lambda plan, spelling: tuple(build(plan, spelling))


def _refuse_what_is_spoilt(artifact: Artifact, dialect: Dialect) -> None:
    """Jamf Pro decodes uploaded text once more, so an `&` or `<` in a value breaks the profile there."""
    if dialect.name != "jamf-pro":
        return
    if any(entity in artifact.content for entity in (b"&amp;", b"&lt;")):
        raise PayloadError(
            f"{artifact.path}: a value holds '&' or '<', and {dialect.title} breaks profiles with those",
            hint="rename the network, or change the URL or name that holds it",
        )
