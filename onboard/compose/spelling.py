"""How a `${variable}` is written: as it is, or as the value of one person or device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from onboard.errors import VariableError
from onboard.payloads import Spelling
from onboard.plan import GroupPlan
from onboard.variables import VARIABLES, Template, matches_form


def neutral(name: str) -> str:
    """The neutral output keeps variables for whoever fills them in later."""
    return "${" + name + "}"


def for_whom(plan: GroupPlan, values: Mapping[str, str]) -> GroupPlan:
    """The plan of one device: without ACME where nobody knows what the device calls itself there.

    The SCEP profile beside it needs no more than a challenge.
    """
    acme = plan.apple.acme
    if acme is None or all(name in values for name in Template.parse(acme.client_identifier).variables):
        return plan
    return replace(plan, apple=replace(plan.apple, acme=None))


def personal(plan: GroupPlan, values: Mapping[str, str]) -> Spelling:
    """Every variable of the group's profile filled in.

    Raises:
        VariableError: values are missing or have the wrong form; the message names every one of them.
    """
    needed = [name for name in plan.variables if VARIABLES[name].holder is not None]
    missing = [name for name in needed if name not in values]
    if missing:
        message = f"group {plan.group}: no value for {', '.join('${' + name + '}' for name in missing)}"
        raise VariableError(message, missing, hint=" ".join(f"--set {name}=VALUE" for name in missing))
    wrong = [name for name in values if name in VARIABLES and not matches_form(name, values[name])]
    if wrong:
        examples = ", ".join(f"{name}={VARIABLES[name].example}" for name in wrong)
        message = f"group {plan.group}: the value of {', '.join(wrong)} has not the variable's form"
        raise VariableError(message, wrong, hint=f"for example {examples}")
    return lambda name: values[name]
