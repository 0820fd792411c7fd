"""Names as OpenSSL spells and hashes them."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import certificates

from onboard.radius.openssl_names import escaped, name_hash, one_line


def name(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def test_one_line_in_the_order_of_the_certificate():
    """`/CN=…/O=…`, in the certificate's own order."""
    parsed = certificates()["staff"].parsed.subject
    assert one_line(parsed).startswith("/CN=Northwind Staff Issuing CA")


def test_other_octets_are_escaped():
    """OpenSSL prints octets outside of ASCII in hexadecimal."""
    assert one_line(name((NameOID.COMMON_NAME, "Zoë"))) == r"/CN=Zo\xC3\xAB"
    assert one_line(name((NameOID.PSEUDONYM, "x"))) == "/2.5.4.65=x"


@pytest.mark.parametrize(
    ("pairs", "digits"),
    [
        # openssl x509 -subject_hash of self-signed certificates with these subjects
        ([(NameOID.COMMON_NAME, "Root")], "dcaaf7f0"),
        ([(NameOID.COUNTRY_NAME, "GB"), (NameOID.ORGANIZATION_NAME, "A  B")], "d719ba2e"),
        ([(NameOID.COMMON_NAME, "Zoë"), (NameOID.DOMAIN_COMPONENT, "example")], "493d4e18"),
    ],
)
def test_hash_is_openssls(pairs, digits):
    """The file name under which OpenSSL looks an authority up."""
    assert name_hash(name(*pairs)) == digits


def test_hash_forgets_case_and_blanks():
    """`Northwind  CA ` and `northwind ca` are one name to OpenSSL."""
    first, second = name((NameOID.COMMON_NAME, "Northwind  CA ")), name((NameOID.COMMON_NAME, "northwind ca"))
    assert name_hash(first) == name_hash(second)


@given(st.text(min_size=1))
def test_escaped_is_printable_ascii(value):
    """Whatever a name holds, its spelling fits a configuration file."""
    assert escaped(value).isascii()
    assert escaped(value).isprintable()
