"""Organization -> GroupPlan: everything resolved for one group, platform-neutral, with stable identifiers.

Pure: the same organization, certificates and secrets give the same plan. Builders look nothing up and decide
nothing but spelling.
"""

from onboard.plan.group_plan import GroupPlan, challenge_template
from onboard.plan.making import make_plan
from onboard.plan.parts import AltNamePart, CertificatePlan, NetworkPlan, ScepPlan, SubjectPart

__all__ = [
    "AltNamePart",
    "CertificatePlan",
    "GroupPlan",
    "NetworkPlan",
    "ScepPlan",
    "SubjectPart",
    "challenge_template",
    "make_plan",
]
