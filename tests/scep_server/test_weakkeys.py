"""Weak RSA keys are recognised, sound ones are not."""

from __future__ import annotations

import math
import timeit

import pytest
from support.scep_requests import rsa_key

from scep_server.weakkeys import KnownWeak, fingerprint, read_known_weak, weak_key_reason


def numbers(name, bits=2048):
    return rsa_key(name, bits).private_numbers()


def is_prime(n):
    """Miller-Rabin to a few bases; enough to make keys for a test."""
    if any(n % p == 0 for p in (3, 5, 7, 11, 13, 17, 19, 23)):
        return False
    odd, twos = n - 1, 0
    while not odd & 1:
        odd, twos = odd >> 1, twos + 1
    for base in (2, 3, 5, 7):
        power = pow(base, odd, n)
        if power in (1, n - 1):
            continue
        if not any((power := power * power % n) == n - 1 for _ in range(twos - 1)):
            return False
    return True


def prime_from(start):
    start |= 1
    while not is_prime(start):
        start += 2
    return start


@pytest.mark.parametrize("bits", [2048, 3072])
def test_sound_key_passes(bits):
    """What a device makes today is taken."""
    private = numbers("device", bits)
    assert weak_key_reason(private.public_numbers.n, 65537) is None
    assert weak_key_reason(private.public_numbers.n, 3) is None


@pytest.mark.parametrize(("e", "words"), [(1, "exponent is 1"), (65536, "odd"), (0, "odd"), (2, "odd")])
def test_exponent_that_encrypts_nothing_is_refused(e, words):
    """With e=1 a signature is its own message; an even e has no private half."""
    assert words in weak_key_reason(numbers("device").public_numbers.n, e)


def test_small_modulus_is_refused_by_its_size():
    """1024 bits are refused unless a policy lowers the bar."""
    n = numbers("device", 1024).public_numbers.n
    assert "1024 bits" in weak_key_reason(n, 65537)
    assert weak_key_reason(n, 65537, minimum_bits=1024) is None


def test_small_factor_is_found():
    """A modulus that a small prime divides was not made by an RSA library, or was changed in memory."""
    p = numbers("device").p
    assert "small factor" in weak_key_reason(p * prime_from(2**1023 + 5) * 751, 65537)


def test_neighbouring_primes_are_found():
    """CVE-2022-26320: the second prime was the next one after the first."""
    p = prime_from(3 << 1022)
    q = prime_from(p + 2)
    assert "neighbours" in weak_key_reason(p * q, 65537)


def test_roca_key_is_found():
    """Primes of the form k·M + (65537^a mod M), the fingerprint of CVE-2017-15361."""
    primorial = math.prod(n for n in range(2, 702) if all(n % d for d in range(2, math.isqrt(n) + 1)))
    found = []
    for exponent in (1_000_003, 2_000_029):
        residue = pow(65537, exponent, primorial)
        k = (3 << 1022) // primorial + exponent
        while not is_prime(k * primorial + residue):
            k += 1
        found.append(k * primorial + residue)
    assert "ROCA" in weak_key_reason(found[0] * found[1], 65537)


def test_known_weak_keys_and_their_relatives_are_found():
    """A listed modulus is refused, and so is one that shares a prime with it."""
    first, second, third = (numbers(name) for name in ("device", "another", "third"))
    listed = first.public_numbers.n
    relative = first.p * second.q
    known = KnownWeak.of([listed])
    assert "on the list" in weak_key_reason(listed, 65537, known=known)
    assert "shares a prime" in weak_key_reason(relative, 65537, known=known, minimum_bits=2000)
    assert weak_key_reason(third.public_numbers.n, 65537, known=known) is None


def test_list_of_fingerprints_alone_is_enough():
    """Debian's weak keys of 2008 are published as digests."""
    n = numbers("device").public_numbers.n
    assert "on the list" in weak_key_reason(n, 65537, known=KnownWeak(frozenset({fingerprint(n)})))


def test_cheap_enough_for_every_request():
    """The check is a small part of an enrolment; the bound is loose because machines differ."""
    n = numbers("device").public_numbers.n
    weak_key_reason(n, 65537)
    assert min(timeit.repeat(lambda: weak_key_reason(n, 65537), number=100, repeat=5)) / 100 < 0.001


def test_a_list_of_weak_keys_is_read():
    """Moduli and primes in hexadecimal as tools write them, fingerprints, remarks and empty lines."""
    weak, prime = rsa_key("weak").public_key().public_numbers().n, rsa_key("weak").private_numbers().p
    octets = ":".join(f"{octet:02x}" for octet in weak.to_bytes(256, "big"))
    text = f"# Debian, 2008\nModulus={weak:X}\n\n{octets}  # again\nsha256:{'ab' * 32}\n{prime:x}\n"
    known = read_known_weak(text)
    assert known.fingerprints >= {fingerprint(weak), bytes.fromhex("ab" * 32)}
    assert weak_key_reason(weak, 65_537, known=known) == "the RSA key is on the list of known weak keys"
    relative = prime * rsa_key("other").private_numbers().q
    assert (
        weak_key_reason(relative, 65_537, known=known) == "the RSA key shares a prime with a known weak key"
    )
    assert weak_key_reason(rsa_key("sound").public_key().public_numbers().n, 65_537, known=known) is None


@pytest.mark.parametrize("line", ["xyz", "03", "sha256:ab", "sha256:", "ffffffffffffffff0"])
def test_a_line_that_is_no_key_is_named(line):
    """A small number would refuse the keys of half the world."""
    with pytest.raises(ValueError, match="line 2: write a modulus"):
        read_known_weak(f"# list\n{line}\n")
