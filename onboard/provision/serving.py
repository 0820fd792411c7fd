"""What the server needs of the state: keys with their certificates, loaded once."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from onboard.errors import PkiError
from onboard.model import Group
from onboard.provision import leaves
from onboard.provision.authorities import is_issued_by
from onboard.provision.hierarchy import Kind
from onboard.provision.site import Site
from onboard.provision.state import key_trouble
from scep_server.authority import IssuingAuthority
from scep_server.keys import KeyState, KeyStoreError, PrivateKey
from scep_server.pkimessage import Recipient

_INIT = "run 'onboard ca init' first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads from one site; the folders are read once.

    Attributes:
        site: where; `now` decides which pairs have expired.
        stock: of `leaves.inventory`.
    """

    site: Site
    stock: leaves.Inventory

    @classmethod
    def of(cls, site: Site) -> Loader:
        """A loader for what is there now.

        Raises:
            StateError: there is no state folder.
        """
        site.state.demand()
        return cls(site, leaves.inventory(site.state))

    def issuing(self, name: str) -> IssuingAuthority:
        """The authority that issues to a group.

        Raises:
            PkiError: its certificate or key is not here, or does not open.
        """
        try:
            issuer = self.site.issuing(name)
        except KeyStoreError as error:
            raise key_trouble(error) from error
        if issuer is None:
            sealed = self.site.state.keys().state(name) is KeyState.SEALED
            what = "key was sealed away" if sealed else "certificate or key is not here"
            raise PkiError(f"authority {name!r} cannot issue: its {what}", hint="" if sealed else _INIT)
        return issuer

    def recipients(self, group: Group, authority: str = "") -> tuple[Recipient, ...]:
        """The RA pairs of a group that one of its authorities signed, newest first: that one signs replies.

        Args:
            group: whose endpoint.
            authority: one of the group's; the one that issues when empty. All pairs open what was sent to
                them, so a renewed RA goes on until its end.

        Raises:
            PkiError: there is none that is still valid.
        """
        name = authority or group.authority.name
        issuer = self.site.certificate(name)
        found = tuple(
            Recipient(certificate=pair.certificate, key=pair.key)
            for key in group.names
            for pair in self.pairs(Kind.RA, key)
            if isinstance(pair.key, rsa.RSAPrivateKey) and issuer and is_issued_by(pair.certificate, issuer)
        )
        if not found:
            raise PkiError(
                f"the RA of group {group.name!r} under {name!r} is not there, or has expired", hint=_INIT
            )
        if group.single_certificate and not authority:
            return (self._authority_itself(name), *found)
        return found

    def _authority_itself(self, name: str) -> Recipient:
        """The CA as a recipient, for devices that know no RA (RFC 8894 §2.1.2).

        Raises:
            PkiError: its key is not RSA, or its certificate does not say that it deciphers.
        """
        issuer = self.issuing(name)
        usage = issuer.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        if not isinstance(issuer.key, rsa.RSAPrivateKey) or not (
            usage.digital_signature and usage.key_encipherment
        ):
            raise PkiError(
                f"single_certificate: the certificate of {name!r} does not say that its key deciphers",
                hint="it was made before the group said so: name another authority, whose 'ca init' knows it",
            )
        return Recipient(certificate=issuer.certificate, key=issuer.key)

    def ocsp_signer(self, authority: str) -> Pair | None:
        """The delegate that answers for an authority; None where there is none that is valid."""
        return next(iter(self.pairs(Kind.OCSP, authority)), None)

    def profile_signer(self) -> Pair | None:
        """Signs mobileconfigs; None where it is not valid."""
        return next(iter(self.pairs(Kind.SIGNING, "profiles")), None)

    def audit_signer(self) -> Pair | None:
        """Signs checkpoints of the audit trail; None where it is not there, or not valid."""
        return next(iter(self.pairs(Kind.AUDIT, "checkpoints")), None)

    def pairs(self, kind: Kind, name: str) -> tuple[Pair, ...]:
        """Every whole pair that has not expired, newest first.

        Raises:
            PkiError: a file cannot be used.
        """
        found = []
        for generation in self.stock.get((kind, name), ()):
            if not generation.is_whole:
                continue
            certificate = leaves.read(self.site.state, kind, generation)
            if self.site.now >= certificate.not_valid_after_utc:
                continue
            try:
                key = self.site.state.keys(kind).load(generation.stem)
            except KeyStoreError as error:
                raise key_trouble(error) from error
            leaves.check_pair(self.site.state.keys(kind), generation, certificate, key)
            found.append(Pair(certificate=certificate, key=key))
        return tuple(found)
