"""Reads `onboarding`: the onboarding SSID, its garden's mode and services, and the portal."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from onboard.model import GardenMode, Onboarding, Ssid
from onboard.orgfile.sections.networks import unique_ssid
from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import NOT_YET, Cursor, Found, Reader, ReportedError, values
from onboard.orgfile.text.lists import distinct
from onboard.orgfile.text.nodes import Mapping as MappingNode

_KEYS = ("ssid", "mode", "portal", "services")
_LATER = {"sign_in": (), "gardens": _KEYS, "controllers": ()}
_ALSO = {"no-portal": GardenMode.ZERO_TOUCH}


def read_onboarding(tags: Collection[str], ssids: dict[Ssid, str]) -> Reader[Onboarding]:
    """A reader of the section.

    Args:
        tags: those of the whitelist catalogue.
        ssids: what the networks are called; the onboarding SSID is another.
    """

    def read(cursor: Cursor) -> Onboarding:
        fields = cursor.fields("a mapping with ssid, mode and services", _KEYS, _LATER)
        ssid = fields.required("ssid", unique_ssid(ssids, "onboarding"))
        mode = fields.optional("mode", scalars.choice(GardenMode, _ALSO), GardenMode.CAPTIVE)
        portal = fields.optional("portal", scalars.https_url, "")
        services = fields.optional("services", distinct(_read_tag(tags), "a list of catalogue tags"), ())
        _check_portal(cursor, mode, portal)
        return Onboarding(
            ssid=ssid.value,
            mode=mode.value,
            portal=portal.value,
            services=values(services.value),
            place=cursor.place,
        )

    return read


def _read_tag(tags: Collection[str]) -> Reader[str]:
    def read(cursor: Cursor) -> str:
        if isinstance(cursor.node, MappingNode):
            cursor.fail("expected a catalogue tag, found a mapping", f"settings of a tag are {NOT_YET}")
        tag = cursor.text("a catalogue tag")
        if tag not in tags:
            hint = (
                cursor.suggest(tag, sorted(tags), "tags")
                or "'onboard whitelist --help' tells how to list the tags"
            )
            cursor.fail(f"the whitelist catalogue has no tag '{tag}'", hint)
        return tag

    return read


def _check_portal(cursor: Cursor, mode: Found[GardenMode], portal: Found[str]) -> None:
    with suppress(ReportedError):
        if mode.value is GardenMode.CAPTIVE and not portal.value:
            cursor.report.add(
                cursor.opened,
                cursor.where,
                "mode captive needs the key 'portal'",
                "the https URL of the portal that pops up, or 'mode: zero-touch'",
            )
