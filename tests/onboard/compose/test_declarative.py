"""Declarations as artifacts: their kinds, who may read them, and when a device fetches again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from support.northwind import STAFF_CHALLENGE, neutral, staff_plan, students_plan

from onboard.apple_options import AcmeServer, AppleOptions
from onboard.compose import compose
from onboard.compose.declarative import declared
from onboard.errors import PayloadError
from onboard.model import Platform
from onboard.plan import GroupPlan

URL = "https://mdm.northwind.example/files"
ACME = AppleOptions(acme=AcmeServer(directory="https://acme.northwind.example/dir"))


def made(plan: GroupPlan, spelling=neutral, url: str = URL):
    profile = compose(plan, spelling, platforms=[Platform.APPLE])
    return [checked.artifact for checked in declared(plan, profile, spelling, url)]


def named(plan: GroupPlan, name: str, spelling=neutral) -> dict:
    return json.loads(next(a.content for a in made(plan, spelling) if a.path.endswith(f"/{name}")))


def test_kinds() -> None:
    """An asset, what it points to and its configuration for each identity, and the whole profile."""
    kinds = [artifact.kind for artifact in made(replace(staff_plan(), apple=ACME))]
    one = ["apple-credential", "apple-declaration", "apple-declaration"]
    assert kinds == [*one, *one, "apple-declaration"]


@pytest.mark.parametrize("plan", [staff_plan(), students_plan()], ids=lambda plan: plan.group)
def test_secret_is_what_holds_the_challenge(plan) -> None:
    """The credential of a static challenge is its owner's; nothing else holds it."""
    for artifact in made(plan):
        assert artifact.secret is (STAFF_CHALLENGE.reveal().encode() in artifact.content)
    assert any(artifact.secret for artifact in made(plan)) is (plan.scep.challenge is not None)


def test_the_profile_is_where_the_declaration_says() -> None:
    """The legacy configuration names a file of the same folder."""
    plan = staff_plan()
    (profile,) = compose(plan, neutral, platforms=[Platform.APPLE])
    assert named(plan, "legacy.json")["Payload"]["ProfileURL"] == f"{URL}/{profile.artifact.path}"


def test_a_new_profile_is_fetched_again() -> None:
    """Its declaration's token changes with the profile, and not with the challenge in it."""
    plan = staff_plan()
    token = named(plan, "legacy.json")["ServerToken"]
    fewer = replace(plan, networks=plan.networks[:1])
    rotated = replace(
        plan, scep=replace(plan.scep, challenge=type(STAFF_CHALLENGE)("another-challenge-of-26"))
    )
    assert named(fewer, "legacy.json")["ServerToken"] != token
    assert named(rotated, "legacy.json")["ServerToken"] == token


def test_digests_are_of_final_documents_only() -> None:
    """What a server has yet to fill in has no digest; what is final has its own."""
    plan = replace(staff_plan(), apple=ACME)
    assert "Hash-SHA-256" not in named(plan, "asset-acme.json")["Payload"]["Reference"]

    def final(name: str) -> str:
        return f"ada@{name}.example"

    reference = named(plan, "asset-acme.json", final)["Payload"]["Reference"]
    content = next(a.content for a in made(plan, final) if a.path.endswith("/acme.credential.json"))
    assert reference["Hash-SHA-256"] == hashlib.sha256(content).hexdigest()
    assert reference["Size"] == len(content)


def test_no_profile_no_declarations() -> None:
    """Where the selection has no Apple profile there is nothing to declare."""
    plan = staff_plan()
    windows = compose(plan, neutral, platforms=[Platform.WINDOWS])
    assert declared(plan, windows, neutral, URL) == ()


@pytest.mark.parametrize("url", ["http://mdm.northwind.example", "https://", "mdm.northwind.example"])
def test_only_an_https_url(url) -> None:
    """Devices fetch by https alone, so anything else is refused."""
    with pytest.raises(PayloadError, match="https"):
        made(staff_plan(), url=url)
