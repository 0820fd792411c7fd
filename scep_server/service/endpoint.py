"""One SCEP endpoint, as data: whose requests it answers, with which keys, by which policy."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.serialization import Encoding

from scep_server.authority import IssuingAuthority
from scep_server.challenges import StaticChallenge
from scep_server.pkimessage import Recipient, certs_only
from scep_server.policy import IssuancePolicy

# SHA-384 is no keyword of RFC 8894, but strongSwan's. Its release 5.9.8 (Debian 12) confuses bit numbers with
# bit masks: it takes SHA-384 for SCEPStandard, and refuses to use AES at all where neither is found.
_CAPABILITIES = ("AES", "POSTPKIOperation", "Renewal", "SCEPStandard", "SHA-256", "SHA-384", "SHA-512")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What is served at `/scep/GROUP`.

    Attributes:
        group: its key; recorded with each certificate.
        authority: issues.
        recipients: the RA pairs that open envelopes; the first is the one that GetCACert offers. The pair
            that a request was addressed to signs the reply, because Apple checks the reply against it.
        policy: what is granted.
        static: challenges that devices share; minted ones are taken at every endpoint.
    """

    group: str
    authority: IssuingAuthority
    recipients: tuple[Recipient, ...]
    policy: IssuancePolicy
    static: tuple[StaticChallenge, ...] = ()
    capabilities: bytes = field(init=False, repr=False)
    ca_certificates: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.recipients:
            msg = f"endpoint {self.group!r} has no RA pair: no device could address an envelope to it"
            raise ValueError(msg)
        object.__setattr__(self, "capabilities", _capabilities(self.policy))
        object.__setattr__(self, "ca_certificates", _ca_certificates(self))


def _capabilities(policy: IssuancePolicy) -> bytes:
    """GetCACaps (RFC 8894 §3.5.2): LF between keywords and none at the end.

    Apple's tool compares whole lines, so a CR would hide every keyword; to strongSwan, which compares
    by prefix, an empty line is every keyword.
    """
    words = list(_CAPABILITIES)
    if policy.algorithms.allow_3des:
        words.append("DES3")
    if policy.algorithms.allow_sha1:
        words.append("SHA-1")
    return "\n".join(sorted(words)).encode("ascii")


def _ca_certificates(endpoint: Endpoint) -> bytes:
    """GetCACert (§4.2.1.2): RA, issuing CA and its chain up to the root, in this order.

    The RA comes first: Apple takes the first certificate that may both sign and decipher.
    """
    authority = endpoint.authority
    ordered = (endpoint.recipients[0].certificate, authority.certificate, *authority.chain)
    return certs_only([certificate.public_bytes(Encoding.DER) for certificate in ordered])
