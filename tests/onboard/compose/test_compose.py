"""compose: nothing leaves it unchecked, and the same input gives the same bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import staff_plan, students_plan

from onboard.compose import CheckedArtifact, compose
from onboard.compose.spelling import neutral, personal
from onboard.errors import PayloadError, VariableError
from onboard.model import Platform
from onboard.secret import Secret

PLANS = {"staff": staff_plan(), "students": students_plan()}


@pytest.mark.parametrize("name", PLANS)
def test_two_runs_give_the_same_bytes(name: str) -> None:
    """From organization to artifact everything is pure."""
    first = [checked.artifact for checked in compose(PLANS[name], neutral)]
    assert first == [checked.artifact for checked in compose(PLANS[name], neutral)]
    assert first


@pytest.mark.parametrize("name", PLANS)
def test_every_platform_of_the_group_is_built(name: str) -> None:
    """A group gets artifacts for each platform that it names and for no other."""
    built = {checked.artifact.platform for checked in compose(PLANS[name], neutral)}
    assert built == set(PLANS[name].platforms)


def test_paths_are_unique_and_below_the_group() -> None:
    """No artifact overwrites another, and a group's files are in its own folder."""
    paths = [c.artifact.path for plan in PLANS.values() for c in compose(plan, neutral)]
    assert len(paths) == len(set(paths))
    assert {path.split("/")[0] for path in paths} == set(PLANS)


def test_only_compose_makes_a_checked_artifact() -> None:
    """Output cannot be handed something that lint has not seen."""
    artifact = compose(PLANS["staff"], neutral, platforms=[Platform.APPLE])[0].artifact
    with pytest.raises(TypeError, match="compose"):
        CheckedArtifact(artifact=artifact, _proof=object())


def test_what_lint_refuses_is_not_composed() -> None:
    """A payload that would trust any server is not made; the error names the file and the rule."""
    trusting = tuple(replace(network, server_names=("*",)) for network in PLANS["staff"].networks)
    with pytest.raises(PayloadError, match=r"(?s)staff/apple/.*apple-E10"):
        compose(replace(PLANS["staff"], networks=trusting), neutral, platforms=[Platform.APPLE])


def test_challenge_is_only_in_files_marked_secret() -> None:
    """A file that holds the group's challenge says so, and no other file holds it."""
    challenge = PLANS["staff"].scep.challenge
    assert challenge is not None
    for checked in compose(PLANS["staff"], neutral):
        holds = challenge.reveal().encode() in checked.artifact.content
        assert holds == checked.artifact.secret, checked.artifact.path


def test_one_time_group_keeps_the_place_of_its_challenge() -> None:
    """Neutral payloads of a one-time group hold ${challenge} and no secret."""
    artifacts = [checked.artifact for checked in compose(PLANS["students"], neutral)]
    assert not any(artifact.secret for artifact in artifacts)
    assert any(b"${challenge}" in artifact.content for artifact in artifacts)


def test_personal_payloads_have_no_variable_left() -> None:
    """With a person's values and a minted challenge nothing is left to fill in."""
    plan = replace(PLANS["staff"], scep=replace(PLANS["staff"].scep, challenge=Secret("A" * 26)))
    values = {"user.email": "ada@northwind.example", "user.upn": "ada@northwind.example"}
    for checked in compose(plan, personal(plan, values)):
        assert b"${user." not in checked.artifact.content, checked.artifact.path
        assert b"${challenge}" not in checked.artifact.content, checked.artifact.path


def test_missing_values_are_all_named() -> None:
    """Personal payloads without values end in one error that names every variable."""
    with pytest.raises(VariableError) as caught:
        personal(PLANS["staff"], {})
    assert caught.value.names == ("user.email", "user.upn")


def test_values_of_the_wrong_form_are_refused() -> None:
    """A value that the server would refuse is refused before a payload carries it."""
    with pytest.raises(VariableError, match=r"user\.email"):
        personal(PLANS["staff"], {"user.email": "no address", "user.upn": "ada@northwind.example"})
