"""The organization as values: what `org.yaml` says after every reference is resolved.

Nothing here reads files or knows YAML. `place` fields say where a thing was written, so that later errors can
name the line; they never take part in comparisons.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from onboard.apple_options import AppleOptions, Passpoint, Setting, TlsVersions
from onboard.errors import NOWHERE, Place
from onboard.names import AltNameKind, AttributeType
from onboard.options import EapMethod, RadiusType, WindowsOptions
from onboard.secret import SecretReference
from onboard.variables import Holder, Template


class Platform(enum.StrEnum):
    """The families a payload is built for."""

    APPLE = "apple"
    WINDOWS = "windows"
    CHROMEOS = "chromeos"
    ANDROID = "android"
    LINUX = "linux"


class Security(enum.StrEnum):
    """Wi-Fi security of an 802.1X network."""

    WPA2_ENTERPRISE = "wpa2-enterprise"
    WPA2_WPA3_ENTERPRISE = "wpa2-wpa3-enterprise"
    WPA3_ENTERPRISE = "wpa3-enterprise"
    WPA3_ENTERPRISE_192 = "wpa3-enterprise-192"


class KeyKind(enum.StrEnum):
    """Key algorithm and size, of a CA or of a device (devices: RSA only, SCEP is RSA everywhere)."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"

    @property
    def bits(self) -> int:
        """Modulus or curve size in bits."""
        return int(self.value.lstrip("rsaecp-"))

    @property
    def is_rsa(self) -> bool:
        """Whether this is an RSA key."""
        return self.value.startswith("rsa")


class NetworkType(enum.StrEnum):
    """The medium of a network."""

    WIFI = "wifi"
    ETHERNET = "ethernet"


class GardenMode(enum.StrEnum):
    """How the onboarding SSID behaves: a portal pops up, or a walled garden lets assistants through."""

    CAPTIVE = "captive"
    ZERO_TOUCH = "zero-touch"


class ChallengeType(enum.StrEnum):
    """How a group's enrolments are authorised."""

    STATIC = "static"
    ONE_TIME = "one-time"
    APPROVAL = "approval"  # a shared secret opens the queue, a person decides


