"""The organization's own hosts in the garden: what the catalogue's {placeholders} stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from onboard.model import Organization

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
LOCAL_RESOLVER = "Allow DNS (UDP and TCP 53) to the network's own resolver and to no other."


def is_local(host: str) -> bool:
    """Whether a placeholder stands for something that only the network itself knows."""
    return host == "{resolver}"


def placeholders(organization: Organization) -> Mapping[str, str]:
    """Placeholder name -> host name, for those that the org definition says."""
    return {name: urlsplit(url).hostname or "" for name, url in _urls(organization).items() if url}


def unfilled(host: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The placeholders in `host` that have no value."""
    return tuple(name for name in _PLACEHOLDER.findall(host) if name not in values)


def explicit_port(host: str, organization: Organization) -> int | None:
    """The port that the URL behind a placeholder host names, where it names one."""
    match = _PLACEHOLDER.fullmatch(host)
    url = _urls(organization).get(match.group(1), "") if match else ""
    return urlsplit(url).port if url else None


def _urls(organization: Organization) -> Mapping[str, str]:
    portal = organization.onboarding.portal if organization.onboarding else ""
    return {
        "portal_host": portal,
        "capport_host": portal,  # the portal answers RFC 8908 itself
        "scep_host": organization.scep.url,
        "crl_host": organization.pki.url,
        "ocsp_host": organization.pki.url,
    }
