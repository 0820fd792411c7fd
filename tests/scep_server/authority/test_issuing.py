"""The certificates that devices get."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from asn1crypto import core
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID
from hypothesis import given
from hypothesis import strategies as st
from support.issuance import CLIENT_AUTH, NOW, URLS, YEAR, approval, authority, device_key

from scep_server.errors import RequestRejectedError
from scep_server.messages import AltName, AltNameKind, Attribute
from scep_server.policy.bounds import alt_name_problem, attribute_problem

SERIAL = 0x7FEEDDCCBBAA99887766554433221100


@pytest.mark.parametrize("algorithm", ["ec-p256", "ec-p384", "rsa-2048"])
def test_a_certificate_says_what_was_approved(algorithm):
    """Subject in order, names, key, serial, validity; signed by the authority."""
    issuer = authority(algorithm)
    issued = issuer.issue(approval(), serial=SERIAL, now=NOW)
    assert issued.subject.rfc4514_string() == "O=Northwind University,OU=staff,CN=ada@northwind.example"
    assert issued.serial_number == SERIAL
    assert issued.public_key() == device_key().public_key()
    assert issued.not_valid_before_utc == NOW - timedelta(hours=1)
    assert issued.not_valid_after_utc == NOW + YEAR
    issued.verify_directly_issued_by(issuer.certificate)


def test_what_is_recorded_of_a_certificate_is_what_it_says():
    """Serial, subject and both ends of its life, to the second, without anybody reading it again."""
    made = authority().make(approval(), serial=SERIAL, now=NOW + timedelta(microseconds=999_999))
    read = x509.load_der_x509_certificate(made.der)
    assert made.serial == read.serial_number
    assert made.subject == read.subject.rfc4514_string()
    assert made.not_before == read.not_valid_before_utc
    assert made.not_after == read.not_valid_after_utc


def test_extensions_are_those_of_a_device():
    """No CA, the two key usages of SCEP clients, the profile's EKUs, and where to ask about it."""
    issuer = authority()
    issued = issuer.issue(approval(), serial=SERIAL, now=NOW)
    constraints = issued.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    usage = issued.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.key_encipherment
    assert not usage.value.key_cert_sign
    ekus = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [eku.dotted_string for eku in ekus] == [CLIENT_AUTH]
    subject_key = x509.SubjectKeyIdentifier.from_public_key(device_key().public_key())
    assert issued.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value == subject_key
    authority_key = issued.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert authority_key.key_identifier == own.digest
    access = issued.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert [a.access_location.value for a in access] == [URLS.ocsp, URLS.issuer]
    points = issued.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [n.value for point in points for n in point.full_name] == [URLS.crl]


def test_alternative_names_are_written_as_clients_read_them():
    """The UPN is an otherName with an explicitly tagged UTF8String, as Windows writes it."""
    names = (
        AltName(AltNameKind.RFC822, "ada@x.example"),
        AltName(AltNameKind.DNS, "mac.x.example"),
        AltName(AltNameKind.URI, "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1"),
        AltName(AltNameKind.UPN, "ada@" + "x" * 200 + ".exämple"),
    )
    issued = authority().issue(approval(alt_names=names), serial=SERIAL, now=NOW)
    parsed = asn1.Certificate.load(issued.public_bytes(Encoding.DER), strict=True)
    *plain, other = parsed.subject_alt_name_value
    assert [(name.name, name.native) for name in plain] == [
        ("rfc822_name", "ada@x.example"),
        ("dns_name", "mac.x.example"),
        ("uniform_resource_identifier", "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1"),
    ]
    assert other.chosen["type_id"].native == "1.3.6.1.4.1.311.20.2.3"
    assert isinstance(other.chosen["value"].parsed, core.UTF8String)
    assert other.chosen["value"].parsed.native == names[3].value


