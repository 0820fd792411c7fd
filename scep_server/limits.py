"""Limits that act before any RSA operation: request rates by address, issued certificates by group.

Time enters as seconds of a monotonic clock. Memory is bounded whatever is sent.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

IPV6_SITE = 64  # one subscriber commands at least a /64, so it counts as one address

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_RATE = re.compile(r"(\d+(?:\.\d+)?)/([smhd])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many a second, in bursts of at most `burst`."""

    per_second: float
    burst: float

    def share(self, workers: int) -> Rate:
        """What one of `workers` processes grants, so that together they grant the whole.

        A burst never shrinks below one request, or a rate of 1/s over four workers would let nobody in.
        """
        return replace(self, per_second=self.per_second / workers, burst=max(1.0, self.burst / workers))


def parse_rate(text: str) -> Rate | None:
    """Read `20/s`, `100/m`, `5/h`, `1000/d`, or `none`; the burst is ten seconds' worth or one unit's number.

    Raises:
        ValueError: the text is none of these, or zero.
    """
    if text == "none":
        return None
    found = _RATE.fullmatch(text)
    if found is None or float(found[1]) <= 0:
        msg = f"{text!r} is not a rate; write such as 20/s, 100/m or none"
        raise ValueError(msg)
    number = float(found[1])
    per_second = number / _UNITS[found[2]]
    return Rate(per_second=per_second, burst=max(number, 10 * per_second, 1.0))


class TokenBuckets:
    """One token bucket for each key; the key used longest ago is forgotten beyond `capacity`.

    A forgotten key starts again with a full bucket: an attacker with more addresses than `capacity`
    gains nothing that the addresses did not already give him.
    """

    def __init__(self, rate: Rate, *, capacity: int = 65_536) -> None:
        self._rate = rate
        self._capacity = capacity
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, now: float) -> bool:
        """Take one token; False when there is none."""
        tokens = self._level(key, now)
        allowed = tokens >= 1.0
        self._put(key, tokens - 1.0 if allowed else tokens, now)
        return allowed

    def has(self, key: str, now: float) -> bool:
        """Whether `take` would succeed now."""
        return self._level(key, now) >= 1.0

    def spend(self, key: str, now: float) -> None:
        """Take one token for what has already happened, into debt if there is none."""
        self._put(key, max(self._level(key, now) - 1.0, -self._rate.burst), now)

    def wait(self, key: str, now: float) -> float:
        """Seconds until `key` has a token."""
        return max(0.0, (1.0 - self._level(key, now)) / self._rate.per_second)

    def _level(self, key: str, now: float) -> float:
        tokens, since = self._buckets.get(key, (self._rate.burst, now))
        return min(self._rate.burst, tokens + max(0.0, now - since) * self._rate.per_second)

    def _put(self, key: str, tokens: float, now: float) -> None:
        self._buckets[key] = (tokens, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)


def bucket_key(address: str) -> str:
    """What shares one bucket: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_SITE), strict=False))
    return str(parsed)


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str:
    """Whose request it is: the peer, or the last address before our own proxies.

    Args:
        peer: address of the TCP connection.
        forwarded_for: X-Forwarded-For, each header's text in order of appearance.
        trusted: the proxies; what anybody else writes into the header is not believed.

    The header is read from its end, because only its end was written by a trusted proxy. An entry
    that is no address ends the walk: what stands before it cannot be attributed.
    """
    hops = [hop.strip() for header in forwarded_for for hop in header.split(",")]
    current = peer
    while hops and _is_trusted(current, trusted):
        candidate = _plain_address(hops.pop())
        if candidate is None:
            break
        current = candidate
    return current


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    plain = _plain_address(address)
    return plain is not None and any(ipaddress.ip_address(plain) in network for network in trusted)


def _plain_address(text: str) -> str | None:
    """The address in `1.2.3.4`, `1.2.3.4:80`, `[::1]:80` or `::1`; None where there is none.

    The zone of a link-local address is left out: it names an interface of the sender, and may hold anything.
    """
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
