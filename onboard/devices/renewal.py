"""How a device of each platform comes by its next certificate: what artifacts say, what its software does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import yaml

from onboard.devices.errors import DeviceError
from onboard.devices.settings import Renewal

Files = Mapping[str, Sequence[bytes]]  # by kind of the manifest

# certmonger.conf(5), enroll_ttls: the first of its defaults is 2,419,200 s.
_CERTMONGER = timedelta(days=28)
_TASK = re.compile(rb"^\$RenewWithinDays = (\d+)\s*$", re.MULTILINE)
_PUSH = Renewal(by="MDM push", within=None, signed=False)


def read_renewal(platform: str, files: Files) -> Renewal:
    """What keeps the certificate of a device fresh.

    Args:
        platform: of the device.
        files: its artifacts by kind.

    Raises:
        DeviceError: an artifact says when to renew, and it cannot be read.
    """
    return _READERS.get(platform, _push)(files)


def _push(files: Files) -> Renewal:
    """Apple renews no SCEP certificate by itself; a pushed profile always enrols again (support 101986)."""
    del files
    return _PUSH


def _linux(files: Files) -> Renewal:
    del files
    return Renewal(by="certmonger", within=_CERTMONGER, signed=True)


def _windows(files: Files) -> Renewal:
    """The CSP renews nothing; the script leaves a daily task behind, which signs with the old certificate."""
    scripts = files.get("script", ())
    if not scripts:
        return _PUSH
    found = _TASK.search(scripts[0])
    if found is None:
        raise DeviceError("script: RenewWithinDays", "is missing or no number of days")
    return Renewal(by="daily task", within=timedelta(days=int(found[1])), signed=True)


def _chromeos(files: Files) -> Renewal:
    """Google's connector asks like the first time; it holds no key of a device that could sign."""
    sheets = files.get("chrome-scep-profile", ())
    if not sheets:
        return _PUSH
    try:
        days = yaml.BaseLoader(sheets[0]).get_single_data()["form"]["Renew within days"]
        within = timedelta(days=int(days))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise DeviceError("sheet.form.Renew within days", "is missing or no number of days") from error
    return Renewal(by="connector", within=within, signed=False)


_READERS: Mapping[str, Callable[[Files], Renewal]] = {
    "linux": _linux,
    "windows": _windows,
    "chromeos": _chromeos,
}
