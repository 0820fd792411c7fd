"""What a profile alone cannot tell: RADIUS certificates, left out intermediates, editions, markers."""

from __future__ import annotations

import datetime as dt
import plistlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from support.apple_profiles import EAP, ISSUING, ROOT, SCEP, WIFI, WIRE, profile, rules
from support.certificates import Made, make_certificate

from onboard.lint.apple import lint_together

NOW = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
CA = make_certificate("RADIUS Root", ca=True)
MIDDLE = make_certificate("RADIUS Issuing", ca=True, issuer=CA)
NAMES = ("radius.northwind.example",)


def server(issuer: Made = CA, names: tuple[str, ...] = NAMES, usage=x509.oid.ExtendedKeyUsageOID.SERVER_AUTH):
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "radius")]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2028, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.PEM)


def trusting() -> bytes:
    """The staff profile with the test's own RADIUS root as anchor."""
    tree = profile()
    tree["PayloadContent"][ROOT]["PayloadContent"] = CA.der
    return plistlib.dumps(tree)


def found(*files: bytes, now: dt.datetime = NOW) -> list[tuple[str, str]]:
    named = [(f"file-{index}", content) for index, content in enumerate(files)]
    return [(f.rule.removeprefix("apple-"), f.message) for f in lint_together(named, now)]


def test_a_good_server_is_believed():
    """Chain, name, usage and time are right: nothing to say."""
    assert found(trusting(), server()) == []
    assert found(trusting(), server(usage=None)) == []


def test_a_chain_by_way_of_an_intermediate_needs_it_beside():
    """An intermediate in the same files, as RADIUS sends it, completes the chain."""
    certificate = server(MIDDLE)
    assert {rule for rule, _ in found(trusting(), certificate)} == {"E11"}
    assert found(trusting(), certificate, MIDDLE.certificate.public_bytes(Encoding.PEM)) == []


@pytest.mark.parametrize(
    ("content", "said", "now"),
    [
        (server(names=("other.northwind.example",)), "has the names other.northwind.example", NOW),
        (server(make_certificate("Other", ca=True)), "ends in none of the anchors", NOW),
        (server(usage=x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH), "lacks serverAuth", NOW),
        (server(), "is valid until 2028-01-01 only", dt.datetime(2029, 1, 1, tzinfo=dt.UTC)),
    ],
)
def test_a_server_that_devices_would_refuse(content, said, now):
    """E11 says for each network what is wrong with the certificate."""
    messages = [message for rule, message in found(trusting(), content, now=now) if rule == "E11"]
    assert len(messages) == 2
    assert all(said in message for message in messages)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("*.northwind.example", True), ("*.example", False), ("Radius.Northwind.Example", True)],
)
def test_wildcards_match_as_apple_matches(pattern, matches):
    """One leading label, three labels at least, letter case aside."""
    tree = plistlib.loads(trusting())
    for network in (WIFI, WIRE):
        tree["PayloadContent"][network][EAP]["TLSTrustedServerNames"] = [pattern]
    assert (found(plistlib.dumps(tree), server()) == []) is matches


def test_an_intermediate_that_is_left_out_is_missed():
    """E24: the CA that issues to devices chains to the pinned root, and the profile lacks it."""
    tree = profile()
    issuing = tree["PayloadContent"][ISSUING]["PayloadContent"]
    assert found(plistlib.dumps(tree), issuing) == []
    del tree["PayloadContent"][ISSUING]
    assert [rule for rule, _ in found(plistlib.dumps(tree), issuing)] == ["E24"]


def test_editions_keep_their_uuids():
    """E37: the same payload under another UUID is taken away and installed anew."""
    old, new, other = profile(), profile(), profile("students")
    assert found(plistlib.dumps(old), plistlib.dumps(new)) == []
    new["PayloadContent"][WIFI]["PayloadUUID"] = "41633136-2362-5E58-ACE3-801B57561522"
    assert [rule for rule, _ in found(plistlib.dumps(old), plistlib.dumps(new))] == ["E37"]
    assert found(plistlib.dumps(old), plistlib.dumps(other)) == []


@pytest.mark.parametrize(
    ("variable", "marker"),
    [
        ("$FLEET_VAR_HOST_HARDWARE_SERIAL", "$FLEET_VAR_CERTIFICATE_RENEWAL_ID"),
        ("${FLEET_VAR_HOST_UUID}", "${FLEET_VAR_CERTIFICATE_RENEWAL_ID}"),
        ("$SERIALNUMBER", "$PROFILE_IDENTIFIER"),
    ],
)
def test_profiles_of_mdms_that_renew_carry_the_marker(variable, marker):
    """E17: without it Fleet and Jamf renew nothing, and devices drop off a year later."""
    tree = profile()
    tree["PayloadContent"][SCEP]["PayloadContent"]["Subject"] = [[["CN", variable]]]
    assert "E17" in rules(tree)
    tree["PayloadContent"][SCEP]["PayloadContent"]["Subject"] += [[["OU", marker]]]
    assert "E17" not in rules(tree)
