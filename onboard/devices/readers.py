"""Which artifacts a device of each platform takes; `read_device` is the one door for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from onboard.devices.android import read_amapi, read_eap_config
from onboard.devices.apple.profile import read_profile
from onboard.devices.chromeos import read_chromebook
from onboard.devices.errors import DeviceError
from onboard.devices.linux.computer import read_linux
from onboard.devices.renewal import Files, read_renewal
from onboard.devices.settings import DeviceSettings
from onboard.devices.windows.computer import read_windows
from onboard.devices.windows.script import demand_agreement
from onboard.variables import Holder


def read_device(platform: str, files: Files, holder: Holder | None = None) -> DeviceSettings:
    """What a device of the platform learns from its artifacts.

    Args:
        platform: apple, windows, chromeos, android or linux.
        files: the group's artifacts for it by kind; variables filled in; kinds it does not take are ignored.
        holder: whose certificate it shall enrol, where one file asks for two; None where each asks for one.

    Raises:
        DeviceError: a file is absent, or the device would refuse or misread it.
    """
    reader = _READERS.get(platform)
    if reader is None:
        raise DeviceError("platform", f"{platform!r} has no simulated device")
    settings = _windows(files, holder) if platform == "windows" else reader(files)
    return (
        settings if settings.enrolment is None else replace(settings, renewal=read_renewal(platform, files))
    )


def _only(files: Files, kind: str) -> bytes:
    found = files.get(kind, ())
    if len(found) != 1:
        raise DeviceError(kind, f"the device needs one such file and got {len(found)}")
    return found[0]


def _apple(files: Files) -> DeviceSettings:
    return read_profile(_only(files, "mobileconfig"))


def _windows(files: Files, holder: Holder | None = None) -> DeviceSettings:
    """By SyncML; what group policy or the script would bring instead must be the same."""
    wireless, wired = (list(files.get(kind, ())) for kind in ("wlan-profile", "lan-profile"))
    for content in files.get("gpo", ()):
        for root, profiles in ((b"<WLANProfile ", wireless), (b"<LANProfile ", wired)):
            if root in content and content not in profiles:
                profiles.append(content)
    settings = read_windows(_only(files, "syncml"), wireless, wired, holder=holder)
    for script in files.get("script", ()):
        demand_agreement(script, settings)
    return settings


def _chromeos(files: Files) -> DeviceSettings:
    sheets = files.get("chrome-scep-profile", ())
    return read_chromebook(_only(files, "onc"), sheets[0] if sheets else None)


def _android(files: Files) -> DeviceSettings:
    """A managed device takes the policy; the file for unmanaged ones must be readable as well."""
    for content in files.get("eap-config", ()):
        read_eap_config(content)
    return read_amapi(_only(files, "amapi"))


def _linux(files: Files) -> DeviceSettings:
    return read_linux(_only(files, "certmonger"), files.get("networkmanager", ()), files)


_READERS: dict[str, Callable[[Files], DeviceSettings]] = {
    "apple": _apple,
    "windows": _windows,
    "chromeos": _chromeos,
    "android": _android,
    "linux": _linux,
}
