"""Certificates of the infrastructure: completed, renewed beside the old ones, and no artifact changes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from support.northwind import CAMPUS_RADIUS, NORTHWIND, STAFF_CHALLENGE
from support.sites import INFRASTRUCTURE, NOW, at, certificate

from onboard.errors import PkiError
from onboard.pki import read_certificates
from onboard.plan import make_plan
from onboard.provision import Kind, Loader, Outcome, init, renew


@pytest.mark.parametrize("leaf", sorted(INFRASTRUCTURE))
def test_a_leaf_whose_certificate_is_missing_is_completed(site, leaf):
    """A run that was cut off between key and certificate is completed with the same key."""
    key = (site.state.path / f"{leaf}.key").read_bytes()
    (site.state.path / f"{leaf}.pem").unlink()
    rows = init(site)
    assert (site.state.path / f"{leaf}.key").read_bytes() == key
    assert (site.state.path / f"{leaf}.pem").is_file()
    made = [f"{row.kind}/{row.name}" for row in rows if row.outcome is Outcome.CREATED]
    assert made == [leaf]


def test_a_leaf_whose_key_was_lost_gets_a_new_pair(site):
    """An RA is not pinned by anything: a new generation replaces it, and no file is overwritten."""
    (site.state.path / "ra/staff.key").unlink()
    before = (site.state.path / "ra/staff.pem").read_bytes()
    init(site)
    assert (site.state.path / "ra/staff.pem").read_bytes() == before
    assert (site.state.path / "ra/staff@2.key").is_file()
    (recipient,) = Loader.of(site).recipients(NORTHWIND.groups[0])
    assert recipient.certificate == certificate(site.state.path / "ra/staff@2.pem")


def test_a_pair_that_does_not_fit_is_refused(site):
    """An RA that could not open what devices send would strand them."""
    shutil.copy(site.state.path / "ra/students.pem", site.state.path / "ra/staff.pem")
    with pytest.raises(PkiError, match=r"ra/staff\.pem does not belong to the key beside it"):
        init(site)


def test_an_ra_is_renewed_beside_the_old_one(site):
    """Near its end a new pair signs, and the old one still opens what was sent to it."""
    later = at(site, NOW + timedelta(days=700))
    renewed = {f"{row.kind}/{row.name}" for row in init(later) if row.outcome is Outcome.RENEWED}
    assert {"ra/staff", "ra/students", "ocsp/staff", "signing/profiles", "crl/root"} <= renewed
    new, old = Loader.of(later).recipients(NORTHWIND.groups[0])
    assert old.certificate == certificate(site.state.path / "ra/staff.pem")
    assert new.certificate.not_valid_after_utc > old.certificate.not_valid_after_utc
    assert new.key.public_key() == new.certificate.public_key()
    assert {row.outcome for row in init(later)} == {Outcome.KEPT}
    ended = at(site, NOW + timedelta(days=731))
    assert len(Loader.of(ended).recipients(NORTHWIND.groups[0])) == 1


def test_a_renewal_changes_no_payload(site):
    """Everything that builders get stays equal when RA, OCSP, RADIUS and signing certificates are renewed."""

    def plans():
        certificates = read_certificates(NORTHWIND, site.folder)
        return [make_plan(NORTHWIND, group, certificates, STAFF_CHALLENGE) for group in NORTHWIND.groups]

    before = plans()
    assert Outcome.RENEWED in {row.outcome for row in init(at(site, NOW + timedelta(days=740)))}
    assert plans() == before


def test_a_leaf_that_ends_with_its_issuer_is_not_renewed_for_ever(site):
    """Close to the end of the CA another certificate would end at the same time."""
    end = certificate(site.folder / "pki/staff.pem").not_valid_after_utc
    last = at(site, end - timedelta(days=30))
    init(last)
    assert not [row for row in init(last) if row.outcome is Outcome.RENEWED]


def test_a_radius_server_follows_its_names(site):
    """A changed name gets a new certificate; the old one stays for the server that still runs with it."""
    radius = replace(CAMPUS_RADIUS, server_names=("radius2.northwind.example",))
    organization = replace(NORTHWIND, radius=(radius,))
    rows = init(replace(site, organization=organization))
    (renewed,) = [row for row in rows if row.outcome is Outcome.RENEWED]
    assert renewed.file.endswith("radius/campus@2.pem")
    assert (site.state.path / "radius/campus.pem").is_file()


def test_an_expired_issuer_keeps_no_other_from_renewing(site):
    """The upkeep of a server goes on past it: the other authority's RA is made, and the row says why not."""
    ended = certificate(site.folder / "pki/staff.pem").not_valid_after_utc - timedelta(days=1)
    (site.folder / "pki/students.pem").unlink()
    (site.state.path / "keys/students.key").unlink()
    for folder in ("ra", "ocsp"):
        (site.state.path / folder / "students.key").unlink()
        (site.state.path / folder / "students.pem").unlink()
    init(at(site, ended))  # an authority of students that outlives that of staff
    (site.state.path / "ra/staff@2.pem").unlink()
    rows = {row.name: row for row in renew(at(site, ended + timedelta(days=700)), {Kind.RA})}
    assert rows["students"].outcome is Outcome.RENEWED
    assert rows["staff"].outcome is Outcome.BLOCKED
    assert "'staff' expired" in rows["staff"].remark
