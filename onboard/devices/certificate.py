"""Reads a certificate wholly and at once: the library would find a broken name or extension much later."""

from __future__ import annotations

from asn1crypto import pem
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm


def parse_certificate(content: bytes) -> x509.Certificate:
    """A certificate in DER, or in PEM where it begins so.

    Raises:
        ValueError: it is none, or some part of it cannot be read.
    """
    try:
        der = pem.unarmor(content)[2] if content.lstrip().startswith(b"-----BEGIN") else content
        serial = asn1.Certificate.load(der)["tbs_certificate"]["serial_number"].native
    except TypeError as error:
        msg = f"not a certificate: {error}"
        raise ValueError(msg) from error
    if serial <= 0:  # RFC 5280 §4.1.2.2; the library below reads such a one for the time being
        msg = "the serial number of the certificate is not positive"
        raise ValueError(msg)
    certificate = x509.load_der_x509_certificate(der)
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
