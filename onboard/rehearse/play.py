"""Plays the devices: reads artifacts, enrols, offers the certificate on each network, tells what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from onboard.devices.errors import CaUntrustedError, DeviceError, RaSelectionError, ScepTransportError
from onboard.devices.fill_in import fill_in
from onboard.devices.readers import read_device
from onboard.devices.scep_client import Identity, ScepClient
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, NetworkSettings
from onboard.errors import OnboardError
from onboard.rehearse.given import Given
from onboard.rehearse.result import Result, Step

Values = Callable[[str, str], Mapping[str, str]]
"""(group, platform) -> a value for each variable, `challenge` among them where the group's is one-time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the RADIUS server did with a device."""

    accepted: bool
    vlan: int | None = None
    reason: str = ""  # why not


class Authenticator(Protocol):
    """Puts a device before a RADIUS server."""

    def authenticate(
        self, group: str, network: NetworkSettings, identity: Identity, chain: Sequence[x509.Certificate]
    ) -> Outcome | None:
        """EAP-TLS with the identity; None where nobody here can play the network's RADIUS server.

        Raises:
            OnboardError: it could not be tried.
        """


def _own_name(group: str, network: NetworkSettings) -> str:
    del group
    return network.name


def _silent(result: Result) -> None:
    del result


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything around the devices."""

    client: httpx.Client  # decides where the artifact's host names lead
    values: Values
    now: datetime  # the devices' clock, aware UTC
    authenticator: Authenticator | None = None  # None: FreeRADIUS or eapol_test is not here
    vlans: Mapping[str, int | None] = field(default_factory=dict)  # by group; what the org assigns
    label: Callable[[str, NetworkSettings], str] = _own_name  # what a network of a group is called in a row
    progress: Callable[[Result], None] = _silent  # called with each row as it is known


def rehearse(artifacts: Sequence[Given], stage: Stage) -> tuple[Result, ...]:
    """Play one device for each group and platform among the artifacts.

    Args:
        artifacts: what devices and administrators would receive, unchanged.
        stage: network, values and clock.

    Returns:
        A row for each group, platform and network, in the artifacts' order.
    """
    results = []
    for group, platform in dict.fromkeys((given.group, given.platform) for given in artifacts):
        own = [given for given in artifacts if (given.group, given.platform) == (group, platform)]
        for result in _play(Result(group=group, platform=platform, network=""), own, stage):
            stage.progress(result)
            results.append(result)
    return tuple(results)


def _play(row: Result, artifacts: Sequence[Given], stage: Stage) -> Iterator[Result]:
    try:
        settings = _read(row, artifacts, stage)
    except OnboardError as error:
        yield replace(row, reason=_told(error), failed=Step.READ)
        return
    rows = tuple(
        replace(row, network=stage.label(row.group, network), read=True) for network in settings.networks
    )
    if settings.enrolment is None:
        # Android's formats cannot enrol; an agent does, and puts the key under the alias that was read.
        yield from (replace(r, ok=True, reason="read only: this format holds no enrolment") for r in rows)
        return
    try:
        pinned, identity = _enrol(settings.enrolment, settings, stage)
    except OnboardError as error:
        pin = False if isinstance(error, CaUntrustedError) else None
        yield from (replace(r, pinned=pin, reason=_told(error), failed=_step(error)) for r in rows)
        return
    chain = (*settings.certificates, *identity.others)
    for r, network in zip(rows, settings.networks, strict=True):
        yield _join(replace(r, pinned=pinned, enrolled=True), network, identity, chain, stage)


def _read(row: Result, artifacts: Sequence[Given], stage: Stage) -> DeviceSettings:
    values, files = stage.values(row.group, row.platform), dict[str, list[bytes]]()
    for given in artifacts:
        try:
            files.setdefault(given.kind, []).append(fill_in(given.content, given.kind, values))
        except OnboardError as error:
            msg = f"{given.path}: {error}"
            raise OnboardError(msg, hint=error.hint) from error
    settings = read_device(row.platform, files)
    if not settings.networks:
        raise DeviceError("networks", "the artifacts hold no network that this device could join")
    return settings


def _enrol(
    enrolment: EnrolmentSettings, settings: DeviceSettings, stage: Stage
) -> tuple[bool | None, Identity]:
    device = ScepClient(
        url=enrolment.url,
        client=stage.client,
        shape=enrolment.shape,
        now=stage.now,
        identifier=enrolment.identifier,
    )
    endpoint = device.discover(enrolment.pin, settings.certificates)
    key = rsa.generate_private_key(public_exponent=65537, key_size=enrolment.key_bits)
    identity = device.enroll(endpoint, enrolment.request, key)
    return (None if enrolment.pin is None else True), identity


def _join(
    row: Result,
    network: NetworkSettings,
    identity: Identity,
    chain: Sequence[x509.Certificate],
    stage: Stage,
) -> Result:
    unoffered = _unoffered(network, identity.certificate, chain)
    if unoffered:
        return replace(row, reason=unoffered, failed=Step.OFFER)
    if stage.authenticator is None:
        return replace(row, ok=True)
    try:
        outcome = stage.authenticator.authenticate(row.group, network, identity, chain)
    except OnboardError as error:
        return replace(row, authenticated=False, reason=_told(error), failed=Step.JOIN)
    if outcome is None:
        return replace(row, ok=True, reason="the key of this network's RADIUS server is not here")
    row = replace(row, authenticated=outcome.accepted, vlan=outcome.vlan, reason=outcome.reason)
    expected = stage.vlans.get(row.group)
    if outcome.accepted and row.group in stage.vlans and outcome.vlan != expected:
        reason = f"VLAN {outcome.vlan} was assigned; the org says {expected}"
        return replace(row, reason=reason, failed=Step.VLAN)
    return replace(row, ok=outcome.accepted, failed=None if outcome.accepted else Step.JOIN)


def _step(error: OnboardError) -> Step:
    if isinstance(error, ScepTransportError):
        return Step.REACH
    return Step.TRUST if isinstance(error, CaUntrustedError | RaSelectionError) else Step.ENROL


def _unoffered(network: NetworkSettings, own: x509.Certificate, chain: Sequence[x509.Certificate]) -> str:
    """Why the device would stay silent on the network; empty where it speaks."""
    refusal = network.identity.refusal(own, chain)
    if refusal:
        return f"the device would not offer its certificate: {refusal}"
    if not network.eap_identity.of(own):
        return "the certificate has no name to answer EAP-Request/Identity with"
    return ""


def _told(error: OnboardError) -> str:
    return f"{error} ({error.hint})" if error.hint else str(error)
