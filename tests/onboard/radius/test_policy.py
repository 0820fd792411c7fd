"""Who is let in where, as values."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.northwind import CAMPUS, CAMPUS_RADIUS, DESK, NORTHWIND, STAFF, STAFF_CA, STUDENTS, certificates

from onboard.apple_options import Passpoint
from onboard.errors import OnboardError, PkiError
from onboard.model import Organization
from onboard.options import EapMethod
from onboard.orgfile import load
from onboard.radius import Settings, build, clients_of, make_policy
from onboard.radius.policy import Opening


def test_each_group_by_its_own_authority():
    """Where every group has its own authority, the issuer decides alone."""
    policy = make_policy(NORTHWIND, CAMPUS_RADIUS, certificates())
    staff, students = policy.rules
    assert (staff.openings, staff.subject) == (
        (Opening(ssid="Northwind", vlan=20), Opening(ssid="", vlan=20)),
        "",
    )
    assert students.openings == (Opening(ssid="Northwind", vlan=30),)
    assert staff.issuer != students.issuer
    assert [c.name for c in policy.trusted] == ["staff", "root", "students"]
    assert policy.crl_urls["root"] == "http://pki.northwind.example/crl/root.crl"


ROAMING = replace(
    CAMPUS, passpoint=Passpoint(domain="northwind.example", roaming_consortiums=("5A03BA0000",))
)


def roaming() -> Organization:
    """Staff may roam, students use the same network's SSID without doing so."""
    groups = (replace(STAFF, networks=(ROAMING, DESK)), STUDENTS)
    return replace(NORTHWIND, networks=(ROAMING, DESK), groups=groups)


def test_partners_are_open_to_groups_that_may_roam():
    """One more opening for staff, without a VLAN; nothing of the org is a partner's, the garden included."""
    policy = make_policy(roaming(), CAMPUS_RADIUS, certificates())
    staff, students = policy.rules
    assert staff.openings[-1] == Opening(ssid="", vlan=None, partners=True)
    assert (staff.roams, staff.wired, students.roams) == (True, True, False)
    assert policy.known_ssids == ("Northwind", "Northwind-Start")


def test_a_domain_without_consortiums_opens_no_partner():
    """Such a network is found at home alone, so nobody comes from elsewhere."""
    homely = replace(ROAMING, passpoint=Passpoint(domain="northwind.example"))
    org = replace(NORTHWIND, groups=(replace(STAFF, networks=(homely,)),))
    assert not make_policy(org, CAMPUS_RADIUS, certificates()).roams


def test_peap_is_served_where_a_network_asks_for_it():
    """One network of one group is enough, and none is none."""
    tunnelled = replace(CAMPUS, eap=EapMethod.PEAP_TLS)
    org = replace(NORTHWIND, groups=(replace(STAFF, networks=(tunnelled,)), STUDENTS))
    assert make_policy(org, CAMPUS_RADIUS, certificates()).tunnels
    assert not make_policy(NORTHWIND, CAMPUS_RADIUS, certificates()).tunnels


def test_partners_get_neither_vlan_nor_attributes():
    """What the visited network does with a guest is its own affair."""
    org = roaming()
    staff = replace(org.groups[0], reply={"Filter-Id": "staff"})
    policy = make_policy(replace(org, groups=(staff,)), CAMPUS_RADIUS, certificates())
    files = {f.path: f.content.decode() for f in build(policy, Settings(), None, {})}
    block = files["sites-enabled/onboard"].partition("&Tmp-String-0 == 'partner'")[2].partition("return")[0]
    assert "Auth-Type := Accept" in block
    assert "Tunnel" not in block
    assert "Filter-Id" not in block
    assert "Filter-Id" in files["sites-enabled/onboard"]
    assert "partners (Passpoint)" in files["README.md"]
    assert "any but Northwind, Northwind-Start" in files["recipes/ise.md"]


def test_groups_that_share_an_authority_are_told_apart_by_subject():
    """The whole subject is matched; a variable never reaches over a slash."""
    shared = replace(NORTHWIND, groups=(STAFF, replace(STUDENTS, authority=STAFF_CA)))
    staff, students = make_policy(shared, CAMPUS_RADIUS, certificates()).rules
    mine = "/CN=ada@northwind.example/OU=staff/O=Northwind University"
    assert re.search(staff.subject, mine)
    assert not re.search(students.subject, mine)
    for forged in (
        "/CN=x/OU=staff/O=Northwind University/OU=students/O=Northwind University",
        "/CN=x/OU=students/O=Northwind University",
        mine + "/CN=y",
        "/O=x" + mine,
    ):
        assert not re.search(staff.subject, forged)


