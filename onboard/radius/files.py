"""Policy + settings -> the files of a FreeRADIUS configuration folder, as bytes with their modes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from onboard import templating
from onboard.pki import PublicCertificate
from onboard.radius import quoting
from onboard.radius.config_file import ConfigFile
from onboard.radius.openssl_names import name_hash, one_line
from onboard.radius.policy import Policy
from onboard.radius.recipes import recipes
from onboard.radius.settings import ServerCertificate, Settings

_FILTERS: Mapping[str, templating.Filter] = {
    "text": quoting.text,
    "pattern": quoting.pattern,
    "same": quoting.same,
    "word": quoting.word,
    "braces": quoting.braces,
    "comment": quoting.comment,
    "shell": quoting.shell,
}


def build(
    policy: Policy,
    settings: Settings,
    server: ServerCertificate | None,
    crls: Mapping[str, x509.CertificateRevocationList],
) -> tuple[ConfigFile, ...]:
    """The folder for `freeradius -d FOLDER`.

    Args:
        policy: who is let in where.
        settings: addresses, clients, TLS versions.
        server: certificate and key; None leaves `certs/` for the administrator to fill.
        crls: the current CRL of each authority, by name; `refresh-crls` fetches what is absent, and until
            then nobody of that authority is let in.

    Raises:
        OnboardError: a value that a FreeRADIUS configuration cannot hold.
    """
    return (
        _template("radiusd.conf", policy, settings),
        _template("clients.conf", policy, settings),
        _template("mods-enabled/eap", policy, settings),
        _template("sites-enabled/onboard", policy, settings),
        _template("refresh-crls", policy, settings, mode=0o755),
        _template("onboard-radius.service", policy, settings),
        _template("onboard-radius-crls.service", policy, settings),
        _template("onboard-radius-crls.timer", policy, settings),
        _template("README.md", policy, settings),
        *recipes(policy),
        *_trust(policy, crls),
        *(() if server is None else _server(server)),
    )


def _template(path: str, policy: Policy, settings: Settings, mode: int = 0o644) -> ConfigFile:
    name = path.rpartition("/")[2]
    content = templating.code(
        f"radius/{name}.j2",
        _FILTERS,
        policy=policy,
        settings=settings,
        version=version("onboard"),
        crls=[
            (url, f"{_hash(c)}.r0", c.name, [f"{_hash(issuer)}.0" for issuer in _issuers(policy, c)])
            for c, url in _with_urls(policy)
        ],
    )
    return ConfigFile(path=path, content=content.encode(), mode=mode)


def _with_urls(policy: Policy) -> Iterator[tuple[PublicCertificate, str]]:
    """Issuers first: their CRLs decide about the others."""
    for certificate in sorted(policy.trusted, key=lambda one: len(_issuers(policy, one))):
        yield certificate, policy.crl_urls[certificate.name]


def _hash(certificate: PublicCertificate) -> str:
    return name_hash(certificate.parsed.subject)


def _issuers(policy: Policy, certificate: PublicCertificate) -> tuple[PublicCertificate, ...]:
    """Those above it, nearest first."""
    above: list[PublicCertificate] = []
    current = certificate
    while True:
        issuer = next((c for c in policy.trusted if c.parsed.subject == current.parsed.issuer), None)
        if issuer is None or issuer in (current, *above):
            return tuple(above)
        above.append(issuer)
        current = issuer


def _is_revoked(
    policy: Policy, certificate: PublicCertificate, crls: Mapping[str, x509.CertificateRevocationList]
) -> bool:
    """Whether it, or one above it, is in the CRL of its issuer."""
    chain = (certificate, *_issuers(policy, certificate))
    return any(
        issuer.name in crls
        and crls[issuer.name].get_revoked_certificate_by_serial_number(subject.parsed.serial_number)
        is not None
        for subject, issuer in pairwise(chain)
    )


def _trust(policy: Policy, crls: Mapping[str, x509.CertificateRevocationList]) -> Iterator[ConfigFile]:
    """The folder that OpenSSL looks names up in: `HASH.0` for an authority, `HASH.r0` for its CRL.

    A revoked authority has no CRL there, which keeps its members out: FreeRADIUS ends its chains at the
    issuing authority (X509_V_FLAG_PARTIAL_CHAIN) and cannot look that one up.
    """
    for certificate in policy.trusted:
        place = f"trust/{_hash(certificate)}"
        heading = f"# {one_line(certificate.parsed.subject)}\n"
        yield ConfigFile(path=f"{place}.0", content=(heading + certificate.pem).encode())
        crl = crls.get(certificate.name)
        if crl is not None and not _is_revoked(policy, certificate, crls):
            pem = crl.public_bytes(Encoding.PEM).decode()
            yield ConfigFile(path=f"{place}.r0", content=(heading + pem).encode())


def _server(server: ServerCertificate) -> Iterator[ConfigFile]:
    pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in server.chain)
    yield ConfigFile(path="certs/server.pem", content=pem)
    yield ConfigFile(path="certs/server.key", content=server.key, mode=0o600)
