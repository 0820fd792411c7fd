"""Whatever an organization defines within the rules, the files for ChromeOS, Android and Linux are good."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from support.northwind import neutral
from support.strategies import plans

from onboard.errors import Severity
from onboard.lint import lint
from onboard.payloads import android, chromeos, linux


@pytest.mark.parametrize("platform", [chromeos, android, linux], ids=["chromeos", "android", "linux"])
@settings(max_examples=25)  # each builds and judges some ten files
@given(plans())
def test_every_artifact_passes_lint(platform, plan):
    """Each file is recognised by its content and passes its own rules; paths are the group's and unique."""
    artifacts = platform.build(plan, neutral)
    for artifact in artifacts:
        errors = [f for f in lint(artifact.path, artifact.content) if f.severity is Severity.ERROR]
        assert errors == [], artifact.path
    paths = [artifact.path for artifact in artifacts]
    assert len(set(paths)) == len(paths)
    assert all(path.startswith(f"{plan.group}/") and ".." not in path.split("/") for path in paths)


@pytest.mark.parametrize("platform", [chromeos, android, linux], ids=["chromeos", "android", "linux"])
@settings(max_examples=25)  # each builds and judges some ten files
@given(plans())
def test_secrets_stay_where_they_belong(platform, plan):
    """A known challenge is in files marked secret and in no others; two builds give the same bytes."""
    artifacts = platform.build(plan, neutral)
    assert artifacts == platform.build(plan, neutral)
    if plan.scep.challenge is None:
        assert not any(artifact.secret for artifact in artifacts)
        return
    kinds = {artifact.kind for artifact in artifacts if artifact.secret}
    assert kinds <= {"chrome-scep-profile", "certmonger"}
    for artifact in artifacts:
        if not artifact.secret:
            assert plan.scep.challenge.reveal().encode() not in artifact.content
