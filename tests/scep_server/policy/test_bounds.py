"""What names may hold whatever a policy says."""

from __future__ import annotations

import pytest

from scep_server import oids
from scep_server.messages import AltName, AltNameKind, Attribute
from scep_server.policy.bounds import alt_name_problem, attribute_problem


@pytest.mark.parametrize(
    "hidden", [0x00, 0x1B, 0x85, 0x9B, 0xAD, 0x200B, 0x202E, 0x2028, 0x2066, 0xFEFF, 0xE0041]
)
def test_nobody_hides_in_a_name(hidden):
    """What is not seen, or turns text around, makes two names look alike and commands terminals."""
    name = f"Ada{chr(hidden)} Lovelace"
    assert "not seen" in attribute_problem(Attribute(oids.COMMON_NAME, name))
    assert alt_name_problem(AltName(AltNameKind.UPN, f"{name}@northwind.example")) is not None


@pytest.mark.parametrize(
    "name", ["Ada\u00a0Lovelace", "\u0646\u0627\u200c\u0645", "Zo\u00eb", "\u7530\u4e2d", "\U0001f600"]
)
def test_names_of_the_world_are_taken(name):
    """Blanks that do not break, joiners of Persian, and what no encoding of the West has."""
    assert attribute_problem(Attribute(oids.COMMON_NAME, name)) is None
    assert alt_name_problem(AltName(AltNameKind.UPN, f"{name}@northwind.example")) is None
