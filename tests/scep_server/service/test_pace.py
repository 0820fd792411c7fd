"""Requests in flight go side by side, so that the program's code stays where the processor finds it."""

from __future__ import annotations

import asyncio

from support.scep_desk import Desk, Directly

NAMES = ("ada", "bob", "eve", "kim")


def test_requests_in_flight_take_each_stage_together():
    """All of them are recorded before the first is answered, though nothing here waits for a disk."""
    order = []

    class Noting(Directly):
        async def record(self, entry):
            order.append("recorded")
            return await super().record(entry)

    desk = Desk()
    desk = Desk(store=desk.store, now=desk.now, recorder=Noting(desk.store, lambda: desk.now))
    emails = [f"{name}@northwind.example" for name in NAMES]
    messages = []
    for number, email in enumerate(emails):
        challenge = desk.mint(number, user_email=email)
        messages.append(desk.request(challenge=challenge, email=email, key_name=email)[0])

    async def client(message):
        await desk.service.handle(desk.endpoint, message, "192.0.2.1")
        order.append("answered")

    async def clients():
        await asyncio.gather(*map(client, messages))

    asyncio.run(clients())
    assert order == ["recorded"] * len(NAMES) + ["answered"] * len(NAMES)
    assert {record.subject.partition(",CN=")[2] for record in desk.store.certificates()} == set(emails)
