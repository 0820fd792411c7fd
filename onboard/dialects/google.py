"""What Google tells the certificate provisioning adapter of whoever asks, by the names of our variables.

Source: the discovery document of chromemanagement v1, `ChromeOsDevice` and `ChromeOsUserSession`. The SCEP
profiles of the console know other things: they are the dialect `google-chrome` of the table.
"""

from __future__ import annotations

from collections.abc import Mapping

ADAPTER_FIELDS: Mapping[str, str] = {
    "user.email": "userPrimaryEmail",
    "device.serial": "serialNumber",
    "device.id": "deviceDirectoryApiId",
}
"""Variable -> field of the API. In a person's session the device is told only if it is managed as well."""

_REFUSALS: Mapping[str, str] = {
    "user.upn": "Google tells an e-mail address (user.email), not a sign-in name apart from it",
    "user.name": "Google tells an e-mail address (user.email), not a person's name",
    "user.sid": "Google does not know the security identifiers of Active Directory",
    "device.name": "Google tells serial number and directory id, not a host name",
    "device.fqdn": "Google tells serial number and directory id, not a host name",
}


def adapter_refusal(variable: str) -> str:
    """Why the adapter has no value for a variable."""
    if variable in ADAPTER_FIELDS:
        return "Google gives none with this request"
    return _REFUSALS.get(variable, "Google does not know it")
