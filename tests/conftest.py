"""What every test shares: in CI a skipped test is a failed one; hypothesis is calm about slow machines."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# In CI the same examples every time, so that a red run is the change's doing; elsewhere new ones each time.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("house")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With ONBOARD_NO_SKIPS set, turn a skip into a failure: `.ci/run` has installed everything."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("ONBOARD_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Measurements run by `make bench` only."""
    if config.option.markexpr:
        return
    measured = [item for item in items if item.get_closest_marker("bench")]
    config.hook.pytest_deselected(items=measured)
    items[:] = [item for item in items if item not in measured]
