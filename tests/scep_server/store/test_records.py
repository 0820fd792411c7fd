"""What makes two requests the same request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scep_records import a_request

from scep_server.messages import MessageType, TransactionID
from scep_server.store import subjects_under


def test_the_same_request_has_the_same_key():
    """A retransmission is recognised after a restart, so nothing random is in it."""
    assert a_request().digest() == a_request().digest()
    assert len(a_request().digest()) == 32


@pytest.mark.parametrize(
    "change",
    [
        {"group": "students"},
        {"issuer": "staff-ca-2"},
        {"message_type": MessageType.RENEWAL_REQ},
        {"transaction": TransactionID("A2")},
        {"signer": b"another"},
        {"csr": b"another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_counts(change):
    """Whatever differs, it is another request."""
    fields = dict(change)
    transaction = fields.pop("transaction", "A1")
    assert a_request(transaction, **fields).digest() != a_request().digest()


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_parts_do_not_run_together(group, issuer, other_group, other_issuer):
    """A group ab with an issuer c is not a group a with an issuer bc."""
    same = (
        a_request(group=group, issuer=issuer).digest()
        == a_request(group=other_group, issuer=other_issuer).digest()
    )
    assert same == ((group, issuer) == (other_group, other_issuer))


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("CN=ada,OU=staff,O=x", ["CN=ada,OU=staff,O=x", "CN=ada,OU=faculty,O=x"]),
        ("O=x,ou=Faculty+CN=ada", ["O=x,ou=Faculty+CN=ada", "O=x,OU=staff+CN=ada", "O=x,OU=faculty+CN=ada"]),
        ("OU=staff", ["OU=staff", "OU=faculty"]),
        ("CN=staff,OU=staffroom,O=staff", ["CN=staff,OU=staffroom,O=staff"]),
        ("CN=ada", ["CN=ada"]),
    ],
)
def test_subjects_under_every_name_of_a_group(subject, found):
    """The organizational unit alone follows the name, and only where it is the whole of it."""
    assert subjects_under(subject, ("staff", "faculty")) == tuple(found)
    assert subjects_under(subject, ("staff",)) == (subject,)
