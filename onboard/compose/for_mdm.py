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
from onboard.payloads import BUILDERS, Builder, Spelling, intune, windows
from onboard.payloads.chromeos import tenant
from onboard.payloads.windows.fleet import build_fleet
from onboard.plan import GroupPlan, SubjectPart
from onboard.variables import CHALLENGE, KNOWN_WHEN_MADE, Template

# Kinds for computers that no MDM manages, or whose variables no MDM fills in.
_BY_HAND = frozenset({"script", "instructions"})
# Where Intune judges no challenge, Windows gets trust and networks, and no file asks for a variable.
# Google's adapter asks nobody either; what its older connector cannot spell costs the connector's sheet only.
_ASKS_NOTHING = frozenset({("intune", Platform.WINDOWS), ("google-chrome", Platform.CHROMEOS)})


def carried(dialect: Dialect, platforms: Iterable[Platform]) -> tuple[Platform, ...]:
    """Those of the platforms that the MDM manages, in their order."""
    return tuple(platform for platform in platforms if platform.value in dialect.platforms)


def needed(plan: GroupPlan) -> tuple[str, ...]:
    """The variables that the MDM has to fill in, `challenge` last where each device needs its own."""
    names = tuple(name for name in plan.variables if name not in KNOWN_WHEN_MADE)
    return names if plan.scep.challenge is not None else (*names, CHALLENGE)


def marked(plan: GroupPlan, dialect: Dialect) -> GroupPlan:
    """The plan whose subject also asks for the attribute by which the MDM finds what it must renew."""
    marker = dialect.renewal.marker
    if marker is None or not marker.text:
        return plan
    part = SubjectPart(type=ATTRIBUTES[marker.attribute], value=Template((marker.text,)))
    return replace(plan, scep=replace(plan.scep, subject=(*plan.scep.subject, part)))


def compose_for(
    plan: GroupPlan,
    dialect: Dialect,
    *,
    platforms: Iterable[Platform] = (),
    provisioning_profile: str = "",
) -> tuple[CheckedArtifact, ...]:
    """The group's artifacts for an MDM, checked; none for platforms it does not manage.

    Args:
        plan: the group.
        dialect: the MDM.
        platforms: only these, where group and MDM have them; all when empty.
        provisioning_profile: the id that Google gave the group's profile; empty where it is not known.

    Raises:
        VariableError: variables without a spelling, each with its reason.
        PayloadError: lint refuses what was built, or the MDM is known to spoil it.
    """
    wanted = frozenset(platforms) or frozenset(plan.platforms)
    spellings = _spellings(plan, dialect, carried(dialect, [p for p in plan.platforms if p in wanted]))
    found: list[CheckedArtifact] = []
    for platform, spelling in spellings.items():
        builders = {platform: _builder(dialect, platform, provisioning_profile)}
        found += compose(marked(plan, dialect), spelling, platforms=[platform], builders=builders)
    for checked in found:
        _refuse_what_is_spoilt(checked.artifact, dialect)
    return tuple(found)


def remarks(plan: GroupPlan, dialect: Dialect, platforms: Iterable[Platform] = ()) -> tuple[str, ...]:
    """What the MDM cannot do for the group and what to do instead, in sentences for the administrator."""
    wanted = frozenset(platforms) or frozenset(plan.platforms)
    if dialect.name == "google-chrome" and Platform.CHROMEOS in wanted & frozenset(plan.platforms):
        trouble = tenant.connector_trouble(plan)
        without = "no sheet for the SCEP connector; the certificate provisioning adapter serves the group"
        return (f"{without} ({trouble})",) if trouble else ()
    if dialect.name != "intune":
        return ()
    return intune.remarks(plan, carried(dialect, [p for p in plan.platforms if p in wanted]))


def _spellings(
    plan: GroupPlan, dialect: Dialect, platforms: Iterable[Platform]
) -> Mapping[Platform, Spelling]:
    """How each platform's payloads write variables; what has no spelling is refused all at once."""
    found: dict[Platform, Spelling] = {}
    refusals: list[VariableError] = []
    for platform in platforms:
        try:
            asked = () if (dialect.name, platform) in _ASKS_NOTHING else needed(plan)
            found[platform] = dialect.spelling(platform.value, asked)
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


def _builder(dialect: Dialect, platform: Platform, provisioning_profile: str) -> Builder:
    """How this MDM takes the platform's payloads."""

    def build(plan: GroupPlan, spelling: Spelling) -> Sequence[Artifact]:
        if dialect.name == "fleet" and platform is Platform.WINDOWS:
            return build_fleet(plan, spelling)
        if dialect.name == "google-chrome":
            return tenant.build(plan, profile_id=provisioning_profile)
        if dialect.name == "intune" and platform is Platform.WINDOWS:
            made = [*windows.network_files(plan)]
        else:
            made = [a for a in BUILDERS[platform](plan, spelling) if a.kind not in _BY_HAND]
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
