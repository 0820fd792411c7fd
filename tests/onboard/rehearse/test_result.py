"""A row tells which network of org.yaml it is about, however it was found."""

from __future__ import annotations

import pytest

from onboard.rehearse.result import Result
from onboard.variables import Holder


@pytest.mark.parametrize(
    "name", ["campus", "campus@berlin", "campus (Passpoint)", "campus (Passpoint partner)"]
)
@pytest.mark.parametrize("holder", [None, Holder.USER])
def test_the_network_is_named_in_front(name, holder):
    """Site, way and holder stand behind it."""
    row = Result(group="staff", platform="apple", network="", holder=holder).on(name)
    assert row.network.startswith(name)
    assert row.network_key == "campus"
