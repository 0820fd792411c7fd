"""ChromeOS, Android and Linux for organizations unlike the example: odd names, other profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.northwind import VECTORS, neutral
from support.snapshots import file_type

from onboard.errors import Severity
from onboard.lint import lint
from onboard.model import Organization
from onboard.orgfile import load
from onboard.payloads import BUILDERS
from onboard.payloads.chromeos import tenant
from onboard.pki import PublicCertificate, load_pem
from onboard.plan import GroupPlan, make_plan

ROOT = Path(__file__).parents[3]
FILES = {"bob": ROOT / "tests" / "orgs" / "bob.yaml", "harbour": ROOT / "examples" / "harbour-freight.yaml"}
PLATFORMS = ("chromeos", "android", "linux")


def certificates(organization: Organization) -> dict[str, PublicCertificate]:
    """Fixed certificates in the places of the organization's own: they hold still for a snapshot."""
    anchors = [anchor.name for radius in organization.radius for anchor in radius.trust]
    roots = {a.name for a in organization.authorities if a.is_root} | set(anchors)
    names = [a.name for a in organization.authorities] + anchors
    pems = {name: "root" if name in roots else "staff" for name in names}
    return {n: load_pem(n, (VECTORS / f"{pem}.pem").read_bytes(), n) for n, pem in pems.items()}


def plan_of(org: str, group: str) -> GroupPlan:
    organization = load(FILES[org])
    return make_plan(organization, organization.group(group), certificates(organization), None)


CASES = [
    pytest.param(org, group.name, platform, id=f"{org}-{group.name}-{platform}")
    for org in FILES
    for group in load(FILES[org]).groups
    for platform in group.platforms
    if platform in PLATFORMS
]


@pytest.mark.parametrize(("org", "group", "platform"), CASES)
def test_each_file_of_each_org(org, group, platform, snapshot) -> None:
    """Every file holds still, and lint finds no error in it."""
    plan = plan_of(org, group)
    made = {artifact.path: artifact.content for artifact in BUILDERS[platform](plan, neutral)}
    if platform == "chromeos":
        made |= {f"google/{a.path}": a.content for a in tenant.build(plan, profile_id="profile-7")}
    assert made
    for path, content in made.items():
        assert not [f for f in lint(path, content) if f.severity is Severity.ERROR], path
        name, _, extension = path.rpartition(".")
        kept = snapshot(name=name.replace("/", "-"), extension_class=file_type(extension))
        assert content.decode() == kept
