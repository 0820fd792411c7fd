"""How each MDM spells a variable and the challenge, what it needs to renew a certificate, or why it cannot.

One table, `DIALECTS`. What nobody has confirmed is not guessed: such a variable has no spelling, and asking
for it is an error that says why. Variables are spelled into object trees, never into text.
"""

from __future__ import annotations

from onboard.dialects.dialect import Dialect, Marker, Renewal
from onboard.dialects.table import DIALECTS

__all__ = ["DIALECTS", "Dialect", "Marker", "Renewal"]
