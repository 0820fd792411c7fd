"""How each family of SCEP clients shapes its messages: algorithms, transaction identifiers, HTTP, quirks.

Seen on the wire or read in the clients' source; a server that takes all of these takes the field.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Digest(enum.StrEnum):
    """Digest of the outer signature; the value is the capability that announces it (RFC 8894 §3.5.2)."""

    SHA_512 = "SHA-512"
    SHA_256 = "SHA-256"
    SHA_1 = "SHA-1"
    MD5 = "MD5"  # RFC 8894 §2.9 forbids it; old routers send it


class Cipher(enum.StrEnum):
    """Content encryption of the envelope; CBC throughout."""

    AES_256 = "AES-256"
    AES_128 = "AES-128"
    DES3 = "DES3"
    DES = "DES"  # forbidden as well


class KeyTransport(enum.StrEnum):
    """How the content key reaches the RA."""

    PKCS1_V15 = "rsaEncryption"
    OAEP_SHA1 = "RSAES-OAEP with SHA-1"


class TransactionId(enum.StrEnum):
    """What the transaction identifier is made of; all are stable for one key, so retries repeat it."""

    SHA1_UPPER_HEX = "SHA-1 of the public key, upper-case hex"
    SHA1_LOWER_HEX = "SHA-1 of the public key, lower-case hex"
    SHA256_DECIMAL = "SHA-256 of the public key as a decimal number"
    MD5_UPPER_HEX = "MD5 of the public key, upper-case hex"


class SignerCertificate(enum.StrEnum):
    """The certificate that signs a first request."""

    SUBJECT_OF_REQUEST = "self-signed, with the subject and key of the request"
    WINDOWS = "CN=SCEP Protocol Certificate, critical authorityKeyIdentifier"
    SEPARATE_KEY = "CN=MDM SCEP SIGNER, a key of its own"


class GetEncoding(enum.StrEnum):
    """How base64 travels in a GET."""

    PERCENT = "every reserved character escaped"
    LITERAL_PLUS = "only '=' escaped: a form decoder reads '+' as a blank"
    LINE_BREAKS = "a %0A after every 64 characters"


class RaRule(enum.StrEnum):
    """How the client chooses recipient and reply signer among the certificates of GetCACert."""

    APPLE = "by key usage: a sign and encrypt pair, else the first with both; no key usage is not chosen"
    KEY_USAGE = "by key usage among certificates that are not CAs, then among CAs"


class BerQuirk(enum.StrEnum):
    """Encodings that are not DER."""

    NONE = "DER"
    CONSTRUCTED_CONTENT = "encryptedContent as definite-length constructed [0] (BouncyCastle)"
    INDEFINITE = "indefinite lengths around content (BouncyCastle streams, .NET)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestShape:
    """One family of clients."""

    name: str
    digests: tuple[Digest, ...]  # the first one advertised is used; the last one where none is
    ciphers: tuple[Cipher, ...]  # the same; AES needs the capability AES, DES3 needs nothing
    key_transport: KeyTransport = KeyTransport.PKCS1_V15
    transaction_id: TransactionId = TransactionId.SHA1_UPPER_HEX
    signer: SignerCertificate = SignerCertificate.SUBJECT_OF_REQUEST
    ra_rule: RaRule = RaRule.KEY_USAGE
    ber: BerQuirk = BerQuirk.NONE
    message: str | None = ""  # the `message` of GetCACaps and GetCACert; None leaves it out
    url_suffix: str = ""
    post: bool = True  # POST where POSTPKIOperation is advertised
    get_encoding: GetEncoding = GetEncoding.PERCENT
    content_type: str = ""  # of a POST; empty sends none
    user_agent: str = ""
    exact_capabilities: bool = False  # lines split at LF and compared whole: a CR hides a keyword
    exact_content_type: bool = False  # a parameter such as charset is a refusal
    nonce_bytes: int = 16
    renewal_message: int = 17  # RenewalReq, where advertised; 19 renews by PKCSReq under the old certificate
    utf8_subject: bool = False  # UTF8String even where PrintableString would do
    always_aes: bool = False  # AES whatever is advertised
    polls_for_ra: bool = False  # CertPoll names the RA as the issuer, not the CA
    leaf_first: bool = True  # takes the first certificate of the reply; others look for their key
    version: int = 0  # of the PKCS#10

    def digest(self, capabilities: frozenset[str]) -> Digest:
        """The digest that this family uses against these capabilities."""
        return next((d for d in self.digests if d.value in capabilities), self.digests[-1])

    def cipher(self, capabilities: frozenset[str]) -> Cipher:
        """The cipher that this family uses against these capabilities."""
        aes = self.always_aes or not capabilities.isdisjoint({"AES", "SCEPStandard"})
        return next((c for c in self.ciphers if aes or not c.value.startswith("AES")), self.ciphers[-1])

    def posts(self, capabilities: frozenset[str]) -> bool:
        """Whether this family sends PKIOperation by POST against these capabilities."""
        return self.post and not capabilities.isdisjoint({"POSTPKIOperation", "SCEPStandard"})

    def read_capabilities(self, body: bytes) -> frozenset[str]:
        """The keywords of a GetCACaps answer as this family sees them (RFC 8894 §3.5.2)."""
        lines = body.decode("latin-1").split("\n")
        return frozenset(lines if self.exact_capabilities else (line.strip() for line in lines)) - {""}


_BY_CAPABILITY = (Digest.SHA_512, Digest.SHA_256, Digest.SHA_1)

# Apple's SecSCEP.c: AES-128 if advertised, else 3DES even where DES3 is not.
APPLE = RequestShape(
    name="Apple",
    digests=_BY_CAPABILITY,
    ciphers=(Cipher.AES_128, Cipher.DES3),
    ra_rule=RaRule.APPLE,
    get_encoding=GetEncoding.LITERAL_PLUS,
    content_type="application/x-pki-message",
    exact_capabilities=True,
    exact_content_type=True,
    renewal_message=19,
    polls_for_ra=True,
)
# The code path of macOS's mdmclient (2016): an RSA-2048 signer of its own and an 8-byte nonce.
MACOS_MDMCLIENT = RequestShape(
    name="macOS mdmclient",
    digests=(Digest.SHA_1,),
    ciphers=(Cipher.AES_128, Cipher.DES3),
    signer=SignerCertificate.SEPARATE_KEY,
    ra_rule=RaRule.APPLE,
    get_encoding=GetEncoding.LITERAL_PLUS,
    content_type="application/x-pki-message",
    exact_capabilities=True,
    exact_content_type=True,
    nonce_bytes=8,
    renewal_message=19,
    version=1,
    polls_for_ra=True,
)
WINDOWS = RequestShape(
    name="Windows",
    digests=(Digest.SHA_1,),
    ciphers=(Cipher.AES_128,),
    always_aes=True,
    key_transport=KeyTransport.OAEP_SHA1,
    transaction_id=TransactionId.SHA1_LOWER_HEX,
    signer=SignerCertificate.WINDOWS,
    message="default",
    url_suffix="/pkiclient.exe",
    content_type="application/x-pki-message",
    user_agent="Mozilla/4.0 (compatible; Win32; NDES client)",
    leaf_first=False,
)
CERTMONGER = RequestShape(
    name="certmonger",
    digests=_BY_CAPABILITY,
    ciphers=(Cipher.AES_256, Cipher.DES3),
    transaction_id=TransactionId.SHA256_DECIMAL,
    message="0",
    post=False,
    exact_content_type=True,
    utf8_subject=True,
    leaf_first=False,
)
CHROME_CONNECTOR = RequestShape(
    name="Google Cloud Certificate Connector",
    digests=_BY_CAPABILITY,
    ciphers=(Cipher.AES_128, Cipher.DES3),
    transaction_id=TransactionId.SHA1_LOWER_HEX,
    ber=BerQuirk.CONSTRUCTED_CONTENT,
    content_type="application/octet-stream",
    user_agent="Java/11.0.2",
    leaf_first=False,
)
ANDROID_AGENT = RequestShape(
    name="Android agent (jscep)",
    digests=_BY_CAPABILITY,
    ciphers=(Cipher.AES_128, Cipher.DES3),
    transaction_id=TransactionId.SHA1_LOWER_HEX,
    ber=BerQuirk.INDEFINITE,
    content_type="application/octet-stream",
    user_agent="okhttp/4.12.0",
    utf8_subject=True,
    leaf_first=False,
)
CISCO = RequestShape(
    name="Cisco IOS-XE",
    digests=(Digest.SHA_256, Digest.SHA_1, Digest.MD5),
    ciphers=(Cipher.AES_128, Cipher.DES3, Cipher.DES),
    transaction_id=TransactionId.MD5_UPPER_HEX,
    message="onboard",  # the trustpoint's name
    post=False,
    get_encoding=GetEncoding.LINE_BREAKS,
    user_agent="Mozilla/4.0 (compatible; MSIE 5.0; Cisco PKI)",
    renewal_message=19,
    leaf_first=False,
)
# Today's plain client: DER, SHA-256, AES, POST. For tests and tools.
PLAIN = RequestShape(
    name="plain",
    digests=(Digest.SHA_256,),
    ciphers=(Cipher.AES_128,),
    always_aes=True,
    transaction_id=TransactionId.SHA1_LOWER_HEX,
    content_type="application/x-pki-message",
)

FAMILIES = (APPLE, MACOS_MDMCLIENT, WINDOWS, CERTMONGER, CHROME_CONNECTOR, ANDROID_AGENT, CISCO)
