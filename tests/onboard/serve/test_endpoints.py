"""Organization -> endpoints: names, secrets, the queue, and the CA that opens requests itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from cryptography import x509
from support.northwind import NORTHWIND
from support.sites import NOW, at, new_site, provisioned

from onboard.errors import PkiError, StateError
from onboard.model import ChallengeType, KeyKind
from onboard.provision import init
from onboard.provision.sharing import Shared, challenge_id
from onboard.secret import Secret
from onboard.serve import configure

SECRET, OLD = Secret("a-new-secret-of-the-group"), Secret("an-old-secret-of-the-group")


def organization(**changes):
    """The example org with a changed group `staff`."""
    staff, *others = NORTHWIND.groups
    return replace(NORTHWIND, groups=(replace(staff, **changes), *others))


def endpoints(site, **options):
    config = configure(site, {"staff": SECRET}, **options)
    return {endpoint.name: endpoint for endpoint in config.endpoints}


def test_a_renamed_group_answers_at_its_old_key_too(tmp_path):
    """Old URL, old RA and old subject go on beside the new ones; both record under today's key."""
    site = provisioned(tmp_path)
    before = endpoints(site)["staff"]
    group = replace(NORTHWIND.groups[0], name="personnel", formerly=("staff",))
    renamed = replace(site, organization=replace(NORTHWIND, groups=(group, *NORTHWIND.groups[1:])))
    serial = before.recipients[0].certificate.serial_number
    (only,) = endpoints(renamed)["personnel"].recipients  # until `ca init` makes a new one
    assert only.certificate.serial_number == serial
    init(renamed)
    found = endpoints(renamed)
    new, old = found["personnel"], found["staff"]
    assert {(e.group, e.formerly) for e in (new, old)} == {("personnel", ("staff",))}
    assert [r.certificate.serial_number for r in new.recipients].index(serial) == 1
    units = [dict(e.policy.subject)["2.5.4.11"].fill({}) for e in (new, old)]
    assert units == ["personnel", "staff"]
    assert old.ca_certificates == new.ca_certificates


def test_both_secrets_are_taken_during_a_rotation(tmp_path):
    """Today's secret and the former ones are static challenges, each under its own id."""
    site = provisioned(tmp_path)
    former = {"staff": [Shared(secret=OLD, until=date(2027, 1, 31))]}
    pepper = site.state.pepper()
    static = endpoints(site, former=former)["staff"].static
    assert [one.id for one in static] == [challenge_id(SECRET, pepper), challenge_id(OLD, pepper)]


def test_approval_puts_the_secret_before_a_queue(tmp_path):
    """The secret opens the queue and gives no certificate by itself; other groups have no queue."""
    challenge = replace(
        NORTHWIND.groups[0].challenge, type=ChallengeType.APPROVAL, valid_for=timedelta(days=2)
    )
    site = replace(provisioned(tmp_path), organization=organization(challenge=challenge))
    found = endpoints(site)
    staff = found["staff"]
    assert staff.static == ()
    assert staff.approval is not None
    assert [guard.id for guard in staff.approval.guards] == [challenge_id(SECRET, site.state.pepper())]
    assert staff.approval.lasts == timedelta(days=2)
    assert found["students"].approval is None


def test_a_single_certificate_is_one_that_may_decipher(tmp_path):
    """`ca init` gives the CA the usages that RFC 8894 §2.1.2 demands, and the endpoint opens with its key."""
    staff, students = NORTHWIND.groups
    authorities = tuple(
        replace(a, key=KeyKind.RSA_2048) if a.name == "staff" else a for a in NORTHWIND.authorities
    )
    authority = next(a for a in authorities if a.name == "staff")
    group = replace(staff, authority=authority, single_certificate=True)
    site = new_site(tmp_path, replace(NORTHWIND, authorities=authorities, groups=(group, students)))
    init(site)
    endpoint = endpoints(site)["staff"]
    first, *ras = endpoint.recipients
    assert first.certificate == endpoint.authority.certificate
    assert ras
    usage = first.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_encipherment
    assert usage.digital_signature
    assert usage.key_cert_sign
    students_usage = site.certificate("students").extensions.get_extension_for_class(x509.KeyUsage).value
    assert not students_usage.key_encipherment
    assert not endpoints(site)["students"].single_certificate


def test_a_ca_made_before_is_not_taken_for_one_that_deciphers(tmp_path):
    """A certificate without the usages is refused with the cure, instead of failing on devices."""
    site = provisioned(tmp_path)
    staff, students = NORTHWIND.groups
    group = replace(students, single_certificate=True)
    changed = replace(site, organization=replace(NORTHWIND, groups=(staff, group)))
    with pytest.raises(PkiError, match="does not say that its key deciphers"):
        endpoints(changed)


def test_what_a_profile_limits_reaches_the_policy(tmp_path):
    """Number, grace and superseding stand in the endpoint's policy."""
    profile = replace(
        NORTHWIND.groups[0].profile,
        max_active=5,
        renew_after_expiry=timedelta(days=14),
        supersede_after=timedelta(days=7),
    )
    site = replace(provisioned(tmp_path), organization=organization(profile=profile))
    policy = endpoints(at(site, NOW))["staff"].policy
    limits = (policy.max_active, policy.renew_after_expiry, policy.supersede_after)
    assert limits == (5, timedelta(days=14), timedelta(days=7))


def test_weak_keys_of_the_state_folder_are_refused(tmp_path):
    """What `weak-keys.txt` lists reaches the server; a mistake in it is named before anything listens."""
    site = provisioned(tmp_path)
    listed = site.state.path / "weak-keys.txt"
    listed.write_text("sha256:" + "ab" * 32)
    assert configure(site, {}).known_weak.fingerprints == {bytes.fromhex("ab" * 32)}
    listed.write_text("# mine\nsomething")
    with pytest.raises(StateError, match="line 2"):
        configure(site, {})
