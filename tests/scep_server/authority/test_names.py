"""Names as text: what records and logs show is what a reader of the certificate sees."""

from __future__ import annotations

from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from scep_server import oids
from scep_server.authority import names
from scep_server.messages import Attribute

_TYPES = (
    oids.COMMON_NAME,
    oids.LOCALITY,
    oids.STATE_OR_PROVINCE,
    oids.ORGANIZATION,
    oids.ORGANIZATIONAL_UNIT,
    oids.STREET_ADDRESS,
    oids.DOMAIN_COMPONENT,
    oids.USER_ID,
    oids.SERIAL_NUMBER,
    oids.GIVEN_NAME,
)
_VALUES = st.one_of(
    st.text(st.sampled_from('aB1 #+,;<>="\\\0ü'), min_size=1, max_size=12),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=16),
)


@given(st.lists(st.tuples(st.sampled_from(_TYPES), _VALUES), max_size=4))
def test_the_text_of_a_name_is_that_of_its_certificate(pairs):
    """Whatever a value holds, the text is the one that RFC 4514 gives to these attributes."""
    expected = x509.Name([x509.NameAttribute(x509.ObjectIdentifier(oid), value) for oid, value in pairs])
    assert names.rfc4514([Attribute(oid, value) for oid, value in pairs]) == expected.rfc4514_string()
