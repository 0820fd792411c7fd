"""RSA keys that prove nothing because anybody can find the private half.

All tests together cost some 15 microseconds on a sound key of 2048 bits, so each request can afford them.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MIN_MODULUS_BITS: Final = 2_048
MIN_EXPONENT: Final = 3  # FIPS 186-5 wants more than 2^16; old gear has 3, which is no weakness by itself
_FERMAT_ROUNDS: Final = 12  # CVE-2022-26320: printers whose two primes were neighbours fall in the first ones

# Moduli of the ROCA library (CVE-2017-15361) are powers of 65537 modulo each of these primes; one in 2^28
# sound moduli is (Nemec et al., "The Return of Coppersmith's Attack", 2017, §3).
_ROCA_PRIMES: Final = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


@dataclass(frozen=True, slots=True)
class KnownWeak:
    """Keys known to be bad: a list of an administrator, Debian's of 2008, or batch-GCD findings.

    Attributes:
        fingerprints: SHA-256 of the modulus as big-endian octets.
        product: of moduli or primes whose factors are known; shared factors show by a common divisor.
    """

    fingerprints: frozenset[bytes] = frozenset()
    product: int = 1

    @staticmethod
    def of(moduli: Iterable[int]) -> KnownWeak:
        """From moduli or single primes; keep it to some thousands, as each test divides by all of them."""
        known = tuple(moduli)
        return KnownWeak(frozenset(map(fingerprint, known)), math.prod(known))


NOTHING_KNOWN: Final = KnownWeak()


def read_known_weak(text: str) -> KnownWeak:
    """A list of weak keys, one a line: a modulus or a prime in hexadecimal, or `sha256:` and a fingerprint.

    Colons and blanks between octets do not matter, as `openssl rsa -modulus` and other tools write them; what
    follows a `#` is a remark.

    Raises:
        ValueError: a line is neither; the text says which.
    """
    moduli: list[int] = []
    fingerprints: set[bytes] = set()
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip().removeprefix("Modulus=")
        kind, _, digest = entry.partition(":")
        try:
            if kind == "sha256":
                fingerprints.add(_digest(digest))
            elif entry:
                moduli.append(_modulus(entry))
        except ValueError as error:
            msg = f"line {number}: write a modulus in hexadecimal, or sha256: and 64 hexadecimal digits"
            raise ValueError(msg) from error
    known = KnownWeak.of(moduli)
    return KnownWeak(known.fingerprints | fingerprints, known.product)


def _digest(text: str) -> bytes:
    digest = bytes.fromhex(text)
    if len(digest) != hashlib.sha256().digest_size:
        raise ValueError(text)
    return digest


def _modulus(text: str) -> int:
    modulus = int.from_bytes(bytes.fromhex(text.replace(":", " ")), "big")
    if modulus < 1 << 64:  # a small factor that many sound keys would share
        raise ValueError(text)
    return modulus


def fingerprint(n: int) -> bytes:
    """How `KnownWeak` calls a modulus."""
    return hashlib.sha256(n.to_bytes((n.bit_length() + 7) // 8, "big")).digest()


def weak_key_reason(
    n: int, e: int, *, minimum_bits: int = MIN_MODULUS_BITS, known: KnownWeak = NOTHING_KNOWN
) -> str | None:
    """Why the public key (n, e) must not be certified; None if nothing is known against it.

    The text is for the device and the log; it holds nothing that the key does not show.
    """
    if n.bit_length() < minimum_bits:
        return f"the RSA key has {n.bit_length()} bits; at least {minimum_bits} are required"
    if e < MIN_EXPONENT or not e & 1:
        return f"the RSA public exponent is {e}; an odd number of at least {MIN_EXPONENT} is required"
    return _factors(n) or _known(n, known)


def _factors(n: int) -> str | None:
    product = _small_primes()
    if math.gcd(n % product, product) != 1:
        return "the RSA modulus has a small factor"
    if _is_roca(n):
        return "the RSA key was made by a library whose keys can be factored (ROCA, CVE-2017-15361)"
    if _is_near_square(n):
        return "the two primes of the RSA key are neighbours (CVE-2022-26320)"
    return None


def _known(n: int, known: KnownWeak) -> str | None:
    if known.fingerprints and fingerprint(n) in known.fingerprints:
        return "the RSA key is on the list of known weak keys"
    if known.product != 1 and math.gcd(n, known.product) != 1:
        return "the RSA key shares a prime with a known weak key"
    return None


@functools.cache
def _small_primes() -> int:
    """The product of all primes up to 751, as far as Mozilla's CA checks look."""
    return math.prod(
        number
        for number in range(2, 752)
        if all(number % divisor for divisor in range(2, math.isqrt(number) + 1))
    )


@functools.cache
def _roca_residues() -> tuple[int, tuple[tuple[int, int], ...]]:
    """The product of the primes, and for each a bit set of the residues that 65537 generates."""
    residues = []
    for prime in _ROCA_PRIMES:
        found, power = 0, 1
        while not found >> power & 1:
            found |= 1 << power
            power = power * 65_537 % prime
        residues.append((prime, found))
    return math.prod(_ROCA_PRIMES), tuple(residues)


def _is_roca(n: int) -> bool:
    product, residues = _roca_residues()
    reduced = n % product
    return all(found >> reduced % prime & 1 for prime, found in residues)


def _is_near_square(n: int) -> bool:
    """Fermat's method, a few rounds: n = a² - b² with a just above the root of n."""
    root = math.isqrt(n)
    candidate = root if root * root == n else root + 1
    # One number in 64 passes for a square by both residues, so nearly all rounds need no long numbers.
    rest, step = (candidate * candidate - n) % _SMALL, candidate % _SMALL
    for number in range(_FERMAT_ROUNDS):
        if _SQUARES_MOD_64[rest & 63] and _SQUARES_MOD_3465[rest % 3465]:
            whole = (candidate + number) ** 2 - n
            if math.isqrt(whole) ** 2 == whole:
                return True
        rest += 2 * step + 1
        step += 1
    return False


def _squares(modulus: int) -> bytes:
    """For each residue whether squares leave it."""
    residues = {number * number % modulus for number in range(modulus)}
    return bytes(residue in residues for residue in range(modulus))


_SQUARES_MOD_64: Final = _squares(64)
_SQUARES_MOD_3465: Final = _squares(3_465)
_SMALL: Final = 64 * 3_465
