"""The steps that a device takes, each as the real one would: read, enrol, offer its certificate, join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from onboard.devices.errors import (
    CaUntrustedError,
    DeviceError,
    RaSelectionError,
    ScepPendingError,
    ScepTransportError,
)
from onboard.devices.fill_in import fill_in
from onboard.devices.readers import read_device
from onboard.devices.scep.client import Identity, ScepClient
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, NetworkSettings
from onboard.errors import OnboardError
from onboard.rehearse.given import Given
from onboard.rehearse.result import Result, Step
from onboard.rehearse.stage import Spot, Stage


def read(row: Result, artifacts: Sequence[Given], stage: Stage) -> DeviceSettings:
    """What the device learns from its artifacts, their variables filled in; raises OnboardError."""
    values, files = stage.values(row.group, row.platform), dict[str, list[bytes]]()
    for given in artifacts:
        try:
            files.setdefault(given.kind, []).append(fill_in(given.content, given.kind, values))
        except OnboardError as error:
            msg = f"{given.path}: {error}"
            raise OnboardError(msg, hint=error.hint) from error
    settings = read_device(row.platform, files, row.holder)
    if not settings.networks:
        raise DeviceError("networks", "the artifacts hold no network that this device could join")
    return settings


def spots(row: Result, network: NetworkSettings, stage: Stage) -> tuple[Spot, ...]:
    """Where the device should find the network: by its SSID or port, or wherever Passpoint leads it."""
    provider = network.provider
    if provider is None or network.ssid:
        label = stage.label(row.group, network)
        return (Spot(network=network, label=label, name=label),)
    labels = {heard.label for heard in stage.air if provider.joins(heard.offer)}
    if not labels:
        missed = f"no access point of this organization answers to the Passpoint domain {provider.domain}"
        return (Spot(network=network, label=network.name, name=network.name, missed=missed),)
    return tuple(
        Spot(
            network=replace(network, ssid=heard.offer.ssid, name=heard.label),
            label=heard.label,
            name=f"{heard.label} (Passpoint{' partner' if heard.partner else ''})",
            partner=heard.partner,
            missed="" if provider.joins(heard.offer) else "the device does not take it for its provider's",
        )
        for heard in stage.air
        if heard.label in labels
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What came of an enrolment."""

    identity: Identity
    pinned: bool | None  # None: the artifact pins no CA
    remark: str = ""


def enrol(row: Result, enrolment: EnrolmentSettings, settings: DeviceSettings, stage: Stage) -> Enrolled:
    """A certificate for a new key, after an approval where the group wants one; raises OnboardError."""
    device = client(enrolment, stage)
    endpoint = device.discover(enrolment.pin, settings.certificates)
    key = rsa.generate_private_key(public_exponent=65537, key_size=enrolment.key_bits)
    request = device.prepare(endpoint, enrolment.request, key)
    pinned, remark = None if enrolment.pin is None else True, ""
    try:
        identity = device.send(endpoint, request)
    except ScepPendingError as pending:
        patience = enrolment.patience
        if patience is None or patience.polls == 0:
            msg = "the server answered PENDING, which this device takes for a failure"
            raise OnboardError(msg, hint="give this group another type of challenge") from pending
        stage.decide(row.group, pending.transaction_id)
        remark = f"approved, as 'onboard cert approve' does; such a device asks {patience}"
        identity = device.poll(endpoint, enrolment.request, request)
    return Enrolled(identity=identity, pinned=pinned, remark=remark)


def client(enrolment: EnrolmentSettings, stage: Stage) -> ScepClient:
    """The device as a SCEP client of its family, on the clock of the stage."""
    return ScepClient(
        url=enrolment.url,
        client=stage.client,
        shape=enrolment.shape,
        now=stage.now,
        identifier=enrolment.identifier,
    )


def join(
    row: Result,
    spot: Spot,
    identity: Identity,
    chain: Sequence[x509.Certificate],
    stage: Stage,
) -> Result:
    """The row after the device came to the network with its certificate."""
    network = spot.network
    unoffered = spot.missed or _unoffered(network, identity.certificate, chain) or _unrouted(spot, identity)
    if unoffered:
        return replace(row, reason=unoffered, failed=Step.OFFER)
    if stage.authenticator is None:
        return replace(row, ok=True)
    try:
        outcome = stage.authenticator.authenticate(row.group, network, identity, chain, spot.site)
    except OnboardError as error:
        return replace(row, authenticated=False, reason=told(error), failed=Step.JOIN)
    if outcome is None:
        return replace(row, ok=True, reason="the key of this network's RADIUS server is not here")
    row = replace(row, authenticated=outcome.accepted, vlan=outcome.vlan, reason=outcome.reason)
    if outcome.accepted and stage.vlans is not None:
        expected = None if spot.partner else stage.vlans(row.group, spot.label, spot.site)
        if outcome.vlan != expected:
            reason = f"VLAN {outcome.vlan} was assigned; the org says {expected}"
            return replace(row, reason=reason, failed=Step.VLAN)
    return replace(row, ok=outcome.accepted, failed=None if outcome.accepted else Step.JOIN)


def step_of(error: OnboardError) -> Step:
    """Which step of enrolment an error belongs to."""
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


def _unrouted(spot: Spot, identity: Identity) -> str:
    """Why a partner could not tell whose member this is; empty where it can (RFC 7542: the realm)."""
    name = spot.network.eap_identity.of(identity.certificate)
    if not spot.partner or name.rpartition("@")[2] not in {"", name}:
        return ""
    return f"the device calls itself {name!r}, and a partner finds nobody's RADIUS server without a realm"


def told(error: OnboardError) -> str:
    """The error with its hint, as a remark."""
    return f"{error} ({error.hint})" if error.hint else str(error)