def test_no_alternative_names_means_no_extension():
    """An empty SAN extension is malformed (RFC 5280 §4.2.1.6)."""
    issued = authority().issue(approval(alt_names=()), serial=SERIAL, now=NOW)
    with pytest.raises(x509.ExtensionNotFound):
        issued.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)


def test_nothing_outlives_or_predates_its_authority():
    """Validity is cut to the CA's at both ends."""
    issuer = authority()
    late = issuer.issue(approval(), serial=SERIAL, now=NOW + 5 * YEAR - timedelta(days=1))
    assert late.not_valid_after_utc == issuer.certificate.not_valid_after_utc
    early = issuer.issue(approval(backdate=timedelta(hours=24)), serial=SERIAL, now=NOW)
    assert early.not_valid_before_utc == issuer.certificate.not_valid_before_utc


def test_an_expired_authority_refuses_with_the_cure():
    """The device gets a refusal, the administrator a line that names the authority."""
    with pytest.raises(RequestRejectedError, match="'staff' expired on 2031-11-24") as caught:
        authority().issue(approval(), serial=SERIAL, now=NOW + 5 * YEAR)
    assert caught.value.remedy


def test_serial_numbers_of_devices_keep_their_characters():
    """PrintableString has no underscore; such values are written as UTF8String instead of failing."""
    for value in ("C02XK0AAJGH5", "VM_0042"):
        subject = (Attribute("2.5.4.5", value),)
        issued = authority().issue(approval(subject=subject), serial=SERIAL, now=NOW)
        assert issued.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value == value


def test_usages_of_one_policy_do_not_leak_into_another():
    """The cached part of the certificate is kept for each set of usages."""
    issuer = authority()
    for usages in ((CLIENT_AUTH,), ("1.3.6.1.5.5.7.3.4", CLIENT_AUTH), (CLIENT_AUTH,)):
        issued = issuer.issue(approval(extended_key_usages=usages), serial=SERIAL, now=NOW)
        ekus = issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert tuple(eku.dotted_string for eku in ekus) == usages


def test_a_key_never_prints():
    """Authorities are logged and compared."""
    assert "key" not in repr(authority())


OIDS = st.sampled_from(
    ("2.5.4.3", "2.5.4.5", "2.5.4.6", "2.5.4.7", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25")
)


# RFC 5280 Appendix A.1 counts characters; `cryptography` counts octets of UTF-8, and warns.
@pytest.mark.filterwarnings("ignore:Attribute's length must be:UserWarning")
@given(oid=OIDS, value=st.text(max_size=70), kind=st.sampled_from(AltNameKind), name=st.text(max_size=40))
def test_what_the_bounds_admit_can_be_issued(oid, value, kind, name):
    """The policy's last check is at least as strict as the certificate builder."""
    attribute, alt_name = Attribute(oid, value), AltName(kind, name)
    if attribute_problem(attribute) or alt_name_problem(alt_name):
        return
    issued = authority().issue(approval(subject=(attribute,), alt_names=(alt_name,)), serial=1, now=NOW)
    assert issued.subject.rdns


@given(local=st.text("!#$%&'*+-/=?^_`{|}~.aZ09\"(),:;<>@[]", min_size=1, max_size=12))
def test_odd_addresses_never_make_the_builder_fail(local):
    """What is not an address is refused by the policy, and what is one can be issued."""
    alt_name = AltName(AltNameKind.RFC822, f"{local}@x.example")
    if alt_name_problem(alt_name) is None:
        assert authority().issue(approval(alt_names=(alt_name,)), serial=1, now=NOW)


@pytest.mark.bench
def test_issuing_costs_little_beside_the_signature():
    """The hot path adds at most 150 us to the signature (aim 50)."""
    issuer, asked = authority(), approval()
    issuer.issue(asked, serial=1, now=NOW)
    start = time.perf_counter()
    for serial in range(1, 2001):
        issuer.issue(asked, serial=serial, now=NOW)
    assert (time.perf_counter() - start) / 2000 < 200e-6
