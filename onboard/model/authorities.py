"""Who signs: certificate authorities, and where their CRLs and certificates are fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from onboard.errors import NOWHERE, Place
from onboard.model.kinds import KeyKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority: a root (`issuer` empty), an issuing CA under one, or somebody else's.

    Attributes:
        name: key in org.yaml.
        common_name, key, valid_for: of its certificate; empty and None exactly for somebody else's.
        issuer: name of the authority that signs it; empty: it signs itself, or is somebody else's.
        certificate: file of somebody else's certificate, relative to the org file; empty: it is ours.
        crl_valid_for: from one of its CRLs to the next; None: as usual.
        private_key: PKCS#11 URI (RFC 7512) of its key on a token; empty: a file in the state folder.
    """

    name: str
    common_name: str = ""
    key: KeyKind | None = None
    valid_for: timedelta | None = None
    issuer: str = ""
    certificate: str = ""
    crl_valid_for: timedelta | None = None
    private_key: str = ""
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def is_root(self) -> bool:
        """Whether no authority of the org signs it."""
        return not self.issuer

    @property
    def is_ours(self) -> bool:
        """Whether its key is ours; otherwise it is trusted and never made here."""
        return not self.certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiSettings:
    """Where CRLs, OCSP and issuer certificates are fetched; baked into every certificate."""

    url: str  # absolute http, no trailing slash
    crl_valid_for: timedelta = timedelta(days=3)  # of authorities that issue to groups
    ocsp: bool = True  # whether certificates name a responder
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def crl_url(self, authority: str) -> str:
        """Where the CRL of an authority is fetched: DER over http (RFC 5280 §4.2.1.13)."""
        return f"{self.url}/crl/{authority}.crl"

    def ocsp_url(self, authority: str) -> str:
        """Where the OCSP responder of an authority answers (RFC 6960 §A.1)."""
        return f"{self.url}/ocsp/{authority}"

    def issuer_url(self, authority: str) -> str:
        """The certificate of an authority, DER."""
        return f"{self.url}/ca/{authority}.cer"
