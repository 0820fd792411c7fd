"""The whole contract org rehearsed: every group, platform and network, down to EAP-TLS."""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta

import pytest
from support.northwind import NORTHWIND, STAFF_CHALLENGE
from support.world import make_world

from onboard.rehearse import faketime, radius_server
from onboard.rehearse.company import Company
from onboard.rehearse.organization import artifacts, rehearse_organization
from onboard.rehearse.result import all_ok

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(
        not radius_server.is_possible() or faketime.library() is None,
        reason="FreeRADIUS, eapol_test or libfaketime is not installed",
    ),
]
MUST_SECONDS = 60.0


@pytest.mark.parametrize("everything", [False, True], ids=["today", "today, refusals, +11mo"])
def test_contract_org_is_rehearsed_in_time(tmp_path, everything):
    """On two cores it takes less than a minute, whatever is asked of it."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(cores)[:2]))
    company = Company(
        site=make_world(tmp_path).site,
        challenges={"staff": STAFF_CHALLENGE},
        negative=everything,
        ahead=timedelta(days=341 if everything else 0),
        progress=lambda row: None,
    )
    began = time.monotonic()
    rows = rehearse_organization(company, artifacts(company, NORTHWIND.groups, ()))
    seconds = time.monotonic() - began
    os.sched_setaffinity(0, cores)
    sys.stdout.write(f"\nrehearsal: {len(rows)} rows in {seconds:.1f} s (at most {MUST_SECONDS:.0f})\n")
    assert all_ok(rows)
    assert any(row.authenticated for row in rows)
    assert seconds < MUST_SECONDS
