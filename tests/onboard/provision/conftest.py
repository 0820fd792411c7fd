"""What every test of the PKI begins with: the example org after `ca init`."""

from __future__ import annotations

import pytest
from support.sites import provisioned

from onboard.provision import Site


@pytest.fixture(name="site")
def _site(tmp_path) -> Site:
    return provisioned(tmp_path)
