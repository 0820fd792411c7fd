"""Pages for other RADIUS servers: complete, for the product that the org names, each value in its cell."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from cryptography import x509
from support.northwind import CAMPUS_RADIUS, NORTHWIND, certificates

from onboard.options import RadiusType
from onboard.radius import make_policy, recipes
from onboard.radius.policy import Opening

POLICY = make_policy(NORTHWIND, CAMPUS_RADIUS, certificates())
EVERY = {"recipes/nps.md", "recipes/ise.md", "recipes/clearpass.md", "recipes/aruba-central.md"}


def pages(policy=POLICY) -> dict[str, str]:
    return {f.path: f.content.decode() for f in recipes(policy)}


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (RadiusType.FREERADIUS, EVERY),
        (RadiusType.OTHER, EVERY),
        (RadiusType.NPS, {"recipes/nps.md"}),
        (RadiusType.ISE, {"recipes/ise.md"}),
        (RadiusType.CLEARPASS, {"recipes/clearpass.md", "recipes/aruba-central.md"}),
    ],
)
def test_pages_are_those_of_the_product(kind, written):
    """Whoever said which product answers gets that page alone."""
    radius = replace(CAMPUS_RADIUS, type=kind)
    found = pages(replace(POLICY, radius=radius))
    assert {path for path in found if path.endswith(".md")} == written


@pytest.mark.parametrize("page", sorted(EVERY))
def test_every_value_of_the_org_is_there(page):
    """Issuers with fingerprint and CRL, names, networks, VLANs: nothing has to be looked up elsewhere."""
    text = pages()[page]
    for certificate in POLICY.trusted:
        assert certificate.common_name in text
        assert certificate.sha256.hex() in text
        assert POLICY.crl_urls[certificate.name] in text
    for word in (
        "radius.northwind.example",
        "`:Northwind`",
        "| 20 |",
        "| 30 |",
        "Ethernet",
        "1.3.6.1.5.5.7.3.2",
    ):
        assert word in text
    assert "not\ntried" in text or "not tried" in text or "was\nnot tried" in text


def test_authorities_lie_beside_the_pages():
    """Each as PEM under the name that the pages give it."""
    found = pages()
    for certificate in POLICY.trusted:
        pem = found[f"recipes/trust/{certificate.name}.pem"]
        assert x509.load_pem_x509_certificate(pem.encode()) == certificate.parsed


def test_odd_names_stay_in_their_cell():
    """A bar or a line break in an SSID does not begin another column or row."""
    rule = replace(POLICY.rules[0], openings=(Opening(ssid="a|b\\c", vlan=7),))
    text = pages(replace(POLICY, rules=(rule,)))["recipes/ise.md"]
    (row,) = [line for line in text.splitlines() if "| 7 |" in line]
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 7
