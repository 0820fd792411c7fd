"""Infrastructure certificates with their keys: RA, OCSP, RADIUS, signer of profiles; kept, made or renewed.

A renewal never replaces a file: it makes a new generation beside the old one (`staff`, `staff@2`...). None of
these certificates is in a payload, so their renewal changes no artifact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from onboard.errors import PkiError
from onboard.pki import load_pem
from onboard.provision.authorities import is_issued_by, names, subject
from onboard.provision.hierarchy import RENEW_WITHIN, Kind, Leaf
from onboard.provision.report import Outcome, Row, certificate_row
from onboard.provision.site import Site
from onboard.provision.state import StateFolder, explained
from onboard.provision.supply import KeySupply
from scep_server.authority import IssuingAuthority, infrastructure
from scep_server.errors import RequestRejectedError
from scep_server.keys import KeyStore, PrivateKey
from scep_server.keys.files import write_new

_GENERATION = re.compile(r"(?P<name>[^@]+)(?:@(?P<number>[1-9][0-9]*))?")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Generation:
    """One pair of a leaf, whole or half-made."""

    number: int
    stem: str  # file name without suffix
    has_key: bool
    has_certificate: bool

    @property
    def is_whole(self) -> bool:
        """Whether both halves are there."""
        return self.has_key and self.has_certificate


Inventory = Mapping[tuple[Kind, str], tuple[Generation, ...]]  # newest first


def inventory(state: StateFolder) -> Inventory:
    """Every pair in the state folder, by kind and name; each folder is read once.

    Raises:
        StateError: a folder cannot be read.
    """
    found: dict[tuple[Kind, str], list[Generation]] = {}
    for kind in (Kind.RA, Kind.OCSP, Kind.RADIUS, Kind.SIGNING, Kind.AUDIT):
        folder = state.path / kind.value
        with explained(folder):
            names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        for stem in {name.rpartition(".")[0] for name in names if name.endswith((".key", ".pem"))}:
            match = _GENERATION.fullmatch(stem)
            if match:
                generation = Generation(
                    number=int(match["number"] or 1),
                    stem=stem,
                    has_key=f"{stem}.key" in names,
                    has_certificate=f"{stem}.pem" in names,
                )
                found.setdefault((kind, match["name"]), []).append(generation)
    return {place: tuple(sorted(pairs, reverse=True)) for place, pairs in found.items()}


def read(state: StateFolder, kind: Kind, generation: Generation) -> x509.Certificate:
    """The certificate of a pair.

    Raises:
        PkiError: the file holds something else.
        StateError: it cannot be read.
    """
    path = _certificate_path(state, kind, generation.stem)
    with explained(path.parent):
        return load_pem(generation.stem, path.read_bytes(), str(path)).parsed


def newest(site: Site, leaf: Leaf, generations: tuple[Generation, ...]) -> x509.Certificate | None:
    """The certificate of the pair in use: the newest of the leaf's issuer, or else the newest of all."""
    found = in_use(site, leaf, generations)
    return found[1] if found else None


def in_use(
    site: Site, leaf: Leaf, generations: tuple[Generation, ...]
) -> tuple[Generation, x509.Certificate] | None:
    """The whole pair that stands for a leaf.

    During a rollover an endpoint has RAs of two authorities under one name. Where none is of the leaf's
    issuer, the newest says at least what was there before.

    Raises:
        PkiError: a file holds something else.
        StateError: it cannot be read.
    """
    issuer = site.certificate(leaf.issuer)
    whole = [generation for generation in generations if generation.is_whole]
    for generation in whole:
        certificate = read(site.state, leaf.kind, generation)
        if is_issued_by(certificate, issuer) if issuer else names(site, leaf.issuer, certificate):
            return generation, certificate
    if not whole or leaf.kind is Kind.RA:
        return None
    return whole[0], read(site.state, leaf.kind, whole[0])


def _is_due(site: Site, leaf: Leaf, current: x509.Certificate | None) -> bool:
    """Whether a leaf must be made: missing, near its end, for other names, or of another issuer."""
    issuer = site.certificate(leaf.issuer)
    if current is None or issuer is None or not _fits(leaf, current, issuer):
        return True
    return _nears_its_end(site, leaf, current, issuer)