def test_groups_that_nothing_tells_apart_are_refused():
    """Two groups with the same issuer and the same fixed subject would share VLANs at random."""
    profile = replace(STUDENTS.profile, subject=STUDENTS.profile.subject[:1])
    twins = tuple(replace(STUDENTS, name=name, profile=profile) for name in ("a", "b"))
    with pytest.raises(OnboardError, match="apart"):
        make_policy(replace(NORTHWIND, groups=twins), CAMPUS_RADIUS, certificates())


def test_groups_of_another_radius_are_strangers():
    """A server decides about the groups of its own networks only."""
    elsewhere = replace(CAMPUS_RADIUS, name="elsewhere")
    assert make_policy(NORTHWIND, elsewhere, certificates()).rules == ()


def test_absent_authority_names_the_cure():
    """Before `ca init` there is nothing to trust."""
    with pytest.raises(PkiError) as caught:
        make_policy(NORTHWIND, CAMPUS_RADIUS, {})
    assert "onboard ca init" in caught.value.hint


SITES = load(Path(__file__).parents[2] / "orgs" / "sites.yaml")


def sites_policy(organization=SITES, name: str = "main"):
    public = certificates()
    known = {"root": public["root"], "staff": public["staff"]}
    radius = next(radius for radius in organization.radius if radius.name == name)
    return make_policy(organization, radius, known)


def test_vlan_goes_by_network_and_site():
    """Where a site has another VLAN the client's name decides, else the network, else the group."""
    (staff,) = sites_policy().rules
    assert staff.openings == (
        Opening(ssid="Acme", vlan=20, by_site=(("berlin", 1020),)),
        Opening(ssid="", vlan=120),
    )
    assert staff.openings[0].assignments == (("berlin", 1020), ("", 20))
    assert staff.reply == (("Filter-Id", "staff"), ("Aruba-User-Role", "staff & faculty"))


def test_another_cluster_of_the_network_decides_about_that_network_alone():
    """A group belongs to every server that answers on one of its networks."""
    (staff,) = sites_policy(name="other").rules
    assert staff.openings == (Opening(ssid="Acme", vlan=20),)


def test_wires_with_different_vlans_are_refused():
    """RADIUS hears of a wire, not of which one."""
    group = SITES.group("staff")
    second = replace(SITES.networks[1], name="lab")
    group = replace(group, networks=(*group.networks, second), vlans={"wire": 120, "lab": 121})
    with pytest.raises(OnboardError, match="wired networks"):
        sites_policy(replace(SITES, networks=(*SITES.networks, second), groups=(group,)))


def test_secrets_that_would_share_a_variable_are_refused():
    """Two sites whose secrets come from different files need two names."""
    main, berlin = SITES.radius[0].clients
    twins = tuple(
        replace(berlin, name=name, secret=replace(berlin.secret, name=name)) for name in ("a-b", "a_b")
    )
    assert [c.secret_variable for c in clients_of(SITES.radius[0])] == ["RADIUS_MAIN", "RADIUS_SECRET_BERLIN"]
    with pytest.raises(OnboardError, match="RADIUS_SECRET_A_B"):
        clients_of(replace(SITES.radius[0], clients=(main, *twins)))


def test_both_certificates_of_a_group_are_let_in():
    """Each of its profiles has a rule where subjects tell groups apart; one is enough where issuers do."""
    machine = replace(STUDENTS.profile, subject=STUDENTS.profile.subject[:2])
    both = replace(STAFF, second_profile=machine)
    shared = replace(NORTHWIND, groups=(both, replace(STUDENTS, authority=STAFF_CA)))
    rules = [r for r in make_policy(shared, CAMPUS_RADIUS, certificates()).rules if r.group == "staff"]
    subjects = ("/CN=ada@northwind.example/OU=staff/O=Northwind University", "/CN=9f8b/OU=staff")
    assert [bool(re.search(r.subject, s)) for r in rules for s in subjects] == [True, False, False, True]
    alone = make_policy(replace(NORTHWIND, groups=(both, STUDENTS)), CAMPUS_RADIUS, certificates())
    assert [rule.group for rule in alone.rules] == ["staff", "students"]
