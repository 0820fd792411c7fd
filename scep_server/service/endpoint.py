"""One SCEP endpoint, as data: whose requests it answers, with which keys, by which policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.hazmat.primitives.serialization import Encoding

from scep_server.authority import IssuingAuthority
from scep_server.challenges import Network, StaticChallenge
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
class ApprovalQueue:
    """Requests without a challenge wait for a person (RFC 8894 §2.4).

    Attributes:
        guards: one of these must be shown to get into the queue; empty: anybody gets in.
        addresses: whence requests are queued; empty: from anywhere.
        lasts: how long a request waits, and then again how long an approved one can be collected.
        room: how many may wait at once.
    """

    guards: tuple[StaticChallenge, ...] = ()
    addresses: tuple[Network, ...] = ()
    lasts: timedelta = timedelta(days=7)
    room: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What is served at `/scep/NAME`.

    Attributes:
        name: in the URL; that of the group, unless it is one that the group had formerly.
        group: recorded with each certificate.
        formerly: what the group was called before; certificates and challenges of those days still vouch.
        authority: issues.
        recipients: the RA pairs that open envelopes; the first is the one that GetCACert offers. The pair
            that a request was addressed to signs the reply, because Apple checks the reply against it.
        policy: what is granted; of a group with two kinds of certificates, the first kind.
        more_policies: the other kinds.
        static: challenges that devices share; minted ones are taken at every endpoint.
        previous: authorities that new devices no longer hear of, while old ones still seal to them.
        next: the authority that GetNextCACert announces; None: there is none.
        approval: where requests without a challenge wait; None: they are refused, so that a client which
            cannot wait (Intune takes PENDING for a failure) is never told to.
        single_certificate: GetCACert gives the first recipient's certificate alone, which is then the CA's.
    """

    name: str = ""
    group: str
    formerly: tuple[str, ...] = ()
    authority: IssuingAuthority
    recipients: tuple[Recipient, ...]
    policy: IssuancePolicy
    more_policies: tuple[IssuancePolicy, ...] = ()
    static: tuple[StaticChallenge, ...] = ()
    previous: tuple[Alternate, ...] = ()
    next: Alternate | None = None
    approval: ApprovalQueue | None = None
    single_certificate: bool = False
    policies: tuple[IssuancePolicy, ...] = field(init=False, repr=False)
    minimum_key_bits: int = field(init=False, repr=False)
    capabilities: bytes = field(init=False, repr=False)
    ca_certificates: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.recipients:
            msg = f"endpoint {self.group!r} has no RA pair: no device could address an envelope to it"
            raise ValueError(msg)
        object.__setattr__(self, "name", self.name or self.group)
        object.__setattr__(self, "policies", (self.policy, *self.more_policies))
        object.__setattr__(self, "minimum_key_bits", min(p.minimum_key_bits for p in self.policies))
        object.__setattr__(self, "capabilities", _capabilities(self))
        object.__setattr__(self, "ca_certificates", _ca_certificates(self))

    @property
    def groups(self) -> tuple[str, ...]:
        """Every name that the group has or had."""
        return (self.group, *self.formerly)

    def policies_of(self, profile: str) -> tuple[IssuancePolicy, ...]:
        """What judges the renewal of a certificate: its own profile, or all if the group has that no more."""
        return tuple(policy for policy in self.policies if policy.name == profile) or self.policies

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


def _ca_certificates(endpoint: Endpoint) -> bytes:
    """GetCACert (§4.2.1): a certificate alone, or a degenerate SignedData of all."""
    first = endpoint.recipients[0]
    if not endpoint.single_certificate:
        return certs_only(_bundle(first, endpoint.authority))
    if first.certificate != endpoint.authority.certificate:
        msg = f"endpoint {endpoint.name!r}: whoever gets the CA's certificate alone seals to the CA itself"
        raise ValueError(msg)
    return first.certificate.public_bytes(Encoding.DER)


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
