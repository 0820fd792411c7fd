"""Reads a certificate wholly and at once: the library would find a broken name or extension much later."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm


def parse_certificate(content: bytes) -> x509.Certificate:
    """A certificate in DER, or in PEM where it begins so.

    Raises:
        ValueError: it is none, or some part of it cannot be read.
    """
    pem = content.lstrip().startswith(b"-----BEGIN")
    certificate = x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    try:
        for part in (
            certificate.issuer,
            certificate.subject,
            certificate.extensions,
            certificate.public_key(),
        ):
            del part
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm) as error:
        msg = f"a part of the certificate cannot be read: {error}"
        raise ValueError(msg) from error
    return certificate
