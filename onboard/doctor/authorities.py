"""Judges GetCACert: media type, order, key usages, keys, validity, and the fingerprint that artifacts pin."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.devices.scep.ca_certificates import ONE_CERTIFICATE, SEVERAL_CERTIFICATES, Fingerprint
from onboard.devices.scep.request_shape import RaRule
from onboard.doctor.finding import EVERY_CLIENT, Check, Finding, Outcome
from onboard.doctor.line import plain
from onboard.doctor.visit import Seen

_SOON = timedelta(days=30)


def judge_answer(seen: Seen) -> Iterator[Finding]:
    """Whether one client can read what GetCACert sent."""
    answer, name = seen.ca, seen.client.name
    wanted = ONE_CERTIFICATE if len(seen.certificates) == 1 else SEVERAL_CERTIFICATES
    sent = answer.content_type if seen.shape.exact_content_type else answer.media_type
    if answer.status != 200:
        yield _of(name, Outcome.FAILS, answer.told(), "answer GetCACert with 200 and the certificates")
    elif not seen.certificates:
        yield _of(
            name, Outcome.FAILS, "the body holds no certificate", "send DER: a certificate, or certs-only CMS"
        )
    elif sent not in (ONE_CERTIFICATE, SEVERAL_CERTIFICATES):
        yield _of(name, Outcome.FAILS, f"the content type is {plain(sent)!r}", f"send {wanted}, bare")
    elif sent != wanted and not _is_bundle_of_one(seen):
        yield _of(name, Outcome.FAILS, f"the content type {sent} is not what the body is", f"send {wanted}")
    else:
        count = len(seen.certificates)
        yield _of(name, Outcome.OK, f"{count} certificate{'s' if count > 1 else ''}")


def judge_ra(seen: Seen) -> Iterator[Finding]:
    """Whether one client finds a certificate to encrypt to and to verify with."""
    if not seen.certificates:
        return
    name = seen.client.name
    trouble = seen.trouble or _apple_trouble(seen)
    cure = "send RA (digitalSignature and keyEncipherment, RSA), issuing CA and root, in this order"
    if trouble:
        yield _of(name, Outcome.FAILS, trouble, cure, Check.RA)
    elif seen.authority is not None:
        chosen = seen.authority.recipient.subject.rfc4514_string()
        yield _of(name, Outcome.OK, f"encrypts to {plain(chosen)}", check=Check.RA)


def judge_certificates(certificates: Sequence[x509.Certificate], now: datetime) -> Iterator[Finding]:
    """What is wrong with the certificates themselves, whoever uses them."""
    if not any(_usage(c) == (True, True) for c in certificates) and len(certificates) == 1:
        yield _every(
            Outcome.RISK,
            "the CA decrypts and signs replies itself, and its key usage does not say so (RFC 8894 §2.1.2)",
            "serve an RA certificate with digitalSignature and keyEncipherment beside the CA's",
        )
    for certificate in certificates:
        name = plain(certificate.subject.rfc4514_string())
        yield from _judge_dates(certificate, name, now)
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
            yield _every(Outcome.FAILS, f"{name}: RSA with {key.key_size} bits", "use 2048 bits or more")
        digest = certificate.signature_hash_algorithm
        if isinstance(digest, hashes.SHA1 | hashes.MD5) and certificate.issuer != certificate.subject:
            yield _every(
                Outcome.FAILS, f"{name}: signed with {digest.name}, which no TLS stack trusts", "use SHA-256"
            )


def judge_fingerprint(seen: Sequence[Seen], pin: Fingerprint | None) -> Iterator[Finding]:
    """Whether every client is told the same, and whether the pinned CA is there."""
    answers = {s.certificates for s in seen if s.certificates}
    if len(answers) > 1:
        yield _every(
            Outcome.RISK,
            "clients that ask with another path or message get other certificates, so a pin fits some only",
            "give every client the same answer; behind a load balancer, give every server the same RA",
            Check.FINGERPRINT,
        )
    certificates = next(iter(answers), ())
    if not certificates:
        return
    if pin is not None and not any(pin.matches(c) for c in certificates):
        yield _every(
            Outcome.FAILS,
            f"no certificate has the fingerprint {pin.digest.hex()}",
            "make the artifacts again, or look who answers at this URL",
            Check.FINGERPRINT,
        )
        return
    last = hashlib.sha256(certificates[-1].public_bytes(Encoding.DER)).hexdigest()
    subject = plain(certificates[-1].subject.rfc4514_string())
    yield _every(Outcome.OK, f"SHA-256 of {subject}: {last}", "", Check.FINGERPRINT)


def _is_bundle_of_one(seen: Seen) -> bool:
    """A certs-only CMS with one certificate is odd, and what its media type says."""
    return seen.ca.media_type == SEVERAL_CERTIFICATES and seen.ca.body[:1] == b"\x30" and not _is_der(seen)


def _is_der(seen: Seen) -> bool:
    return seen.certificates[0].public_bytes(Encoding.DER) == seen.ca.body


def _apple_trouble(seen: Seen) -> str:
    """SecSCEP.c wants all chains to end in one certificate, and looks at chains of two or more only."""
    if seen.shape.ra_rule is not RaRule.APPLE or seen.ca.media_type != SEVERAL_CERTIFICATES:
        return ""
    known = seen.certificates
    ends = [c for c in known if not any(c.issuer == other.subject for other in known if other != c)]
    if len(known) == 1:
        return "a bundle of one: it looks for an RA with its issuer in the bundle (errSecParam)"
    if len(ends) > 1:
        return "the certificates end in different CAs, which it refuses (errSecParam)"
    return ""


def _judge_dates(certificate: x509.Certificate, name: str, now: datetime) -> Iterator[Finding]:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if begin > now:
        yield _every(
            Outcome.FAILS,
            f"{name}: not valid before {begin:%Y-%m-%d %H:%M} UTC",
            "wait, or look at the clock",
        )
    if end <= now:
        yield _every(Outcome.FAILS, f"{name}: expired on {end:%Y-%m-%d}", "renew it")
    elif end - now < _SOON:
        yield _every(Outcome.RISK, f"{name}: expires on {end:%Y-%m-%d}", "renew it")


def _usage(certificate: x509.Certificate) -> tuple[bool, bool]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False, False
    return usage.digital_signature, usage.key_encipherment


def _of(
    client: str, outcome: Outcome, why: str, cure: str = "", check: Check = Check.CA_CERTIFICATES
) -> Finding:
    return Finding(client=client, check=check, outcome=outcome, why=why, cure=cure)


def _every(outcome: Outcome, why: str, cure: str, check: Check = Check.CA_CERTIFICATES) -> Finding:
    return _of(EVERY_CLIENT, outcome, why, cure, check)
