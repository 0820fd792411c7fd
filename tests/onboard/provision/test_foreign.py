"""Certificates that others make are watched as well: of https, of RADIUS trust, of audit sinks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.certificates import make_certificate
from support.sites import provisioned

from onboard.errors import StateError
from onboard.model import Anchor
from onboard.provision import Outcome, inspect
from onboard.provision.foreign import note_https
from onboard.provision.standing import State, standings
from onboard.serve import Parts, configure
from scep_server.runtime.config import Tls


@pytest.fixture
def site(tmp_path):
    return provisioned(tmp_path)


@pytest.fixture
def pem(tmp_path):
    path = tmp_path / "https.pem"
    path.write_bytes(make_certificate("scep.northwind.example").certificate.public_bytes(Encoding.PEM))
    return path


def rows(site, kind):
    return [row for row in inspect(site) if row.kind.value == kind]


def test_serve_notes_the_certificate_of_https(site, pem):
    """What a server answers https with is listed from then on, with its end."""
    assert rows(site, "https") == []
    configure(site, {}, tls=Tls(certificate=pem, key=pem), keep_up=True)
    (row,) = rows(site, "https")
    assert row.name == str(pem)
    assert row.not_after is not None
    assert "restart" in row.remark


def test_a_configuration_that_is_not_served_notes_nothing(site, pem):
    """A rehearsal on the same state leaves the server's note alone."""
    configure(site, {}, tls=Tls(certificate=pem, key=pem), keep_up=True)
    configure(site, {})
    assert len(rows(site, "https")) == 1


def test_the_note_follows_the_server(site, pem, tmp_path):
    """Without https it goes; a server of other parts has its own."""
    other = tmp_path / "other.pem"
    other.write_bytes(pem.read_bytes())
    note_https(site.state, Parts().name, pem)
    note_https(site.state, Parts(scep=False).name, other)
    assert [row.name for row in rows(site, "https")] == [str(pem), str(other)]
    note_https(site.state, Parts().name, None)
    assert [row.name for row in rows(site, "https")] == [str(other)]


def test_a_file_that_is_gone_is_missing(site, pem):
    """And one that holds something else is no better."""
    note_https(site.state, "scep+pki", pem)
    for content, words in ((b"something else", "no certificate"), (None, "cannot be read")):
        pem.write_bytes(content) if content else pem.unlink()
        (row,) = rows(site, "https")
        assert (row.outcome, row.not_after) == (Outcome.BLOCKED, None)
        assert words in row.remark
    found = standings(site.organization, inspect(site), {}, (), site.now)
    assert next(one for one in found if one.kind == "https").state is State.MISSING


def test_a_trusted_file_is_listed(site, pem):
    """The authority of another PKI that a RADIUS server's certificate comes from; DER is read as well."""
    der = site.folder / "other-root.cer"
    der.write_bytes(make_certificate("Other Root").certificate.public_bytes(Encoding.DER))
    (radius, *rest) = site.organization.radius
    trusting = replace(radius, trust=(*radius.trust, Anchor(file="other-root.cer")))
    changed = replace(site, organization=replace(site.organization, radius=(trusting, *rest)))
    (row,) = rows(changed, "trust")
    assert (row.name, row.file) == ("other-root.cer", str(der))
    assert row.not_after is not None


def test_a_damaged_note_says_what_to_do(site):
    """It is not passed over in silence."""
    (site.state.path / "https.json").write_text("{")
    with pytest.raises(StateError) as caught:
        inspect(site)
    assert "remove it" in caught.value.hint
