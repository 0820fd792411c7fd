"""The one table of object identifiers."""

from __future__ import annotations

from asn1crypto import core

from scep_server import ber, oids

NAMES = {name: value for name, value in vars(oids).items() if name.isupper()}


def test_every_identifier_is_encodable_and_named_once():
    """Each OID is DER in another library's eyes too, and no two names share one."""
    for dotted in NAMES.values():
        encoded = ber.object_identifier(dotted)
        assert encoded == core.ObjectIdentifier(dotted).dump()
        assert ber.read(encoded).oid() == dotted
    assert len(set(NAMES.values())) == len(NAMES)


def test_scep_arc():
    """RFC 8894 §3.2.1: the attributes are numbered 2 to 7 under VeriSign's arc."""
    arc = (
        oids.MESSAGE_TYPE,
        oids.PKI_STATUS,
        oids.FAIL_INFO,
        oids.SENDER_NONCE,
        oids.RECIPIENT_NONCE,
        oids.TRANSACTION_ID,
    )
    assert arc == tuple(f"2.16.840.1.113733.1.9.{number}" for number in range(2, 8))
