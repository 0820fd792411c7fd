"""What makes two requests the same request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scep_records import a_request

from scep_server.messages import MessageType, TransactionID


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
