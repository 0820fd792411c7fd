"""Holds each group against what its platforms' clients can do (`onboard.capabilities`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from onboard.apple_options import AppleSystem, Scope
from onboard.capabilities import Extent, Feature, Limitation, limitations
from onboard.model import Authority, EnrollmentProfile, KeyKind, Network, NetworkType, Platform, Security
from onboard.names import AltNameKind
from onboard.orgfile.rules.windows import knows_its_builds
from onboard.orgfile.sections.groups import WrittenGroup
from onboard.orgfile.text.cursor import Cursor, ReportedError, Table, readable
from onboard.variables import Holder

_OF_SECURITY: Mapping[Security, Feature] = {
    Security.WPA3_ENTERPRISE: Feature.WPA3_ENTERPRISE,
    Security.WPA3_ENTERPRISE_192: Feature.WPA3_ENTERPRISE_192,
}
_COMMON_ATTRIBUTES = frozenset(
    {"common_name", "organization", "organizational_unit", "locality", "state", "country"}
)
# CNSA-grade keys, which 192-bit mode demands of every certificate in both chains (WPA3 Specification, 3.5).
_STRONG_KEYS = frozenset({KeyKind.EC_P384, KeyKind.RSA_3072, KeyKind.RSA_4096})
_STRONG_CURVE = 384  # bits


def judge(groups: Iterable[WrittenGroup], authorities: Table[Authority]) -> None:
    """Report what the platforms of each group cannot do."""
    for group in groups:
        with suppress(ReportedError):
            platforms = tuple(platform for _, platform in readable(group.platforms.value))
            _judge_profile(group, platforms)
            _judge_networks(group, platforms, authorities)


def _judge_profile(group: WrittenGroup, platforms: Collection[Platform]) -> None:
    for cursor, profile in group.certificates:
        kinds = [name.kind for name in profile.subject_alt_names]
        asked = {
            Feature.RSA_4096: profile.key is KeyKind.RSA_4096,
            Feature.RARE_ATTRIBUTES: any(a.type.key not in _COMMON_ATTRIBUTES for a in profile.subject),
            Feature.URI_ALT_NAME: AltNameKind.URI in kinds,
            Feature.SEVERAL_UPNS: kinds.count(AltNameKind.UPN) > 1,
        }
        for feature, is_asked in asked.items():
            if is_asked:
                _report(cursor, limitations(platforms, feature))
    _judge_second(group, platforms)


def _judge_second(group: WrittenGroup, platforms: Collection[Platform]) -> None:
    """Platforms whose clients hold one certificate get the first, on a Mac that of its scope."""
    if len(group.certificates) != len(Holder):
        return
    (_, first), (cursor, second) = group.certificates
    for limitation in limitations(platforms, Feature.SECOND_CERTIFICATE):
        held = first if limitation.platform != Platform.APPLE else apple_profile(group) or first
        other = second if held is first else first
        cure = f"write '{other.name}' first if they need that one" if held is first else ""
        if limitation.platform == Platform.APPLE and group.asked.value.apple.value.includes(
            AppleSystem.MACOS
        ):
            scope = "user" if other.holder is Holder.USER else "system"
            cure = f"'macos: {{scope: {scope}}}' under platforms asks for '{other.name}' instead"
        cursor.warn(f"{limitation.platform} gets '{held.name}' alone: {limitation.reason}", cure)


def apple_profile(group: WrittenGroup) -> EnrollmentProfile | None:
    """The profile of the certificate that Apple devices get; None where it cannot be read."""
    with suppress(ReportedError):
        scope = group.asked.value.apple.value.scope
        found = [profile for _, profile in group.certificates]
        wanted = None if scope is None else Holder.DEVICE if scope is Scope.SYSTEM else Holder.USER
        return next((p for p in found if p.holder is wanted), found[0] if found else None)
    return None


def _judge_networks(
    group: WrittenGroup, platforms: Collection[Platform], authorities: Table[Authority]
) -> None:
    with suppress(ReportedError):
        networks = readable(group.networks.value)
        for cursor, network in networks:
            here = [platform for platform in platforms if network.is_for(platform)]
            if network.security is not None and network.security in _OF_SECURITY:
                feared = [p for p in here if p is not Platform.WINDOWS or not knows_its_builds(group)]
                _report(cursor, limitations(feared, _OF_SECURITY[network.security]))
            if network.security is Security.WPA3_ENTERPRISE_192:
                _judge_strength(cursor, network, group, authorities)
                if Platform.APPLE in here:
                    _judge_acme_key(cursor, group)
            _judge_anchors(cursor, network, here, authorities)
        _judge_wires(group, platforms)
        _judge_what_is_left(group, platforms)


def _judge_what_is_left(group: WrittenGroup, platforms: Collection[Platform]) -> None:
    """A platform that none of the networks is for gets nothing to join."""
    whole = all(found.is_readable for found in group.networks.value)
    for platform in platforms:
        if whole and not group.networks_on(platform):
            group.networks.cursor.mistake(
                f"no network is left for {platform}: none of these is for it",
                f"add a network, or {platform} to the `platforms` of one, or take it out of the group's",
            )


def _judge_wires(group: WrittenGroup, platforms: Collection[Platform]) -> None:
    """A platform without Ethernet goes without it, unless nothing else is there for it."""
    for limitation in limitations(platforms, Feature.ETHERNET):
        networks = group.networks_on(Platform(limitation.platform))
        wires = [cursor for cursor, network in networks if network.type is NetworkType.ETHERNET]
        if wires and len(wires) == len(networks) and all(n.is_readable for n in group.networks.value):
            group.networks.cursor.mistake(
                f"no network is left for {limitation.platform}: {limitation.reason}",
                f"add a Wi-Fi network, or take {limitation.platform} out of the platforms",
            )
        else:
            for cursor in wires:
                _report(cursor, (limitation,))


def _judge_anchors(
    cursor: Cursor, network: Network, platforms: Collection[Platform], authorities: Table[Authority]
) -> None:
    for anchor in (anchor for server in network.servers for anchor in server.trust):
        authority = _authority(authorities, anchor.authority)
        if authority is not None and not authority.is_root:
            root = _chain(authorities, authority)[-1]
            refused = limitations(platforms, Feature.NON_ROOT_ANCHOR) if root.is_root else ()
            for limitation in refused:
                message = f"'{authority.name}' is not a root: {limitation.reason}"
                cursor.report.at(anchor.place, message, f"write '{root.name}', its root")


def _judge_strength(
    cursor: Cursor, network: Network, group: WrittenGroup, authorities: Table[Authority]
) -> None:
    """192-bit mode: every key of both chains is P-384 or RSA of 3072 bits and more."""
    for _, profile in group.certificates:
        if profile.key not in _STRONG_KEYS:
            cursor.mistake(
                f"192-bit mode refuses the {profile.key} keys of profile '{profile.name}'",
                "SCEP clients can make 'rsa-4096', which is strong enough",
            )
    signers = [
        _authority(authorities, anchor.authority) for server in network.servers for anchor in server.trust
    ]
    with suppress(ReportedError):
        signers += [group.authority.value, *group.also_accepted.value]
    chains = [_chain(authorities, signer) for signer in signers if signer is not None]
    for authority in dict.fromkeys(authority for chain in chains for authority in chain):
        if authority.key is not None and authority.key not in _STRONG_KEYS:
            cursor.mistake(
                f"192-bit mode refuses the {authority.key} key of authority '{authority.name}'",
                f"keys that it takes: {', '.join(sorted(_STRONG_KEYS))}",
            )


def _judge_acme_key(cursor: Cursor, group: WrittenGroup) -> None:
    """192-bit mode holds for keys in hardware too, which Apple devices make on P-256 or P-384."""
    with suppress(ReportedError):
        server = group.acme.value
        if server is not None and server.key_bits < _STRONG_CURVE:
            cursor.mistake(
                f"192-bit mode refuses the {server.key_bits}-bit keys that Apple devices make for ACME",
                "write 'key: ec-p384' under the group's `acme:`",
            )


def _report(cursor: Cursor, found: Iterable[Limitation]) -> None:
    for limitation in found:
        if limitation.extent is Extent.SOME:
            message = (
                f"not every client on {limitation.platform} can do {limitation.feature}: {limitation.reason}"
            )
            cursor.warn(message)
        elif limitation.extent is Extent.OMITTED:
            cursor.warn(f"{limitation.platform} goes without {limitation.feature}: {limitation.reason}")
        else:
            cursor.mistake(
                f"no client on {limitation.platform} can do {limitation.feature}: {limitation.reason}",
                f"take {limitation.platform} out of the group, or give it a group of its own",
            )


def _authority(authorities: Table[Authority], name: str) -> Authority | None:
    found = authorities.entries.get(name)
    return found.value if found is not None and found.is_readable else None


def _chain(authorities: Table[Authority], authority: Authority) -> tuple[Authority, ...]:
    """The authority and its issuers as far as they are known; circles are cut."""
    chain = [authority]
    while (issuer := _authority(authorities, chain[-1].issuer)) is not None and issuer not in chain:
        chain.append(issuer)
    return tuple(chain)
