"""One certification request, from bytes to `messages.Csr`, with proof of possession."""

from __future__ import annotations

import contextlib
from typing import Final, NamedTuple

from scep_server import ber, publickeys
from scep_server.algorithms import SIGNATURE_DIGESTS, DigestAlgorithm
from scep_server.ber import tags
from scep_server.csr import attributes, names
from scep_server.csr.decoy import DECOY
from scep_server.errors import UnprovenSenderError
from scep_server.messages import Csr
from scep_server.publickeys import PublicKey, PublicKeyError

_RAISING: Final = 10  # elements that could be read in the time that raising and catching an error takes

# A request is a few hundred octets; 64 KiB leaves room for anything that a device could mean.
_LIMITS: Final = ber.Limits(size=65_536, depth=16, elements=1_024)


class _Claim(NamedTuple):
    """A request that was read, and what is needed to find out whether its sender holds the key."""

    csr: Csr
    key: PublicKey
    digest: DigestAlgorithm
    signature: bytes
    info: bytes


def read(der: bytes, known: tuple[bytes, PublicKey] | None = None) -> Csr:
    """Read a CSR and verify its self-signature.

    RSA and EC keys, any version number (macOS has sent others than 0), BER; see RFC 2986 §4.
    Every failure costs what a false signature by an RSA-2048 key costs, so that time tells nobody whether the
    bytes were a CSR at all: they are what an attacker's forged envelope decrypted to.

    Args:
        der: the CSR.
        known: SubjectPublicKeyInfo and key of the message's signer, which are the CSR's as a rule. It saves
            work only for a CSR with the very key that its sender has proved to hold: no forger gains by it.

    Raises:
        UnprovenSenderError: whatever is wrong; the cause is in `reason` only.
    """
    reader = ber.read(der if len(der) <= _LIMITS.size else b"", _LIMITS)
    try:
        claim = _parse(der, reader, known)
    except (ber.BerError, PublicKeyError) as error:
        _spend_the_rest(reader.spent)
        raise UnprovenSenderError(f"the certification request cannot be read: {error}") from error
    if not _is_proven(claim):
        raise UnprovenSenderError("the certification request is not signed by the key that it asks for")
    return claim.csr


def _spend_the_rest(spent: int) -> None:
    """Do for the decoy what a failed reading left undone."""
    rest = ber.Limits(elements=max(0, _DECOY_ELEMENTS - _RAISING - spent))
    with contextlib.suppress(ber.BerError):
        _parse(DECOY, ber.read(DECOY, rest))
    _is_proven(_DECOY_CLAIM)


def _is_proven(claim: _Claim) -> bool:
    """Whether the signature fits the bytes as sent or, for BER, the DER that its sender may have signed."""
    if claim.key.verifies(claim.signature, claim.info, claim.digest):
        return True
    with contextlib.suppress(ber.BerError):
        canonical = ber.to_der(claim.info)
        return canonical != claim.info and claim.key.verifies(claim.signature, canonical, claim.digest)
    return False


def _parse(der: bytes, outer: ber.Reader, known: tuple[bytes, PublicKey] | None = None) -> _Claim:
    request = outer.enter()
    outer.finish()
    raw_info, info = request.raw_and_enter()
    digest = SIGNATURE_DIGESTS.get(request.enter().oid())
    if digest is None:
        raise ber.BerError("the signature algorithm is unknown")
    if digest is DigestAlgorithm.MD5:
        raise ber.BerError("the request is signed with MD5")
    signature = request.bits()
    request.finish()
    csr, key = _info(der, info, known)
    return _Claim(csr, key, digest, signature, raw_info)


def _info(der: bytes, info: ber.Reader, known: tuple[bytes, PublicKey] | None) -> tuple[Csr, PublicKey]:
    info.integer()  # version: not judged
    subject = names.name(info)
    _, key = publickeys.load_next(info, known)
    wishes = attributes.Wishes()
    if info.more:  # absent instead of empty: seen, and harmless
        wishes = attributes.read(info.enter(tags.CONTEXT_CONSTRUCTED))
    info.finish()
    csr = Csr(
        der=der,
        subject=subject,
        alt_names=tuple(wishes.alt_names),
        spki=key.der(),
        key_bits=key.modulus.bit_length(),
        challenge=wishes.challenge,
        ignored_extensions=tuple(wishes.ignored_extensions),
        modulus=key.modulus,
        exponent=key.exponent,
    )
    return csr, key


_DECOY_READER: Final = ber.read(DECOY)
_DECOY_CLAIM: Final = _parse(DECOY, _DECOY_READER)
_DECOY_ELEMENTS: Final = _DECOY_READER.spent
