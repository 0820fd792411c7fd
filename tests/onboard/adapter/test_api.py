"""Calls to Google: which failures are waited out, and what becomes of the others."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from onboard.adapter.api import ChromeApi
from onboard.adapter.errors import (
    ConflictError,
    DeniedError,
    GoneError,
    RejectedError,
    UnreachableError,
    UnreadableError,
)


class Tokens:
    """Tokens by number."""

    def __init__(self) -> None:
        self.number = 0

    async def token(self) -> str:
        return f"token-{self.number}"

    def forget(self) -> None:
        self.number += 1


class Line:
    """A line to Google on which answers are said in advance; `waits` are the pauses between attempts."""

    def __init__(self, *answers) -> None:
        self.answers, self.seen, self.waits = list(answers), [], []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)

    def get(self) -> object:
        async def story() -> object:
            async with httpx.AsyncClient(transport=httpx.MockTransport(self.answer)) as client:
                api = ChromeApi(client=client, tokens=Tokens(), pause=self.pause, jitter=lambda: 0.5)
                return await api.get("customers/C1/certificateProvisioningProcesses/p")

        return asyncio.run(story())


def refusal(status: int, code: str = "", **headers: str) -> httpx.Response:
    body = {"error": {"code": status, "status": code, "message": "because"}}
    return httpx.Response(status, json=body, headers=headers)


GOOD = httpx.Response(200, json={"name": "n"})


def test_where_and_how() -> None:
    """A call goes to Google's own host over https, with the token in its header and nowhere else."""
    line = Line(GOOD)
    assert line.get() == {"name": "n"}
    (request,) = line.seen
    base = "https://chromemanagement.googleapis.com/v1/"
    assert str(request.url) == f"{base}customers/C1/certificateProvisioningProcesses/p"
    assert request.headers["Authorization"] == "Bearer token-0"


def test_waits_grow() -> None:
    """Each further attempt waits twice as long, and a wait that Google names is kept."""
    line = Line(refusal(503), httpx.ConnectError("down"), refusal(429, **{"Retry-After": "17"}), GOOD)
    line.get()
    assert line.waits == [1.0, 2.0, 17.0]


def test_waits_are_bounded() -> None:
    """Nobody can make the adapter wait for a day inside one call."""
    line = Line(refusal(429, **{"Retry-After": "86400"}), GOOD)
    line.get()
    assert line.waits == [60.0]


def test_attempts_are_bounded() -> None:
    """After six attempts the call is given up for now."""
    line = Line(*[refusal(500)] * 6)
    with pytest.raises(UnreachableError, match="500"):
        line.get()
    assert len(line.seen) == 6


def test_a_token_is_replaced_once() -> None:
    """A refused token is replaced; if the new one is refused as well, the account lacks something."""
    line = Line(refusal(401), GOOD)
    line.get()
    assert [request.headers["Authorization"] for request in line.seen] == ["Bearer token-0", "Bearer token-1"]
    with pytest.raises(DeniedError):
        Line(refusal(401), refusal(401)).get()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(403, "PERMISSION_DENIED"), DeniedError),
        (refusal(404, "NOT_FOUND"), GoneError),
        (refusal(409, "ABORTED"), ConflictError),
        (refusal(409, ""), ConflictError),
        (refusal(412, ""), ConflictError),
        (refusal(400, "FAILED_PRECONDITION"), ConflictError),
        (refusal(400, "INVALID_ARGUMENT"), RejectedError),
        (httpx.Response(400, content=b"<html>"), RejectedError),
        (httpx.Response(400, json=["odd"]), RejectedError),
        (httpx.Response(400, json={"error": "odd"}), RejectedError),
        (httpx.Response(302, headers={"Location": "http://elsewhere.example/"}), RejectedError),
        (httpx.Response(200, content=b"<html>"), UnreadableError),
    ],
)
def test_other_answers(answer, error) -> None:
    """Each kind of answer is one kind of error, at once; a redirect is never followed with the token."""
    line = Line(answer)
    with pytest.raises(error):
        line.get()
    assert len(line.seen) == 1