@dataclass(frozen=True, slots=True)
class Ssid:
    """A network name: 1 to 32 octets of UTF-8 (IEEE 802.11-2020, 9.4.2.2)."""

    text: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.octets) <= 32:
            msg = f"an SSID is 1 to 32 bytes of UTF-8 (IEEE 802.11-2020, 9.4.2.2); this is {len(self.octets)}"
            raise ValueError(msg)
        if any(ord(character) < 32 or ord(character) == 127 for character in self.text):
            msg = "an SSID with control characters cannot be shown or typed"
            raise ValueError(msg)

    @property
    def octets(self) -> bytes:
        """The bytes on the air."""
        return self.text.encode()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """Where people get help; either may be empty."""

    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate authority: a root (`issuer` empty), an issuing CA under one, or somebody else's.

    Attributes:
        name: key in org.yaml.
        common_name, key, valid_for: of its certificate; empty and None exactly for somebody else's.
        issuer: name of the authority that signs it; empty: it signs itself, or is somebody else's.
        certificate: file of somebody else's certificate, relative to the org file; empty: it is ours.
        crl_valid_for: from one of its CRLs to the next; None: as usual.
    """

    name: str
    common_name: str = ""
    key: KeyKind | None = None
    valid_for: timedelta | None = None
    issuer: str = ""
    certificate: str = ""
    crl_valid_for: timedelta | None = None
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
class Anchor:
    """What a RADIUS server's chain must end in: an authority of this org, or a certificate file."""

    authority: str = ""
    file: str = ""  # relative to the org file
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The key under which its certificate is found: authority name, or "file:PATH"."""
        return self.authority or f"file:{self.file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusClient:
    """Who may ask a RADIUS server: the access points, switches and controllers of one site."""

    name: str  # the site, as `vlan` names it
    addresses: tuple[str, ...]  # addresses or networks, as CIDR
    secret: SecretReference  # env: or file:
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """What a device demands of the network before it offers its certificate."""

    name: str
    server_names: tuple[str, ...]  # lower-case DNS names; one leading "*." label is allowed
    trust: tuple[Anchor, ...]
    type: RadiusType = RadiusType.FREERADIUS
    tls: TlsVersions = field(default_factory=TlsVersions)
    issue: bool = True  # our PKI makes the server certificate, where `trust` names an authority of ours
    clients: tuple[RadiusClient, ...] = ()
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An 802.1X network: an SSID or the wire."""

    name: str
    type: NetworkType
    radius: Radius
    more_radius: tuple[Radius, ...] = ()  # other clusters that answer there
    ssid: Ssid | None = None  # None exactly for Ethernet
    security: Security | None = None  # None exactly for Ethernet
    eap: EapMethod = EapMethod.TLS  # of Windows; everybody else does EAP-TLS
    fips: bool = False  # Windows encrypts by FIPS 140 validated code; WPA2 only
    mac_randomization: bool = False  # of Windows; Apple's is under `apple`
    hidden: bool = False  # devices must ask for it wherever they are
    outer_identity: str = ""  # Apple: what is said before TLS 1.3 hides the rest
    passpoint: Passpoint | None = None
    apple: Mapping[str, Setting] = field(
        default_factory=dict, hash=False
    )  # keys of apple_options.NETWORK_KEYS
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def servers(self) -> tuple[Radius, ...]:
        """Every RADIUS entry that answers there."""
        return (self.radius, *self.more_radius)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectAttribute:
    """One attribute of the subject that a certificate gets."""

    type: AttributeType
    value: Template
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AltName:
    """One subject alternative name that a certificate gets."""

    kind: AltNameKind
    value: Template
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentProfile:
    """A named issuance rule; the payload asks for it and the SCEP policy grants it."""

    name: str
    description: str
    holder: Holder
    subject: tuple[SubjectAttribute, ...]
    subject_alt_names: tuple[AltName, ...]
    values: Mapping[str, str]  # variable -> glob ('*' any run of characters) that its value must match
    key: KeyKind  # RSA_2048 or RSA_4096
    valid_for: timedelta
    renew_within: timedelta  # from this long before the end a renewal is taken
    extended_key_usages: tuple[str, ...]  # keys of names.EXTENDED_KEY_USAGES
    renew_after_expiry: timedelta | None = None  # until this long after the end a renewal is still taken
    supersede_after: timedelta | None = None  # this long after its renewal the old certificate is revoked
    max_active: int | None = None  # live certificates for one identity
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable of subject and alternative names, in order of first appearance."""
        templates = [a.value for a in self.subject] + [n.value for n in self.subject_alt_names]
        return tuple(dict.fromkeys(name for template in templates for name in template.variables))


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerSecret:
    """A secret that a group shared before; taken through the end of a day, UTC."""

    secret: SecretReference
    until: date
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """How enrolments of a group are authorised.

    Attributes:
        type: by what.
        secret: that the group shares; None exactly for ONE_TIME.
        valid_for: ONE_TIME: life of a minted challenge; APPROVAL: how long a request waits.
        until: the last day, UTC, on which the secret is taken; None: no end.
        also_accept: secrets that the group shared before.
        addresses: networks whence shared secrets are taken, as CIDR; empty: from anywhere.
        uses: how many certificates each shared secret may give; None: any number.
    """

    type: ChallengeType
    secret: SecretReference | None = None
    valid_for: timedelta = timedelta(hours=1)
    until: date | None = None
    also_accept: tuple[FormerSecret, ...] = ()
    addresses: tuple[str, ...] = ()
    uses: int | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Who may join which network, with certificates of which authority."""

    name: str
    authority: Authority  # issues
    also_accepted: tuple[Authority, ...] = ()  # whose certificates go on working during a rollover
    profile: EnrollmentProfile
    networks: tuple[Network, ...]  # in order of preference
    platforms: tuple[Platform, ...]
    challenge: Challenge
    vlan: int | None = None  # unless one of `vlans` is nearer
    vlans: Mapping[str, int] = field(default_factory=dict, hash=False)  # by NETWORK or NETWORK@SITE
    reply: Mapping[str, str] = field(default_factory=dict, hash=False)  # further RADIUS attributes
    windows: WindowsOptions = field(default_factory=WindowsOptions)
    apple: AppleOptions = field(default_factory=AppleOptions)
    access_for: timedelta | None = None  # ends certificates, and removes Apple's profile
    formerly: tuple[str, ...] = ()  # keys that it had before, oldest first
    single_certificate: bool = False  # GetCACert gives the CA's certificate alone, and devices seal to the CA
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def vlan_on(self, network: str, site: str = "") -> int | None:
        """The VLAN of its members on a network, at a site where that matters; None: as the switch has it."""
        return self.vlans.get(f"{network}@{site}", self.vlans.get(network, self.vlan))

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """Everybody whose certificates are good for this group; the first one issues."""
        return (self.authority, *self.also_accepted)

    @property
    def names(self) -> tuple[str, ...]:
        """Every key that it has or had, today's first."""
        return (self.name, *self.formerly)


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per second, as `20/s` in org.yaml; None elsewhere means no limit."""

    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScepSettings:
    """Where groups enrol, and the limits of that endpoint."""

    url: str  # absolute http(s), no trailing slash; groups enrol at <url>/scep/<group>
    per_address: Rate | None  # requests, counted before any RSA
    per_group: Rate | None  # issued certificates
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def endpoint(self, group: str) -> str:
        """The URL that goes into a payload."""
        return f"{self.url}/scep/{group}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiSettings:
    """Where CRLs, OCSP and issuer certificates are fetched; baked into every certificate."""

    url: str  # absolute http, no trailing slash
    crl_valid_for: timedelta = timedelta(days=3)  # of authorities that issue to groups
    ocsp: bool = True  # whether certificates name a responder
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def crl_url(self, authority: str) -> str:
        """The CRL of an authority."""
        return f"{self.url}/crl/{authority}.crl"

    def ocsp_url(self, authority: str) -> str:
        """The OCSP responder of an authority."""
        return f"{self.url}/ocsp/{authority}"

    def issuer_url(self, authority: str) -> str:
        """The certificate of an authority, DER."""
        return f"{self.url}/ca/{authority}.cer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarding:
    """The onboarding SSID, its garden and the portal."""

    ssid: Ssid
    mode: GardenMode
    portal: str  # absolute https URL without trailing slash; empty without a portal
    services: tuple[str, ...]  # tags of the whitelist catalogue
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningFiles:
    """Who signs profiles for self-service; PEM files, relative to the org file."""

    certificate: str  # the signer's, its issuers behind it
    key: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MdmTarget:
    """An MDM that groups' payloads go to."""

    name: str
    type: str  # key of dialects.DIALECTS
    groups: tuple[str, ...]  # keys of groups
    place: Place = field(default=NOWHERE, compare=False, repr=False)


