"""One RA, one device, one request for the tests of the protocol layer."""

from __future__ import annotations

import pytest
from support import scep_requests as client
from support.scep_requests import rsa_key, self_signed
from support.scep_stages import (
    ra_pair,
)

from scep_server.pkimessage import Recipient


@pytest.fixture(scope="module")
def ra() -> Recipient:
    pair = ra_pair()
    return Recipient(certificate=pair.certificate, key=pair.key)


@pytest.fixture(scope="module")
def device() -> client.Pair:
    return self_signed(rsa_key("device"), subject="CN=SCEP Protocol Certificate")


@pytest.fixture(scope="module")
def issued() -> bytes:
    return self_signed(rsa_key("device"), subject="CN=issued", serial=99).der


@pytest.fixture(scope="module")
def csr_der() -> bytes:
    return client.csr(rsa_key("device"))
