"""A hidden network is said to be one on every platform, in a form that lint takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.northwind import neutral, staff_plan

from onboard.compose import compose
from onboard.model import Platform

SAID = {
    Platform.APPLE: (b"<key>HIDDEN_NETWORK</key>\n\t\t\t<true/>",),
    Platform.WINDOWS: (b"<nonBroadcast>true",),
    Platform.CHROMEOS: (b'"HiddenSSID": true', b'"hiddenSsid": true'),
    Platform.ANDROID: (b'"HiddenSSID": true',),
    Platform.LINUX: (b"scan_ssid=1", b"hidden=true", b"Hidden=true"),
}


@pytest.mark.parametrize("platform", Platform)
def test_devices_ask_for_a_hidden_network(platform):
    """Without it they never find the network; with it where it is not hidden, they would tell everybody."""
    plan = staff_plan()
    hidden = replace(plan, networks=tuple(replace(n, hidden=n.ssid is not None) for n in plan.networks))
    for text in SAID[platform]:
        assert any(text in c.artifact.content for c in compose(hidden, neutral, platforms=[platform]))
        assert not any(text in c.artifact.content for c in compose(plan, neutral, platforms=[platform]))