class SinkType(enum.StrEnum):
    """How the audit trail is sent."""

    SYSLOG = "syslog"  # RFC 5424 over TCP or TLS
    HTTP = "http"  # POST of lines


class SinkFormat(enum.StrEnum):
    """In which form the audit trail is sent."""

    JSON = "json"  # our own
    CEF = "cef"
    ECS = "ecs"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSink:
    """Where the audit trail goes as it grows.

    Attributes:
        name: key in org.yaml, and of its outbox.
        type: how it is sent.
        url: `tls://HOST[:PORT]` or `tcp://HOST[:PORT]` of syslog; an https or http URL of HTTP.
        format: of the lines.
        trust: PEM file of the authority that the other side's certificate comes from, relative to the org
            file; empty: those of the operating system.
        token: HTTP: sent as a Bearer token; None: none is.
    """

    name: str
    type: SinkType
    url: str
    format: SinkFormat = SinkFormat.JSON
    trust: str = ""
    token: SecretReference | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A whole org definition, every reference resolved."""

    name: str
    identifier: str  # reverse DNS
    support: Support
    notify: tuple[str, ...] = ()  # e-mail addresses that hear of everything that expires
    authorities: tuple[Authority, ...]  # issuers before those they issue
    radius: tuple[Radius, ...]
    networks: tuple[Network, ...]
    profiles: tuple[EnrollmentProfile, ...]  # those in use or defined here
    groups: tuple[Group, ...]
    pki: PkiSettings
    scep: ScepSettings
    onboarding: Onboarding | None = None
    audit: tuple[AuditSink, ...] = ()
    mdm: tuple[MdmTarget, ...] = ()
    signing: SigningFiles | None = None  # None: the leaf that `ca init` makes

    def group(self, name: str) -> Group:
        """The group called `name` (KeyError if there is none)."""
        return {group.name: group for group in self.groups}[name]

    def authority(self, name: str) -> Authority:
        """The authority called `name` (KeyError if there is none)."""
        return {authority.name: authority for authority in self.authorities}[name]

    def chain(self, authority: Authority) -> tuple[Authority, ...]:
        """The authority and its issuers up to the root."""
        if authority.is_root:
            return (authority,)
        return (authority, *self.chain(self.authority(authority.issuer)))
