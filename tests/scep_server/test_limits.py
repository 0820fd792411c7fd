"""Limits: rates as the contract writes them, buckets that hold, addresses that cannot be forged."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scep_server.limits import Rate, TokenBuckets, bucket_key, client_address, parse_rate


@pytest.mark.parametrize(
    ("text", "per_second", "burst"),
    [("20/s", 20, 200), ("120/m", 2, 120), ("3600/h", 1, 3600), ("1/h", 1 / 3600, 1), ("0.5/s", 0.5, 5)],
)
def test_rates_are_read(text, per_second, burst):
    """Number per second, minute, hour or day; the burst lets a morning begin."""
    assert parse_rate(text) == Rate(per_second=per_second, burst=burst)


def test_none_is_no_limit():
    """The word of the contract."""
    assert parse_rate("none") is None


@pytest.mark.parametrize("text", ["", "20", "20/", "/s", "0/s", "-1/s", "20/week", "20 /s", "1e3/s", "∞/s"])
def test_what_is_no_rate_is_refused(text):
    """The error shows what was written and what would be right."""
    with pytest.raises(ValueError, match="20/s"):
        parse_rate(text)


RATES = st.builds(
    Rate, per_second=st.floats(0.01, 100), burst=st.floats(1, 200).map(lambda burst: float(int(burst)))
)


@given(RATES, st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_a_bucket_never_grants_more_than_its_rate(rate, pauses):
    """In any time, whatever the arrivals: at most the burst and the rate times the time."""
    buckets = TokenBuckets(rate)
    now, granted = 1000.0, 0
    for pause in pauses:
        now += pause
        granted += buckets.take("a", now)
    assert granted <= rate.burst + rate.per_second * (now - 1000.0) + 1e-6


@given(RATES)
def test_whoever_waits_as_told_is_let_in(rate):
    """`wait` is long enough, and `has` agrees with `take`."""
    buckets = TokenBuckets(rate)
    now = 0.0
    while buckets.has("a", now):
        assert buckets.take("a", now)
    assert not buckets.take("a", now)
    now += buckets.wait("a", now) + 1e-6
    assert buckets.has("a", now)
    assert buckets.take("a", now)


def test_keys_do_not_share_a_bucket():
    """One noisy address leaves the others alone."""
    buckets = TokenBuckets(Rate(per_second=1, burst=1))
    assert buckets.take("a", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("b", 0)


def test_memory_is_bounded_whatever_comes():
    """A million addresses leave no more than the capacity behind."""
    buckets = TokenBuckets(Rate(per_second=1, burst=1), capacity=100)
    for number in range(5000):
        buckets.take(str(number), 0)
    assert len(buckets) == 100
    assert not buckets.take("4999", 0)


def test_a_clock_that_stands_still_or_goes_back_grants_nothing():
    """Monotonic clocks do not go back; if one does, nobody gains."""
    buckets = TokenBuckets(Rate(per_second=1, burst=1))
    assert buckets.take("a", 100)
    assert not buckets.take("a", 50)


def test_what_has_happened_is_counted_into_debt():
    """`spend` never fails, and its debt is bounded by the burst."""
    buckets = TokenBuckets(Rate(per_second=1, burst=2))
    for _ in range(50):
        buckets.spend("a", 0)
    assert not buckets.has("a", 2.9)
    assert buckets.has("a", 3.1)


@pytest.mark.parametrize("workers", [1, 2, 4, 64])
def test_workers_share_a_rate(workers):
    """Together they grant the whole, and each lets at least one request through."""
    share = Rate(per_second=20, burst=200).share(workers)
    assert share.per_second * workers == pytest.approx(20)
    assert share.burst >= 1


def test_an_ipv6_site_counts_as_one_address():
    """A /64 is one subscriber; an IPv4 address in IPv6 clothes is the IPv4 address."""
    assert bucket_key("2001:db8:1:2::1") == bucket_key("2001:db8:1:2:ffff::9")
    assert bucket_key("2001:db8:1:2::1") != bucket_key("2001:db8:1:3::1")
    assert bucket_key("::ffff:192.0.2.1") == bucket_key("192.0.2.1") == "192.0.2.1"
    assert bucket_key("") == ""


PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),  # not a proxy of ours: not believed
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),  # the first was forged
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("::1", ["[2001:db8::5]:443"], "2001:db8::5"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("", ["198.51.100.7"], ""),
        ("10.0.0.1", ["fe80::1%anything\n"], "fe80::1"),
    ],
)
def test_the_client_is_the_last_address_before_our_proxies(peer, forwarded, expected):
    """Only what a trusted proxy wrote is believed, read from the end."""
    assert client_address(peer, forwarded, PROXIES) == expected


@given(st.lists(st.text(max_size=30), max_size=4))
def test_no_header_breaks_the_address(forwarded):
    """Whatever stands in the header, there is an answer."""
    assert client_address("10.0.0.1", forwarded, PROXIES)
