"""Signed files: CMS SignedData with the content inside (RFC 5652 §5), read, verified and written in DER.

Reader and writer share no code, so that a file is never judged by what made it.
"""

from __future__ import annotations

from onboard.cms.reader import (
    UNREADABLE_CERTIFICATE,
    CmsError,
    Signature,
    SignedFile,
    is_cms,
    read_signed,
    verify,
)
from onboard.cms.writer import SignerIdentity, write_signed

__all__ = [
    "UNREADABLE_CERTIFICATE",
    "CmsError",
    "Signature",
    "SignedFile",
    "SignerIdentity",
    "is_cms",
    "read_signed",
    "verify",
    "write_signed",
]
