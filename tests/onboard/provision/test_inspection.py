"""What is there and when it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.sites import NOW, at, new_site, provisioned

from onboard.provision import Kind, Outcome, init, inspect, seal
from onboard.secret import Secret


def test_everything_that_expires_is_listed_soonest_first(tmp_path):
    """The same things that `ca init` made, in the order in which they end."""
    site = provisioned(tmp_path)
    rows = inspect(site)
    assert {(r.kind, r.name) for r in rows} == {(r.kind, r.name) for r in init(site)}
    ends = [row.not_after for row in rows]
    assert ends == sorted(ends)
    assert {row.outcome for row in rows} == {Outcome.KEPT}
    assert (rows[0].kind, rows[-1].name) == (Kind.CRL, "root")


def test_nothing_is_made_or_opened(tmp_path):
    """It works without keys, and on an org that was never provisioned."""
    site = provisioned(tmp_path / "org")
    seal(site, "root", tmp_path / "sealed", Secret("correct horse battery"))
    for path in site.state.path.rglob("*.key"):
        path.write_bytes(b"unreadable")
    outcomes = {row.name: row.outcome for row in inspect(site) if row.kind is Kind.AUTHORITY}
    assert outcomes == {"root": Outcome.SEALED, "staff": Outcome.KEPT, "students": Outcome.KEPT}
    bare = new_site(tmp_path / "bare")
    assert {row.outcome for row in inspect(bare)} == {Outcome.BLOCKED}
    assert all("ca init" in row.remark for row in inspect(bare))
    assert not bare.folder.exists()


@pytest.mark.parametrize(("days", "expected"), [(364, set()), (366, {"crl/root", "ocsp/root", "ocsp/staff"})])
def test_what_has_ended_says_so(tmp_path, days, expected):
    """With the day."""
    rows = inspect(at(provisioned(tmp_path), NOW + timedelta(days=days)))
    ended = {f"{row.kind}/{row.name}" for row in rows if row.outcome is Outcome.BLOCKED}
    assert ended >= expected
    assert bool(ended) is bool(expected)
    assert all("ended on 2027-11-25" in row.remark for row in rows if row.outcome is Outcome.BLOCKED)


def test_missing_things_come_first(tmp_path):
    """They are the most urgent."""
    site = provisioned(tmp_path)
    (site.state.path / "ra/staff.pem").unlink()
    (site.folder / "pki/root.crl").unlink()
    first, second, *_ = inspect(site)
    assert {f"{row.kind}/{row.name}" for row in (first, second)} == {"ra/staff", "crl/root"}
