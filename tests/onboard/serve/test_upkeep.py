"""Keys of a running server do not run out, and nobody notices their renewal."""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta

import pytest
from support.northwind import STAFF_CHALLENGE
from support.sites import NOW, at, provisioned

from onboard.provision import Kind, seal
from onboard.provision.leaves import inventory
from onboard.secret import Secret
from onboard.serve import configure
from onboard.serve.upkeep import Upkeep

DAY = timedelta(days=1)
LATE = NOW + 700 * DAY  # an RA lives 730 days


class Server:
    """One process's upkeep over a site, with a clock that is set by hand."""

    def __init__(self, site):
        self.now = NOW
        self.config = configure(site, {"staff": STAFF_CHALLENGE}, keep_up=True)
        self.upkeep = Upkeep(site, self.config.refresh._load, lambda: self.now)

    def asks(self, now, *, leads=True):
        self.now = now
        return self.upkeep(leads=leads)


@pytest.fixture
def site(tmp_path):
    return provisioned(tmp_path)


def first_ras(served) -> dict:
    return {e.group: e.recipients[0].certificate for e in served.endpoints}


def test_nothing_changes_while_nothing_nears_its_end(site):
    """The server goes on with what it has loaded."""
    server = Server(site)
    assert server.asks(NOW) is None
    assert server.asks(NOW + 2 * DAY) is None


def test_an_ra_that_nears_its_end_is_renewed_and_the_old_one_still_opens(site):
    """The new pair is offered; requests under way to the old one are still answered."""
    server = Server(site)
    served = server.asks(LATE)
    old, new = first_ras(server.config), first_ras(served)
    assert all(new[group] != old[group] for group in old)
    assert all(certificate.not_valid_after_utc > LATE + 365 * DAY for certificate in new.values())
    assert all(old[e.group] in [r.certificate for r in e.recipients] for e in served.endpoints)
    responders = {a.name: a.responder.signer for a in served.authorities}
    assert responders["staff"].not_valid_after_utc > LATE
    assert server.asks(LATE + timedelta(minutes=1)) is None


def test_another_worker_loads_what_the_first_has_made(site):
    """It renews nothing itself, and serves the same pairs."""
    first, second = Server(site), Server(site)
    assert second.asks(LATE, leads=False) is None
    made = first.asks(LATE)
    taken = second.asks(LATE, leads=False)
    assert first_ras(taken) == first_ras(made)
    assert len(inventory(site.state)[Kind.RA, "staff"]) == 2


def test_what_ca_init_renews_meanwhile_is_loaded(site):
    """Somebody may run it beside the server."""
    from onboard.provision import init

    server = Server(site)
    init(at(site, LATE))
    assert server.asks(LATE, leads=False) is not None


def test_while_somebody_else_makes_keys_the_server_waits(site, caplog):
    """The lock is respected, the server goes on, and tries again."""
    server = Server(site)
    with site.state.locked(), caplog.at_level(logging.ERROR):
        assert server.asks(LATE) is None
    assert "another onboard is creating keys" in caplog.text
    assert server.asks(LATE) is not None


def test_files_that_do_not_fit_leave_the_server_as_it_is(site, caplog):
    """A certificate beside the wrong key is reported; what was loaded before is still served."""
    server = Server(site)
    ras = site.state.path / "ra"
    shutil.copy(ras / "staff.key", ras / "staff@2.key")
    shutil.copy(ras / "students.pem", ras / "staff@2.pem")
    assert server.asks(NOW, leads=False) is None
    assert "does not belong to the key beside it" in caplog.text


def test_a_sealed_root_is_named_when_its_responder_ends(tmp_path, caplog):
    """What cannot be renewed here is said every day."""
    site = provisioned(tmp_path)
    seal(site, "root", tmp_path / "root.key", Secret("a long passphrase for the root"))
    server = Server(site)
    server.asks(NOW + 300 * DAY)
    assert "ocsp root ends on" in caplog.text
    assert "the key of 'root' is needed" in caplog.text


def test_a_radius_certificate_is_left_alone(site):
    """Its server has a copy; renewing ours would hide that the copy ends."""
    Server(site).asks(NOW + 800 * DAY)
    assert len(inventory(site.state)[Kind.RADIUS, "campus"]) == 1


def test_a_rehearsal_renews_nothing(tmp_path):
    """Only a server that says so keeps the org's keys up."""
    assert configure(provisioned(tmp_path), {}).refresh is None
