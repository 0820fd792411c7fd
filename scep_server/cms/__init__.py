"""The parts of CMS (RFC 5652) that SCEP uses, read with tolerance and written as DER; no policy, no SCEP."""

from __future__ import annotations

from scep_server.cms.certificates import CertificateIdentity, identify
from scep_server.cms.encryption import decrypt_content, encrypt_content, unwrap_key
from scep_server.cms.enveloped import (
    EnvelopedData,
    KeyTransRecipient,
    UnknownAlgorithmError,
    parse_enveloped_data,
    write_enveloped_data,
)
from scep_server.cms.signed import SignedData, SignerInfo, parse_signed_data
from scep_server.cms.signing import degenerate, write_signed_data

__all__ = [
    "CertificateIdentity",
    "EnvelopedData",
    "KeyTransRecipient",
    "SignedData",
    "SignerInfo",
    "UnknownAlgorithmError",
    "decrypt_content",
    "degenerate",
    "encrypt_content",
    "identify",
    "parse_enveloped_data",
    "parse_signed_data",
    "unwrap_key",
    "write_enveloped_data",
    "write_signed_data",
]
