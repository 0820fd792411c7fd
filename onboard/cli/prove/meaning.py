"""`onboard doctor 1206`: what something that a device or console shows means, and what helps."""

from __future__ import annotations

from onboard.cli.options import Format
from onboard.cli.terminal import console
from onboard.errors import OnboardError


def show_meaning(text: str, output: Format) -> None:
    """Print cause and cure of all that `text` can be.

    Raises:
        OnboardError: nothing is known of it, and it is no URL either.
    """
    from onboard.doctor.signs import known_names, troubles

    found = troubles(text)
    if not found:
        msg = f"{text!r} is no http or https URL, and nothing is known of it as what a device shows"
        hint = "give a URL as artifacts name it, e.g. https://scep.example.org/scep/staff, or one of these: "
        raise OnboardError(msg, hint=hint + ", ".join(known_names()))
    if output is Format.JSON:
        console.data_json([{"sign": t.sign, "cause": t.cause, "cure": t.cure} for t in found])
        return
    for trouble in found:
        console.prose(f"{trouble.sign}\n  cause: {trouble.cause}\n  cure: {trouble.cure}")
