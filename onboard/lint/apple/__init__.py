"""Judges an Apple configuration profile (.mobileconfig), signed or not, made by anyone.

The rules E01 to E40 that apply to a file at rest; each module says which are its own, and `lint_at` has those
that need the clock. `lint_together` has E11 (the RADIUS server's certificate), E24
(whether the chain is inside) and E37 (the previous edition), which a file alone cannot tell.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from cryptography import x509

from onboard.cms import CmsError, SignedFile, is_cms, read_signed
from onboard.errors import Finding, Severity
from onboard.lint.apple.document import Document, UnreadableError, read_document
from onboard.lint.apple.eap import eap_rules
from onboard.lint.apple.editions import is_known_good, remember, request_shape, rest_of
from onboard.lint.apple.envelope import envelope, envelope_at
from onboard.lint.apple.identity import identity
from onboard.lint.apple.links import links
from onboard.lint.apple.radio import radio
from onboard.lint.apple.shape import shape
from onboard.lint.apple.signature import signature, signature_at
from onboard.lint.apple.together import read_certificates, together
from onboard.lint.apple.trust import trust, trust_at

_RULES: tuple[Callable[[Document], Iterator[Finding]], ...] = (
    shape,
    links,
    eap_rules,
    radio,
    identity,
    trust,
    envelope,
    signature,
)
# What is left to judge of a profile that differs from a good one in its SCEP request and signature only.
_PERSONAL_RULES = (request_shape, identity, envelope, signature)
_RULES_AT: tuple[Callable[[Document, datetime], Iterator[Finding]], ...] = (
    trust_at,
    envelope_at,
    signature_at,
)
_ARMOURS = (b"-----BEGIN PKCS7", b"-----BEGIN CMS", b"MIME-Version:")


def recognises(content: bytes) -> bool:
    """Whether this is a property list or something signed; by the first bytes."""
    head = content[:1024]
    return (
        head.startswith(b"bplist")
        or b"<plist" in head
        or b"<!DOCTYPE plist" in head
        or is_cms(content)
        or head.lstrip().startswith(_ARMOURS)
    )


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """Findings of every rule, in the order of the rules' modules; never raises."""
    with _quiet():
        try:
            document = open_document(path, content)
        except CmsError as error:
            return (_refusal(path, "apple-E36", str(error), "sign it attached, in DER, with SHA-256"),)
        except UnreadableError as error:
            return (_refusal(path, "apple-E35", str(error), "write it with a property list library"),)
        rest = rest_of(document)
        if is_known_good(rest):
            return tuple(finding for rule in _PERSONAL_RULES for finding in rule(document))
        findings = tuple(finding for rule in _RULES for finding in rule(document))
        if not findings:
            remember(rest)
        return findings


def lint_at(path: str, content: bytes, now: datetime) -> tuple[Finding, ...]:
    """What only the clock (`now`, aware UTC) tells: E23, E34, E36; silent where `lint` cannot read."""
    with _quiet():
        try:
            document = open_document(path, content)
        except (CmsError, UnreadableError):
            return ()
        return tuple(finding for rule in _RULES_AT for finding in rule(document, now))


def lint_together(files: Sequence[tuple[str, bytes]], now: datetime) -> tuple[Finding, ...]:
    """What several files tell together: E11, E24, E37.

    Args:
        files: (path, content) of profiles, in the order of their editions, and of certificates (PEM or DER)
            of RADIUS servers and CAs; others are passed over.
        now: aware UTC.
    """
    with _quiet():
        documents: list[Document] = []
        certificates: list[x509.Certificate] = []
        for path, content in files:
            if found := read_certificates(content):
                certificates += found
            elif recognises(content):
                with suppress(CmsError, UnreadableError):
                    documents.append(open_document(path, content))
        return tuple(together(documents, certificates, now))


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings of the certificate library about what foreign files hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def open_document(path: str, content: bytes) -> Document:
    """Unwrap and parse a profile, signed or not.

    Raises:
        CmsError: the signature is none that a device takes apart.
        UnreadableError: what is inside is no property list.
    """
    signed: SignedFile | None = None
    if content[:1024].lstrip().startswith(_ARMOURS):
        raise CmsError("the signature is PEM or S/MIME text; devices take DER only")
    if is_cms(content):
        signed = read_signed(content)
    return read_document(path, len(content), signed.content if signed else content, signed)


def _refusal(path: str, rule: str, message: str, hint: str) -> Finding:
    return Finding(path=path, where="", rule=rule, severity=Severity.ERROR, message=message, hint=hint)
