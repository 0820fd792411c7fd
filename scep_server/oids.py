"""Every object identifier that the server reads or writes, under its standard's name. Imports nothing."""

from __future__ import annotations

from typing import Final

# RFC 5652: content types (§4, §5.1, §6.1) and signed attributes (§11)
DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
ENVELOPED_DATA: Final = "1.2.840.113549.1.7.3"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"

# RFC 8894 §3.2: attributes of a pkiMessage
MESSAGE_TYPE: Final = "2.16.840.1.113733.1.9.2"
PKI_STATUS: Final = "2.16.840.1.113733.1.9.3"
FAIL_INFO: Final = "2.16.840.1.113733.1.9.4"
SENDER_NONCE: Final = "2.16.840.1.113733.1.9.5"
RECIPIENT_NONCE: Final = "2.16.840.1.113733.1.9.6"
TRANSACTION_ID: Final = "2.16.840.1.113733.1.9.7"
FAIL_INFO_TEXT: Final = "1.3.6.1.5.5.7.24.1"  # id-scep-failInfoText, RFC 8894 §3.2.1.4.1

# RFC 2985 §5.4: attributes of a certification request
CHALLENGE_PASSWORD: Final = "1.2.840.113549.1.9.7"  # noqa: S105  # an OID
EXTENSION_REQUEST: Final = "1.2.840.113549.1.9.14"
MICROSOFT_CERT_EXTENSIONS: Final = (
    "1.3.6.1.4.1.311.2.1.14"  # [MS-WCCE] §2.2.2.7.7: same syntax as extensionRequest
)

# Digests: RFC 3279 §2.1, RFC 3370 §2, RFC 5754 §2
MD5: Final = "1.2.840.113549.2.5"
SHA1: Final = "1.3.14.3.2.26"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"

# Keys and signatures: RFC 3279 §2.2 and §2.3, RFC 4055 §5, RFC 5480 §2.1.1, RFC 5758 §3.2
RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
MD5_WITH_RSA: Final = "1.2.840.113549.1.1.4"
SHA1_WITH_RSA: Final = "1.2.840.113549.1.1.5"
SHA256_WITH_RSA: Final = "1.2.840.113549.1.1.11"
SHA384_WITH_RSA: Final = "1.2.840.113549.1.1.12"
SHA512_WITH_RSA: Final = "1.2.840.113549.1.1.13"
OIW_SHA1_WITH_RSA: Final = "1.3.14.3.2.29"  # OIW Stable Agreements, part 12 §9: still written by old Windows
EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
ECDSA_WITH_SHA1: Final = "1.2.840.10045.4.1"
ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
ECDSA_WITH_SHA384: Final = "1.2.840.10045.4.3.3"
ECDSA_WITH_SHA512: Final = "1.2.840.10045.4.3.4"

# Key transport: RFC 3560 §2, RFC 4055 §4
RSAES_OAEP: Final = "1.2.840.113549.1.1.7"
MGF1: Final = "1.2.840.113549.1.1.8"
P_SPECIFIED: Final = "1.2.840.113549.1.1.9"

# Content encryption: OIW part 12, RFC 8018 §B.2, RFC 3370 §5.1, RFC 3565 §4.1
DES_CBC: Final = "1.3.14.3.2.7"
RC2_CBC: Final = "1.2.840.113549.3.2"
DES_EDE3_CBC: Final = "1.2.840.113549.3.7"
AES_128_CBC: Final = "2.16.840.1.101.3.4.1.2"
AES_192_CBC: Final = "2.16.840.1.101.3.4.1.22"
AES_256_CBC: Final = "2.16.840.1.101.3.4.1.42"

# Certificate extensions: RFC 5280 §4.2
SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
CRL_NUMBER: Final = "2.5.29.20"
CRL_REASON: Final = "2.5.29.21"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
OCSP_NONCE: Final = "1.3.6.1.5.5.7.48.1.2"  # RFC 9654

# Extended key usages: RFC 5280 §4.2.1.12
SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"
EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"  # RFC 9336
CMC_RA: Final = "1.3.6.1.5.5.7.3.28"  # RFC 6402 §2.10: an RA; no TLS stack takes it for clientAuth

# Name forms: [MS-WCCE] userPrincipalName as otherName
USER_PRINCIPAL_NAME: Final = "1.3.6.1.4.1.311.20.2.3"

# Attribute types: X.520, RFC 4519 §2, RFC 2985 §5.2
COMMON_NAME: Final = "2.5.4.3"
SERIAL_NUMBER: Final = "2.5.4.5"
COUNTRY: Final = "2.5.4.6"
LOCALITY: Final = "2.5.4.7"
STATE_OR_PROVINCE: Final = "2.5.4.8"
STREET_ADDRESS: Final = "2.5.4.9"
ORGANIZATION: Final = "2.5.4.10"
ORGANIZATIONAL_UNIT: Final = "2.5.4.11"
GIVEN_NAME: Final = "2.5.4.42"
USER_ID: Final = "0.9.2342.19200300.100.1.1"
DOMAIN_COMPONENT: Final = "0.9.2342.19200300.100.1.25"
EMAIL_ADDRESS: Final = "1.2.840.113549.1.9.1"
