"""Signed files: CMS SignedData with the content inside (RFC 5652 §5), read, verified and written in DER.

Reader and writer share no code, so that a file is never judged by what made it.
"""

from __future__ import annotations

from onboard.cms.der import CmsError
from onboard.cms.reader import is_cms, read_signed
from onboard.cms.signed_file import UNREADABLE_CERTIFICATE, Signature, SignedFile
from onboard.cms.verification import verify
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
