"""GroupPlan -> artifacts, one builder for each platform; `BUILDERS` lists them.

A builder looks nothing up and decides nothing but spelling. It takes the plan and how to write a
`${variable}` (neutral, an MDM's way, or a person's values) and returns its platform's files in a fixed order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onboard.artifact import Artifact
from onboard.model import Platform
from onboard.payloads import android, apple, chromeos, linux, windows
from onboard.plan import GroupPlan

Spelling = Callable[[str], str]  # variable name -> text; raises VariableError where there is none
Builder = Callable[[GroupPlan, Spelling], tuple[Artifact, ...]]

BUILDERS: Mapping[Platform, Builder] = {
    Platform.APPLE: apple.build,
    Platform.WINDOWS: windows.build,
    Platform.CHROMEOS: chromeos.build,
    Platform.ANDROID: android.build,
    Platform.LINUX: linux.build,
}
