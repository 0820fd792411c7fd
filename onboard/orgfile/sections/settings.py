"""Reads `organization`, `scep` and `pki`: who we are, where groups enrol, where revocation is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from onboard.model import PkiSettings, Rate, ScepSettings, Support
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, values
from onboard.orgfile.text.lists import distinct

# What one address may ask for each second. A campus enrols from behind one NAT address on its first morning:
# 20,000 devices in two hours are 3 enrolments, 12 requests a second, with peaks of five times that; several
# polls and retries fit under 100. A guesser is stopped by the entropy of challenges, not by this.
PER_ADDRESS = Rate(100)
CRL_VALID_FOR = timedelta(days=3)
_SHORTEST_CRL = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What `organization` says."""

    name: str
    identifier: str
    support: Support
    notify: tuple[str, ...]


def read_organization(cursor: Cursor) -> Identity:
    """Who the organization is."""
    fields = cursor.fields("the organization", ("name", "identifier", "support", "notify"), {"domains": ()})
    name = fields.required("name", scalars.name_up_to(64, "X.520 ub-organization-name"))
    identifier = fields.required("identifier", scalars.identifier)
    support = fields.optional("support", _read_support, Support())
    notify = fields.optional("notify", distinct(scalars.email, "a list of e-mail addresses"), ())
    return Identity(
        name=name.value,
        identifier=identifier.value,
        support=support.value,
        notify=values(notify.value),
    )


def _read_support(cursor: Cursor) -> Support:
    fields = cursor.fields("a mapping with email and url", ("email", "url"))
    email = fields.optional("email", scalars.email, "")
    url = fields.optional("url", scalars.web_url, "")
    return Support(email=email.value, url=url.value)


def read_scep(cursor: Cursor) -> ScepSettings:
    """Where groups enrol."""
    fields = cursor.fields("a mapping with url", ("url", "limits"))
    url = fields.required("url", scalars.web_url)
    limits = fields.optional("limits", _read_limits, (PER_ADDRESS, None))
    per_address, per_group = limits.value
    return ScepSettings(url=url.value, per_address=per_address, per_group=per_group, place=cursor.place)


def _read_limits(cursor: Cursor) -> tuple[Rate | None, Rate | None]:
    fields = cursor.fields("a mapping with per_address and per_group", ("per_address", "per_group"))
    per_address = fields.optional("per_address", scalars.rate, PER_ADDRESS)
    per_group = fields.optional("per_group", scalars.rate, None)
    return per_address.value, per_group.value


def read_pki(cursor: Cursor) -> PkiSettings:
    """Where CRLs, OCSP and issuer certificates are fetched."""
    fields = cursor.fields("a mapping with url", ("url", "crl_valid_for", "ocsp"))
    url = fields.required("url", scalars.http_url)
    life = fields.optional("crl_valid_for", scalars.duration, CRL_VALID_FOR)
    if life.is_readable and life.value < _SHORTEST_CRL:
        life.cursor.mistake(
            "a CRL of less than an hour is over before relying parties have fetched the next",
            "devices are locked out when it ends; 3d leaves a weekend to notice that the server is down",
        )
    ocsp = fields.optional("ocsp", scalars.boolean, default=True)
    return PkiSettings(url=url.value, crl_valid_for=life.value, ocsp=ocsp.value, place=cursor.place)


def default_pki(scep: Found[ScepSettings]) -> PkiSettings:
    """The host of scep.url, by http; a port is kept only where it already speaks http."""
    settings = scep.value
    parts = urlsplit(settings.url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.scheme == "http" and parts.port else ""
    return PkiSettings(url=f"http://{host}{port}", place=settings.place)
