"""Whatever an org definition may say, lint and a device take the files for Windows and Intune."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import csp
from support.legal_orgs import legal_orgs
from support.legal_plans import CHALLENGE, plans_of, with_method
from support.northwind import neutral

from onboard.errors import Severity
from onboard.lint import lint
from onboard.model import Platform
from onboard.options import EapMethod
from onboard.payloads import intune, windows
from onboard.payloads.windows.fleet import build_fleet

_SETTINGS = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])


@_SETTINGS
@given(legal_orgs())
def test_every_file_of_every_legal_org_passes_lint(org):
    """No legal org makes the builders refuse, or write what lint refuses; two builds give the same bytes."""
    for plan in plans_of(org, "windows"):
        made = [*windows.build(plan, neutral), *build_fleet(plan, neutral)]
        assert made == [*windows.build(plan, neutral), *build_fleet(plan, neutral)]
        managed = replace(plan, platforms=(Platform.WINDOWS, Platform.APPLE, Platform.ANDROID))
        # Intune takes {}|; in a subject for its own, and Android https alone: both are refused.
        vouched = not set("{}|;") & set(plan.organization_name) and plan.scep.url.startswith("https:")
        ways = [False, True] if vouched else [False]
        graph = [a for validated in ways for a in intune.build(managed, neutral, validated=validated)]
        for artifact in [*made, *graph]:
            errors = [f for f in lint(artifact.path, artifact.content) if f.severity is Severity.ERROR]
            assert errors == [], artifact.path
        paths = [artifact.path for artifact in made]
        assert len(set(paths)) == len(paths)


@_SETTINGS
@given(legal_orgs(), st.sampled_from(EapMethod))
def test_every_method_of_every_legal_org_passes_lint(org, method):
    """The method changes what is inside, never whether it is right; secrets stay in SyncML and script."""
    for plan in plans_of(org, "windows"):
        for artifact in windows.build(with_method(plan, method), neutral):
            errors = [f for f in lint(artifact.path, artifact.content) if f.severity is Severity.ERROR]
            assert errors == [], artifact.path
            holds = plan.scep.challenge is not None and artifact.kind in {"syncml", "script"}
            assert artifact.secret == holds
            assert (CHALLENGE.reveal().encode() in artifact.content) == holds


@_SETTINGS
@given(legal_orgs())
def test_a_device_takes_the_syncml_of_every_legal_org(org):
    """The CSPs carry all of it out: trust, one enrolment, one WLAN profile for each Wi-Fi network."""
    for plan in plans_of(org, "windows"):
        (file,) = (a for a in windows.build(plan, neutral) if a.kind == "syncml")
        device = csp.play(file.content)
        (enrolment,) = device.enrolments
        assert enrolment.url == plan.scep.url
        assert enrolment.challenge == (CHALLENGE.reveal() if plan.scep.challenge else "${challenge}")
        assert len(device.wifi) == sum(network.ssid is not None for network in plan.networks)
        assert {bytes.fromhex(sha1) for sha1 in device.roots} <= {a.sha1 for a in plan.anchors}
