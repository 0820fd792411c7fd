"""Rule E36: the signature of a profile, if it has one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509

from onboard.cms import CmsError, verify
from onboard.errors import Finding
from onboard.lint.apple.document import Document

_SOON = timedelta(days=30)


def signature(document: Document) -> Iterator[Finding]:
    """E36: the signature holds, and the signer's issuers are inside."""
    signed = document.signed
    if signed is None:
        return
    try:
        verify(signed)
    except CmsError as error:
        yield document.error("", "E36", str(error), "sign it again")
    for one in signed.signatures:
        if one.signer is not None and not _has_issuer(one.signer, signed.certificates):
            yield document.warning(
                "",
                "E36",
                f"the issuer of {one.signer.subject.rfc4514_string()} is not in the signature: the profile is"
                " shown as not verified unless a device knows it already",
                "sign with the whole chain",
            )


def signature_at(document: Document, now: datetime) -> Iterator[Finding]:
    """E36 by the clock: certificates in the signature that are not valid, or soon will not be."""
    for certificate in document.signed.certificates if document.signed else ():
        name, end = certificate.subject.rfc4514_string(), certificate.not_valid_after_utc
        if certificate.not_valid_before_utc > now:
            yield document.error("", "E36", f"{name}, in the signature, is not valid yet: is a clock ahead?")
        elif end <= now:
            yield document.warning(
                "", "E36", f"{name}, in the signature, expired on {end:%Y-%m-%d}", "sign it again"
            )
        elif end - now < _SOON:
            yield document.warning("", "E36", f"{name}, in the signature, expires on {end:%Y-%m-%d}")


def _has_issuer(certificate: x509.Certificate, others: tuple[x509.Certificate, ...]) -> bool:
    return any(other.subject == certificate.issuer for other in others)
