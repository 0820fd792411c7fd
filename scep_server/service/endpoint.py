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
class Alternate:
    """Another authority of an endpoint during a rollover (RFC 8894 §4.7), and the RA pair that stands for it.

    A device that seals its request to this RA trusts this authority, so that one issues to it.
    """

    authority: IssuingAuthority
    recipient: Recipient


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
        previous: authorities that new devices no longer hear of, while old ones still seal to them.
        next: the authority that GetNextCACert announces; None: there is none.
    """

    group: str
    authority: IssuingAuthority
    recipients: tuple[Recipient, ...]
    policy: IssuancePolicy
    static: tuple[StaticChallenge, ...] = ()
    previous: tuple[Alternate, ...] = ()
    next: Alternate | None = None
    capabilities: bytes = field(init=False, repr=False)
    ca_certificates: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.recipients:
            msg = f"endpoint {self.group!r} has no RA pair: no device could address an envelope to it"
            raise ValueError(msg)
        object.__setattr__(self, "capabilities", _capabilities(self))
        object.__setattr__(self, "ca_certificates", certs_only(_bundle(self.recipients[0], self.authority)))

    @property
    def all_recipients(self) -> tuple[Recipient, ...]:
        """Every pair that opens envelopes here."""
        return (*self.recipients, *(alternate.recipient for alternate in self._alternates))

    @property
    def next_ca_certificates(self) -> list[bytes] | None:
        """What GetNextCACert announces (§4.7.1), in the order of GetCACert; None without a next authority."""
        return None if self.next is None else _bundle(self.next.recipient, self.next.authority)

    def authority_for(self, recipient: Recipient) -> IssuingAuthority:
        """Who issues to a device that sealed its request to this pair."""
        for alternate in self._alternates:
            if alternate.recipient is recipient:
                return alternate.authority
        return self.authority

    @property
    def _alternates(self) -> tuple[Alternate, ...]:
        return self.previous if self.next is None else (*self.previous, self.next)


def _capabilities(endpoint: Endpoint) -> bytes:
    """GetCACaps (RFC 8894 §3.5.2): LF between keywords and none at the end.

    Apple's tool compares whole lines, so a CR would hide every keyword; to strongSwan, which compares
    by prefix, an empty line is every keyword.
    """
    words = list(_CAPABILITIES)
    if endpoint.policy.algorithms.allow_3des:
        words.append("DES3")
    if endpoint.policy.algorithms.allow_sha1:
        words.append("SHA-1")
    if endpoint.next is not None:
        words.append("GetNextCACert")
    return "\n".join(sorted(words)).encode("ascii")


def _bundle(recipient: Recipient, authority: IssuingAuthority) -> list[bytes]:
    """RA, issuing CA and its chain up to the root, in this order (§4.2.1.2).

    The RA comes first: Apple takes the first certificate that may both sign and decipher.
    """
    ordered = (recipient.certificate, authority.certificate, *authority.chain)
    return [certificate.public_bytes(Encoding.DER) for certificate in ordered]
