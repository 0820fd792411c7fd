"""What doctor asks for: names that are new in each run, and the right challenge beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.northwind import NORTHWIND

from onboard.doctor.tickets import Challenges, GroupTickets, Wish, WishTickets
from onboard.errors import OnboardError
from onboard.secret import Secret
from onboard.variables import matches_form


def wish_tickets(*challenges: str, run: str = "1f") -> WishTickets:
    wish = Wish.parse("CN={}@example.org,O=Example", ["upn:{}@example.org"])
    return WishTickets(wish=wish, challenges=Challenges([Secret(c) for c in challenges]), run=run)


def test_the_place_is_filled_everywhere():
    """Subject and alternative names carry the same new name."""
    ticket = wish_tickets("a")("apple")
    values = {a.value for rdn in ticket.subject for a in rdn}
    assert values == {"doctor-apple-1f@example.org", "Example"}
    assert ticket.alt_names[0].value == "doctor-apple-1f@example.org"


def test_runs_differ():
    """A server that allows each name once can be examined twice."""
    first, second = wish_tickets("a")("apple"), wish_tickets("a", run="2e")("apple")
    assert first.subject != second.subject


def test_one_challenge_serves_all():
    """A static challenge is given once on the command line."""
    tickets = wish_tickets("same")
    assert [tickets("a").challenge, tickets("b").challenge] == [Secret("same")] * 2


def test_several_challenges_are_spent_in_turn():
    """One-time challenges are not used twice; when they are spent there is no ticket."""
    tickets = wish_tickets("one", "two")
    assert [tickets("a").challenge, tickets("b").challenge, tickets("c")] == [
        Secret("one"),
        Secret("two"),
        None,
    ]


@pytest.mark.parametrize(("subject", "san"), [("no name", []), ("CN=x", ["email"]), ("CN=x", ["ip:1.2.3.4"])])
def test_what_cannot_be_asked_for_is_refused(subject, san):
    """The message comes with an example of what would be right."""
    with pytest.raises(OnboardError) as error:
        Wish.parse(subject, san)
    assert error.value.hint


@given(st.sampled_from(NORTHWIND.groups), st.text("abcdef0123456789", min_size=1, max_size=8))
def test_a_group_s_profile_is_met(group, run):
    """Every variable has a value of its form; subject and names are the profile's; values are bound."""
    bound = []

    def challenge(values):
        bound.append(values)
        return Secret("minted")

    tickets = GroupTickets(organization=NORTHWIND, group=group, values={}, challenge=challenge, run=run)
    ticket = tickets("apple")
    assert ticket == tickets("apple")
    assert [rdn[0].oid for rdn in ticket.subject] == [a.type.oid for a in group.profile.subject]
    assert all(matches_form(name, value) for name, value in bound[0].items())
    assert not any("$" in rdn[0].value for rdn in ticket.subject)


def test_a_value_of_the_command_line_wins():
    """`--set` decides where an invented value would not do."""
    tickets = GroupTickets(
        organization=NORTHWIND,
        group=NORTHWIND.group("staff"),
        values={"user.email": "eve@northwind.example"},
        challenge=lambda _: Secret("x"),
        run="1",
    )
    assert any(rdn[0].value == "eve@northwind.example" for rdn in tickets("apple").subject)
