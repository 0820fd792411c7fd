"""What Windows makes of a group: keys in a TPM, old builds, EAP methods of its own, NPS and its accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress

from onboard.errors import Severity
from onboard.model import EnrollmentProfile, KeyKind, Network, Platform, Security
from onboard.names import AltNameKind
from onboard.options import WINDOWS_10_2004, WINDOWS_11, EapMethod, KeyProtection, RadiusType
from onboard.orgfile.sections.groups import WrittenGroup
from onboard.orgfile.text.cursor import Cursor, ReportedError, readable
from onboard.variables import Holder

SID_URI = "tag:microsoft.com,2022-09-14:sid:${user.sid}"  # strong mapping, KB5014754


def judge(groups: Collection[WrittenGroup]) -> None:
    """Report what does not fit together in groups that have Windows."""
    ours = [group for group in groups if has_windows(group)]
    for group in ours:
        for rule in (_key, _old_builds, _one_method, _strong_method):
            with suppress(ReportedError):
                rule(group)
    _chaining(ours)
    for group in groups:
        for rule in (_accounts, _others):
            with suppress(ReportedError):
                rule(group)


def has_windows(group: WrittenGroup) -> bool:
    """Whether the platforms can be read and Windows is one of them."""
    found = group.platforms
    return found.is_readable and Platform.WINDOWS in {platform for _, platform in readable(found.value)}


def knows_its_builds(group: WrittenGroup) -> bool:
    """Whether the oldest Windows is written, so that nothing has to be feared of an older one."""
    with suppress(ReportedError):
        return group.asked.value.windows.value.minimum is not None
    return False


def _key(group: WrittenGroup) -> None:
    options = group.asked.value.windows
    for _, profile in group.certificates:
        if options.value.key_protection is not KeyProtection.SOFTWARE and profile.key is KeyKind.RSA_4096:
            options.cursor.mistake(
                f"a TPM holds no key of 4096 bits, which profile '{profile.name}' asks for",
                "write 'key_protection: software', or 'key: rsa-2048' in the profile",
            )


def _old_builds(group: WrittenGroup) -> None:
    """Computers older than what a network needs: WPA2 where that is a way, a mistake where it is not."""
    minimum = group.asked.value.windows.value.minimum
    for cursor, network in group.networks_on(Platform.WINDOWS):
        if network.eap is EapMethod.TEAP and minimum is None:
            cursor.warn(
                f"TEAP needs Windows 10 2004; older computers refuse the profile of '{network.name}'",
                f"if there are none, say so: 'windows: {{minimum: 10.0.{WINDOWS_10_2004}}}' under platforms",
            )
        if minimum is None or minimum >= WINDOWS_11:
            continue
        if network.eap is EapMethod.TEAP and minimum < WINDOWS_10_2004:
            _too_old(cursor, group, "TEAP", WINDOWS_10_2004)
        if network.security is Security.WPA3_ENTERPRISE_192:
            _too_old(cursor, group, "192-bit mode", WINDOWS_11)
        elif network.security is Security.WPA3_ENTERPRISE:
            cursor.warn(
                f"Windows before 10.0.{WINDOWS_11} knows no WPA3-Enterprise profile, so Windows gets one of "
                f"WPA2; it joins '{network.name}' where driver and access point agree on protected frames",
                f"write 'minimum: 10.0.{WINDOWS_11}' under windows once the last old computer is gone",
            )


def _too_old(cursor: Cursor, group: WrittenGroup, what: str, build: int) -> None:
    cursor.mistake(
        f"{what} needs Windows 10.0.{build}, and group '{group.name}' has older computers",
        f"write 'minimum: 10.0.{build}' under windows, or give old computers a group of their own",
    )


def _one_method(group: WrittenGroup) -> None:
    """Windows keeps PEAP and plain EAP-TLS apart badly; Microsoft forbids the two side by side."""
    networks = group.networks_on(Platform.WINDOWS)
    methods = {network.eap for _, network in networks}
    if {EapMethod.PEAP_TLS, EapMethod.TLS} <= methods:
        cursor = next(cursor for cursor, network in networks if network.eap is EapMethod.PEAP_TLS)
        cursor.mistake(
            "a group does either PEAP-TLS or EAP-TLS on Windows, not both",
            "give the networks one method, or the group one of the networks",
        )


def _strong_method(group: WrittenGroup) -> None:
    """192-bit mode names the cipher suites of EAP-TLS; a tunnel has others."""
    for cursor, network in _networks(group):
        if network.security is Security.WPA3_ENTERPRISE_192 and network.eap is not EapMethod.TLS:
            cursor.mistake(
                f"'{network.name}' is in 192-bit mode, which takes EAP-TLS and not {network.eap}",
                "write 'eap: eap-tls' under the network",
            )


def _accounts(group: WrittenGroup) -> None:
    """NPS asks Active Directory whose a certificate is, and that believes a security identifier alone."""
    servers = {r.name for _, n in _networks(group) for r in n.servers if r.type is RadiusType.NPS}
    for cursor, profile in group.certificates:
        if servers and not _names_account(profile):
            _report_no_account(cursor, group, profile, servers)


def _report_no_account(
    cursor: Cursor, group: WrittenGroup, profile: EnrollmentProfile, servers: Collection[str]
) -> None:
    names = ", ".join(f"'{name}'" for name in sorted(servers))
    if profile.holder is Holder.DEVICE:
        cursor.warn(
            f"{names} is NPS, which lets in computers of the domain alone; one that is in Entra only has no "
            "security identifier and no account there",
            "use another RADIUS server for computers without a domain account",
        )
        return
    cursor.mistake(
        f"{names} is NPS: without a security identifier in the certificate, domain controllers map it to no "
        f"account, and '{profile.name}' has none",
        f"add 'uri: {SID_URI}' to its subject_alt_names",
        Severity.ERROR if has_windows(group) else Severity.WARNING,
    )


def _names_account(profile: EnrollmentProfile) -> bool:
    return any(
        name.kind is AltNameKind.URI and str(name.value) == SID_URI for name in profile.subject_alt_names
    )


def _chaining(groups: Collection[WrittenGroup]) -> None:
    """TEAP runs a computer's and a person's certificate; a network needs groups of both."""
    holders: dict[str, set[Holder]] = {}
    places: dict[str, Cursor] = {}
    for group in groups:
        for cursor, network in _teap(group):
            if group.certificates:
                found = {profile.holder for _, profile in group.certificates}
                holders.setdefault(network.name, set()).update(found)
                places.setdefault(network.name, cursor)
    for name, found in holders.items():
        if len(found) < len(Holder):
            (there,) = found
            lacking = Holder.USER if there is Holder.DEVICE else Holder.DEVICE
            places[name].mistake(
                f"TEAP on '{name}' chains a computer's and a person's certificate, and no group with Windows "
                f"brings one of a {lacking}",
                f"add a group whose profile has 'holder: {lacking}', or write 'eap: eap-tls'",
            )


def _others(group: WrittenGroup) -> None:
    """Methods of Windows are no methods of others; the server must take both."""
    platforms = [p for _, p in readable(group.platforms.value) if p is not Platform.WINDOWS]
    for cursor, network in _networks(group):
        others = [platform for platform in platforms if network.is_for(platform)]
        if others and network.eap is not EapMethod.TLS:
            cursor.warn(
                f"{', '.join(others)}: EAP-TLS on '{network.name}', since {network.eap} is for Windows",
                f"the RADIUS server '{network.radius.name}' must take both",
            )


def _teap(group: WrittenGroup) -> Iterator[tuple[Cursor, Network]]:
    found = group.networks_on(Platform.WINDOWS)
    return ((cursor, network) for cursor, network in found if network.eap is EapMethod.TEAP)


def _networks(group: WrittenGroup) -> tuple[tuple[Cursor, Network], ...]:
    return readable(group.networks.value) if group.networks.is_readable else ()
