"""A later day in the life of an enrolled device: does it renew by then, and is it still let in?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from onboard.devices.scep.client import Identity
from onboard.devices.settings import DeviceSettings, EnrolmentSettings, Renewal
from onboard.errors import OnboardError
from onboard.rehearse import steps
from onboard.rehearse.given import Given
from onboard.rehearse.result import Result, Step
from onboard.rehearse.stage import Spot, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What a device holds on the later day."""

    identity: Identity
    renewal: str  # what a person reads
    renewed: bool | None = None  # None: it was not time yet
    error: str = ""  # why it has no new certificate though it should


def forecast(renewal: Renewal | None, certificate: x509.Certificate) -> str:
    """Who will renew the certificate, and from when on."""
    if renewal is None:
        return ""
    begins = _begins(renewal, certificate)
    return renewal.by if begins is None else f"{renewal.by}, from {begins:%Y-%m-%d}"


def live_on(
    row: Result,
    artifacts: Sequence[Given],
    settings: DeviceSettings,
    identity: Identity,
    later: Stage,
) -> Lived:
    """The device on the later day, once its software or its MDM has had the time to renew.

    Args:
        row: says whose it is.
        artifacts: the device's; a push by an MDM brings them again.
        settings: what it learnt from them.
        identity: what it enrolled.
        later: the world of that day.
    """
    renewal, enrolment = settings.renewal, settings.enrolment
    if renewal is None or enrolment is None:
        return Lived(identity=identity, renewal="")
    begins, ends = _begins(renewal, identity.certificate), identity.certificate.not_valid_after_utc
    if later.now >= ends:
        error = f"the certificate ran out on {ends:%Y-%m-%d}; a device that was off until then enrols anew"
        return Lived(identity=identity, renewal="too late", renewed=False, error=error)
    if begins is not None and later.now < begins:
        return Lived(identity=identity, renewal=f"{renewal.by}, not before {begins:%Y-%m-%d}")
    if row.group in later.closed:
        return Lived(identity=identity, renewal="closed", renewed=False, error=later.closed[row.group])
    again = ""
    try:
        if renewal.signed:
            fresh = _sign_again(settings, enrolment, identity, later)
        else:
            pushed = steps.read(row, artifacts, later)
            got = steps.enrol(row, pushed.enrolment or enrolment, pushed, later)
            fresh, again = got.identity, ", approved again" if got.remark else ""
    except OnboardError as error:
        return Lived(identity=identity, renewal="failed", renewed=False, error=steps.told(error))
    return Lived(identity=fresh, renewal=f"renewed by {renewal.by}{again}", renewed=True)


def go_on(row: Result, spot: Spot, lived: Lived, chain: Sequence[x509.Certificate], later: Stage) -> Result:
    """The row of today, carried on to the later day; one that failed today stays as it is."""
    row = replace(row, renewal=lived.renewal, renewed=lived.renewed)
    if not row.ok:
        return row
    if lived.error:
        return replace(row, ok=False, reason=f"on {_day(later.now)}: {lived.error}", failed=Step.RENEW)
    after = steps.join(row, spot, lived.identity, chain, later)
    if not after.ok:
        return replace(after, reason=f"on {_day(later.now)}: {after.reason}")
    if row.authenticated and later.authenticator is None:
        return replace(
            after, reason=f"EAP-TLS was played today and not on {_day(later.now)}: no faketime here"
        )
    return after


def _sign_again(
    settings: DeviceSettings, enrolment: EnrolmentSettings, identity: Identity, later: Stage
) -> Identity:
    """A request for a new key that the old certificate signs; the challenge has long been forgotten."""
    device = steps.client(enrolment, later)
    endpoint = device.discover(enrolment.pin, settings.certificates)
    key = rsa.generate_private_key(public_exponent=65537, key_size=enrolment.key_bits)
    return device.renew(endpoint, replace(enrolment.request, challenge=None), key, identity)


def _begins(renewal: Renewal, certificate: x509.Certificate) -> datetime | None:
    return None if renewal.within is None else certificate.not_valid_after_utc - renewal.within


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
