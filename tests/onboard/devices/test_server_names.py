"""Comparing the RADIUS server's certificate with the names of a profile."""

from __future__ import annotations

import pytest
from cryptography import x509
from support.scep_certificates import KEYS, certificate

from onboard.devices.server_names import NameRule, ServerNames


def server(*dns: str, common_name: str = "radius.example.org"):
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in dns]) if dns else None
    return certificate(common_name, KEYS[0].public_key(), common_name, KEYS[0], alt_names=names)


CASES = [
    (NameRule.APPLE, "radius.example.org", "RADIUS.example.org", True),
    (NameRule.APPLE, "*.example.org", "radius.example.org", True),
    (NameRule.APPLE, "*.example.org", "a.radius.example.org", False),
    (NameRule.APPLE, "*.org", "example.org", False),
    (NameRule.APPLE, "wpa.*.example.com", "wpa.x.example.com", False),
    (NameRule.APPLE, "ra*.example.org", "radius.example.org", False),
    (NameRule.APPLE, "example.org", "radius.example.org", False),
    (NameRule.WINDOWS, "radius.example.org", "radius.example.org", True),
    (NameRule.WINDOWS, r".*\.example\.org", "radius.example.org", True),
    (NameRule.WINDOWS, r".*\.example\.org", "radius.example.org.evil.net", False),
    (NameRule.WINDOWS, "*", "radius.example.org", False),
    (NameRule.WINDOWS, "radius.example", "radiusXexample", False),
    (NameRule.SUFFIX, "example.org", "radius.example.org", True),
    (NameRule.SUFFIX, "example.org", "example.org", True),
    (NameRule.SUFFIX, "example.org", "badexample.org", False),
    (NameRule.EQUAL, "example.org", "radius.example.org", False),
    (NameRule.EQUAL, "radius.example.org", "radius.example.org", True),
]


@pytest.mark.parametrize(("rule", "name", "presented", "accepted"), CASES)
def test_each_rule(rule, name, presented, accepted):
    """Every platform compares in its own way."""
    assert ServerNames(rule, (name,)).accepts(server(presented)) is accepted


def test_common_name_counts_only_without_alternative_names():
    """A dNSName hides the common name."""
    names = ServerNames(NameRule.EQUAL, ("radius.example.org",))
    assert names.accepts(server())
    assert not names.accepts(server("other.example.org"))


def test_any_name_suffices():
    """One of several names is enough, on either side."""
    names = ServerNames(NameRule.EQUAL, ("a.example.org", "b.example.org"))
    assert names.accepts(server("x.example.org", "b.example.org"))
