"""Reads text that mixes fixed parts and `${variables}`."""

from __future__ import annotations

from contextlib import suppress

from onboard.orgfile.text import scalars
from onboard.orgfile.text.cursor import Cursor, Found, ReportedError
from onboard.variables import CHALLENGE, VARIABLES, Holder, Template


def read_template(cursor: Cursor, holder: Found[Holder]) -> Template:
    """A template whose variables exist and fit the holder."""
    template = Template.parse(scalars.line(cursor))
    fixed = "".join(part for part in template.parts if isinstance(part, str))
    if "${" in fixed:
        cursor.fail("a variable is not closed, or stands inside another", "write ${user.email}")
    unknown = [name for name in template.variables if name not in VARIABLES]
    for name in unknown:
        hint = cursor.suggest(name.strip(), VARIABLES, "variables")
        if name == CHALLENGE:
            hint = "a challenge never goes into a certificate"
        cursor.mistake(f"no variable is called '{name}'", hint)
    if unknown:
        raise ReportedError
    _check_holder(cursor, template, holder)
    return template


def _check_holder(cursor: Cursor, template: Template, holder: Found[Holder]) -> None:
    with suppress(ReportedError):
        if holder.value is Holder.DEVICE:
            for name in template.variables:
                if VARIABLES[name].holder is Holder.USER:
                    cursor.mistake(
                        f"${{{name}}} names a person, and the holder of this certificate is a device",
                        "a device has no user when it enrols; use device.* or 'holder: user'",
                    )