def settle(
    site: Site,
    leaf: Leaf,
    generations: tuple[Generation, ...],
    issuer: IssuingAuthority | None,
    supply: KeySupply,
) -> Row:
    """Keep a leaf, make it, or say that it cannot be made now.

    Args:
        site: where.
        leaf: what is wanted.
        generations: its pairs, newest first.
        issuer: its authority; None where that cannot sign now.
        supply: of new keys.

    Raises:
        PkiError: the issuer refuses, or a certificate and its key do not belong together.
        StateError: a file cannot be written.
    """
    whole, current = in_use(site, leaf, generations) or (None, None)
    latest = next((generation for generation in generations if generation.is_whole), None)
    keys = site.state.keys(leaf.kind)
    for generation in {found for found in (whole, latest) if found}:
        check_pair(keys, generation, read(site.state, leaf.kind, generation), keys.load(generation.stem))
    if whole and current and not _is_due(site, leaf, current):
        return _row(site, leaf, Outcome.KEPT, whole.stem, current)
    if issuer is None:
        return _blocked(site, leaf, whole, current)
    stem, key = _claim(site, leaf, generations, supply)
    made = _sign(site, leaf, issuer, key)
    path = _certificate_path(site.state, leaf.kind, stem)
    with explained(path.parent):
        write_new(path, made.public_bytes(Encoding.PEM), mode=0o644)
    return _row(site, leaf, Outcome.RENEWED if current else Outcome.CREATED, stem, made)


def _claim(
    site: Site, leaf: Leaf, generations: tuple[Generation, ...], supply: KeySupply
) -> tuple[str, PrivateKey]:
    """Stem and key of a new pair, the key written: that of a run that was cut off, or the next number."""
    keys = site.state.keys(leaf.kind)
    if generations and generations[0].has_key and not generations[0].has_certificate:
        return generations[0].stem, keys.load(generations[0].stem)
    number = generations[0].number + 1 if generations else 1
    stem, key = leaf.name if number == 1 else f"{leaf.name}@{number}", supply.take(leaf.key)
    with explained(site.state.path / leaf.kind):
        keys.create(stem, key)
    return stem, key


def _sign(site: Site, leaf: Leaf, issuer: IssuingAuthority, key: PrivateKey) -> x509.Certificate:
    try:
        return infrastructure(
            issuer,
            leaf.shape,
            subject(site.organization, leaf.common_name),
            key.public_key(),
            dns_names=leaf.dns_names,
            valid_for=leaf.valid_for,
            serial=site.serial(),
            now=site.now,
        )
    except (RequestRejectedError, ValueError) as error:
        raise PkiError(f"{leaf.kind}/{leaf.name} cannot be made: {error}") from error


def check_pair(
    keys: KeyStore, generation: Generation, certificate: x509.Certificate, key: PrivateKey
) -> None:
    """Make sure that a certificate is for the key beside it.

    Raises:
        PkiError: it is for another.
    """
    if key.public_key() != certificate.public_key():
        raise PkiError(
            f"{keys.folder / generation.stem}.pem does not belong to the key beside it",
            hint="restore both from one backup, or move both away: 'onboard ca init' makes a new pair",
        )


def _fits(leaf: Leaf, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns_names = tuple(names.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        dns_names = ()
    return dns_names == leaf.dns_names and is_issued_by(certificate, issuer)


def _nears_its_end(site: Site, leaf: Leaf, current: x509.Certificate, issuer: x509.Certificate) -> bool:
    if site.now < current.not_valid_after_utc - RENEW_WITHIN:
        return False
    # A leaf that ends with its issuer cannot be renewed: another one would end at the same time.
    reach = min(site.now + leaf.valid_for, issuer.not_valid_after_utc)
    return reach > current.not_valid_after_utc + timedelta(days=1)


def _blocked(site: Site, leaf: Leaf, whole: Generation | None, current: x509.Certificate | None) -> Row:
    remark = f"the key of {leaf.issuer!r} is needed to make it and is not at hand"
    if whole is None or current is None:
        return Row(kind=leaf.kind, name=leaf.name, outcome=Outcome.BLOCKED, remark=remark)
    return _row(site, leaf, Outcome.BLOCKED, whole.stem, current, remark=remark)


def _row(
    site: Site, leaf: Leaf, outcome: Outcome, stem: str, certificate: x509.Certificate, *, remark: str = ""
) -> Row:
    path = _certificate_path(site.state, leaf.kind, stem)
    return certificate_row(leaf.kind, leaf.name, outcome, certificate, file=str(path), remark=remark)


def _certificate_path(state: StateFolder, kind: Kind, stem: str) -> Path:
    return state.path / kind.value / f"{stem}.pem"
