"""One request of Ada's, granted or refused under each kind of challenge."""

from __future__ import annotations

import pytest
from support.issuance import CN, OU, USER, O, csr

from scep_server.errors import RequestRejectedError
from scep_server.messages import FailInfo
from scep_server.policy import Grant, authorize

STATIC = Grant(challenge_id="static", asserted=True)
UNBOUND = Grant(challenge_id="c1", asserted=False)
EMAIL = "ada@northwind.example"


def bound(**values: str) -> Grant:
    """A minted challenge that recorded values; `user_email` stands for `user.email`."""
    return Grant(challenge_id="c2", asserted=False, bound={k.replace("_", "."): v for k, v in values.items()})


def refused(request, rules=USER, grant=STATIC) -> RequestRejectedError:
    """The refusal of a request that must be refused."""
    with pytest.raises(RequestRejectedError) as caught:
        authorize(request, rules, grant)
    assert caught.value.fail_info is FailInfo.BAD_REQUEST
    return caught.value


def ada(**changes) -> object:
    """Ada's request as the payload makes it."""
    return csr(
        subject=((CN, EMAIL), (OU, "staff"), (O, "Northwind University")),
        alt_names=(("rfc822", EMAIL), ("upn", EMAIL)),
        **changes,
    )
