"""Tells the log of requests that no SCEP reply could go to; a wrong group in a URL is the commonest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scep_server.http.exchange import Response
from scep_server.limits import Rate, TokenBuckets, bucket_key

_SHOWN = 120  # characters of a path; it is a stranger's
_RATE = Rate(per_second=0.1, burst=5.0)  # lines of one address; whoever scans must not fill the disk
_FOR_ALL = Rate(per_second=1.0, burst=300.0)  # nor those who scan together
_REMEDIES: Mapping[int, str] = {
    404: "compare the URL in the payload with the groups of the org definition",
    400: "a client that speaks SCEP (RFC 8894) asks otherwise; see what else calls this URL",
    405: "SCEP is GET and POST; see what else calls this URL",
    413: "no SCEP message is this large; see what else calls this URL",
}


def _nobody(line: Mapping[str, object]) -> None:
    del line


@dataclass(slots=True)
class Unanswered:
    """Counts and tells.

    Attributes:
        tell: gets one mapping for each line of the log.
    """

    tell: Callable[[Mapping[str, object]], None] = _nobody
    _budget: TokenBuckets = field(default_factory=lambda: TokenBuckets(_RATE, capacity=4_096))
    _all: TokenBuckets = field(default_factory=lambda: TokenBuckets(_FOR_ALL, capacity=1))

    def note(self, path: str, response: Response, address: str, now: float) -> None:
        """Tell of a response that is an HTTP error.

        Args:
            path: of the request, without its query: that may hold anything.
            response: what it got.
            address: whence it came.
            now: seconds of a monotonic clock.
        """
        if response.status in _REMEDIES and self._takes(bucket_key(address), now):
            self.tell(
                {
                    "kind": "unanswered",
                    "address": address,
                    "path": path[:_SHOWN],
                    "status": response.status,
                    "reason": response.body.decode("ascii", "replace"),
                    "remedy": _REMEDIES[response.status],
                }
            )

    def _takes(self, source: str, now: float) -> bool:
        return self._budget.take(source, now) and self._all.take("", now)
