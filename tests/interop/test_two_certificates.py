"""A person's and a computer's certificate of one group, before a real RADIUS server."""

from __future__ import annotations

import pytest
from support.rehearsal import company

from onboard.rehearse import radius_server
from onboard.rehearse.organization import artifacts, rehearse_organization
from onboard.rehearse.result import Result

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not radius_server.is_possible(), reason="FreeRADIUS or eapol_test is not installed"),
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory) -> tuple[Result, ...]:
    """Every device of tests/orgs/both.yaml."""
    play = company("both", tmp_path_factory.mktemp("both"))
    return rehearse_organization(play, artifacts(play, play.organization.groups, ()))


def test_both_get_in_where_the_org_says(rows):
    """Two groups share the authority, and each certificate of either is in its own group's VLAN."""
    assert all(row.ok and row.authenticated for row in rows), rows
    assert {(row.group, row.platform, row.network): row.vlan for row in rows} == {
        ("staff", "windows", "campus (user)"): 20,
        ("staff", "windows", "desk (user)"): 120,
        ("staff", "windows", "campus (device)"): 20,
        ("staff", "windows", "desk (device)"): 120,
        ("staff", "chromeos", "campus (user)"): 20,
        ("staff", "chromeos", "campus (device)"): 20,
        ("staff", "apple", "campus"): 20,
        ("staff", "linux", "campus"): 20,
        ("staff", "linux", "desk"): 120,
        ("guests", "windows", "campus (user)"): 40,
        ("guests", "windows", "campus (device)"): 40,
    }
