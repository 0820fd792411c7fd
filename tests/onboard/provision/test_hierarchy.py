"""What must exist for an organization."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.northwind import CAMPUS, CAMPUS_RADIUS, NORTHWIND, ROOT, STAFF, STAFF_CA, STUDENTS

from onboard.model import Anchor, Radius, Security
from onboard.provision.hierarchy import Kind, is_offline, leaves, path_length, urls

MIDDLE = replace(STAFF_CA, name="middle", common_name="Middle")
DEEP = replace(
    NORTHWIND,
    authorities=(ROOT, MIDDLE, replace(STAFF_CA, issuer="middle")),
    groups=(replace(STAFF, authority=replace(STAFF_CA, issuer="middle")),),
)


@pytest.mark.parametrize(
    ("organization", "lengths"),
    [
        (NORTHWIND, {"root": 1, "staff": 0, "students": 0}),
        (DEEP, {"root": 2, "middle": 1, "staff": 0}),
        (replace(NORTHWIND, authorities=(ROOT,)), {"root": 1}),
    ],
)
def test_path_lengths_are_as_long_as_the_chain(organization, lengths):
    """A CA has room for what the org puts below it; a root for one more to come."""
    assert {a.name: path_length(organization, a) for a in organization.authorities} == lengths


def test_an_authority_is_offline_when_nobody_enrols_with_it():
    """Its CRL is then signed by hand."""
    offline = [a.name for a in DEEP.authorities if is_offline(DEEP, a)]
    assert offline == ["root", "middle"]


def test_urls_are_those_of_the_org():
    """As payloads and the server know them."""
    found = urls(NORTHWIND, "staff")
    assert found.crl == "http://pki.northwind.example/crl/staff.crl"
    assert found.ocsp == "http://pki.northwind.example/ocsp/staff"
    assert found.issuer == "http://pki.northwind.example/ca/staff.cer"


def test_each_endpoint_has_an_rsa_ra_of_its_own():
    """Also where groups share an authority, and whatever key that has."""
    shared = replace(STUDENTS, authority=STAFF_CA)
    ras = [leaf for leaf in leaves(replace(NORTHWIND, groups=(STAFF, shared))) if leaf.kind is Kind.RA]
    assert [(ra.name, ra.issuer, ra.key) for ra in ras] == [
        ("staff", "staff", "rsa-2048"),
        ("students", "staff", "rsa-2048"),
    ]


def test_a_radius_of_another_pki_gets_no_certificate_from_ours():
    """Only where `trust` names an authority of this org."""
    foreign = Radius(name="hq", server_names=("hq.example",), trust=(Anchor(file="root.pem"),))
    mixed = Radius(
        name="mixed", server_names=("m.example",), trust=(Anchor(file="root.pem"), Anchor(authority="root"))
    )
    organization = replace(NORTHWIND, radius=(CAMPUS_RADIUS, foreign, mixed))
    found = [leaf.name for leaf in leaves(organization) if leaf.kind is Kind.RADIUS]
    assert found == ["campus", "mixed"]


def test_192_bit_security_gets_a_key_that_it_accepts():
    """WPA3-Enterprise 192-bit mode takes RSA from 3072 bits on."""
    strict = replace(CAMPUS, security=Security.WPA3_ENTERPRISE_192)
    (server,) = [leaf for leaf in leaves(replace(NORTHWIND, networks=(strict,))) if leaf.kind is Kind.RADIUS]
    assert server.key == "rsa-3072"


def test_a_server_name_too_long_for_a_common_name_is_left_to_the_san():
    """X.520 allows 64 characters, DNS 253."""
    long = "a" * 60 + ".radius.example"
    radius = replace(CAMPUS_RADIUS, server_names=(long,))
    (server,) = [leaf for leaf in leaves(replace(NORTHWIND, radius=(radius,))) if leaf.kind is Kind.RADIUS]
    assert (server.common_name, server.dns_names) == ("", (long,))


def test_the_signer_of_profiles_hangs_below_an_authority_that_stays_online():
    """It can be renewed when the root is in a safe; an org with a root alone uses that."""
    (signer,) = [leaf for leaf in leaves(NORTHWIND) if leaf.kind is Kind.SIGNING]
    assert signer.issuer == "staff"
    alone = replace(NORTHWIND, authorities=(ROOT,), groups=(replace(STAFF, authority=ROOT),))
    (signer,) = [leaf for leaf in leaves(alone) if leaf.kind is Kind.SIGNING]
    assert signer.issuer == "root"
    empty = replace(NORTHWIND, groups=())
    (signer,) = [leaf for leaf in leaves(empty) if leaf.kind is Kind.SIGNING]
    assert signer.issuer == "root"


def test_tls_servers_live_no_longer_than_apple_allows():
    """825 days, with the hour of backdating."""
    (server,) = [leaf for leaf in leaves(NORTHWIND) if leaf.kind is Kind.RADIUS]
    assert server.valid_for + timedelta(hours=1) < timedelta(days=825)
