"""A group's payloads for one MDM: unsigned, in its own variables, with the marker by which it renews.

What the MDM cannot carry is not made: a platform it does not manage is left out, and a variable that it
cannot spell is a refusal with the reason. Only Intune serves a group in part: it takes trust by itself, so a
refused platform gets that beside the others. Nothing is signed, because filling in would break a signature.
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
# Where Intune judges no challenge, Windows gets trust and networks, Android trust, and no file asks for a
# variable. Google's adapter asks nobody either; what its older connector cannot spell costs its sheet only.
_ASKS_NOTHING = frozenset(
    {("intune", Platform.WINDOWS), ("intune", Platform.ANDROID), ("google-chrome", Platform.CHROMEOS)}
)


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
    return plan.asking_for(part)


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
        VariableError: variables without a spelling, each with its reason; for Intune, which serves a group in
            part, only if every platform is refused.
        PayloadError: lint refuses what was built, or the MDM is known to spoil it.
    """
    wanted = _wanted(plan, dialect, platforms)
    refusals = refused(plan, dialect, platforms)
    if refusals and (dialect.name != "intune" or len(refusals) == len(wanted)):
        raise together([_placed(plan, platform, error) for platform, error in refusals.items()])
    found: list[CheckedArtifact] = []
    for platform in wanted:
        if platform in refusals:
            spelling, builder = dialect.spelling(platform.value, ()), _trust(platform, refusals[platform])
        else:
            spelling = dialect.spelling(platform.value, _asked(plan, dialect, platform))
            builder = _builder(dialect, platform, provisioning_profile)
        found += compose(marked(plan, dialect), spelling, platforms=[platform], builders={platform: builder})
    for checked in found:
        _refuse_what_is_spoilt(checked.artifact, dialect)
    return tuple(found)


def refused(
    plan: GroupPlan, dialect: Dialect, platforms: Iterable[Platform] = ()
) -> Mapping[Platform, VariableError]:
    """The platforms whose payloads ask for what the MDM cannot write, each with the reason."""
    found: dict[Platform, VariableError] = {}
    for platform in _wanted(plan, dialect, platforms):
        try:
            dialect.spelling(platform.value, _asked(plan, dialect, platform))
        except VariableError as error:
            found[platform] = error
    return found


def remarks(plan: GroupPlan, dialect: Dialect, platforms: Iterable[Platform] = ()) -> tuple[str, ...]:
    """What the MDM cannot do for the group and what to do instead, in sentences for the administrator."""
    wanted = _wanted(plan, dialect, platforms)
    if dialect.name == "google-chrome" and wanted:
        trouble = tenant.connector_trouble(plan)
        without = "no sheet for the SCEP connector; the certificate provisioning adapter serves the group"
        return (f"{without} ({trouble})",) if trouble else ()
    if dialect.name != "intune":
        return ()
    refusals = refused(plan, dialect, platforms)
    return tuple(
        remark
        for platform in wanted
        for remark in intune.remarks(plan.on(platform), [platform], refusal=refusals.get(platform))
    )


def _wanted(plan: GroupPlan, dialect: Dialect, platforms: Iterable[Platform]) -> tuple[Platform, ...]:
    chosen = frozenset(platforms) or frozenset(plan.platforms)
    return carried(dialect, [platform for platform in plan.platforms if platform in chosen])


def _placed(plan: GroupPlan, platform: Platform, error: VariableError) -> VariableError:
    return VariableError(f"group {plan.group}, {platform}: {error}", error.names, hint=error.hint)


def _asked(plan: GroupPlan, dialect: Dialect, platform: Platform) -> tuple[str, ...]:
    return () if (dialect.name, platform) in _ASKS_NOTHING else needed(plan.on(platform))


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
        if dialect.name == "intune":
            return [*_for_intune(plan, platform, spelling), *intune.build(_alone(plan, platform), spelling)]
        return [a for a in BUILDERS[platform](plan, spelling) if a.plain_kind not in _BY_HAND]

    return lambda plan, spelling: tuple(build(plan, spelling))


def _for_intune(plan: GroupPlan, platform: Platform, spelling: Spelling) -> tuple[Artifact, ...]:
    """The files beside the bundle, for upload by hand; Android takes nothing but Intune's own objects."""
    match platform:
        case Platform.WINDOWS:
            return windows.network_files(plan)
        case Platform.APPLE:
            return BUILDERS[platform](plan, spelling)
        case _:
            return ()


def _trust(platform: Platform, refusal: VariableError) -> Builder:
    """Intune's bundle for a platform whose own payload it cannot carry."""
    return lambda plan, spelling: intune.build(_alone(plan, platform), spelling, refusal=refusal)


def _alone(plan: GroupPlan, platform: Platform) -> GroupPlan:
    return replace(plan, platforms=(platform,))


def _refuse_what_is_spoilt(artifact: Artifact, dialect: Dialect) -> None:
    """Jamf Pro decodes uploaded text once more, so an `&` or `<` in a value breaks the profile there."""
    if dialect.name != "jamf-pro":
        return
    if any(entity in artifact.content for entity in (b"&amp;", b"&lt;")):
        raise PayloadError(
            f"{artifact.path}: a value holds '&' or '<', and {dialect.title} breaks profiles with those",
            hint="rename the network, or change the URL or name that holds it",
        )
