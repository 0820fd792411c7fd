"""GetCACaps and GetCACert as each client asks and reads them."""

from __future__ import annotations

from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from onboard.devices.errors import ScepError, ScepTransportError
from onboard.devices.scep.ca_certificates import (
    ONE_CERTIFICATE,
    SEVERAL_CERTIFICATES,
    RegistrationAuthority,
    choose_ra,
    parse_ca_certificates,
)
from onboard.devices.scep.request_shape import RequestShape
from onboard.doctor import ber
from onboard.doctor.clients import Client
from onboard.doctor.line import Answer
from onboard.doctor.visit import Seen, Visit


def discover(visit: Visit, client: Client, dead: Answer | None = None) -> Seen:
    """Ask as `client` does; where nobody answered another client at all (`dead`), there is nothing to ask."""
    if dead is not None:
        return _seen(client, dead, dead)
    old, detour = client.speaks_http_10, None
    ca = visit.line.ask(client.shape, "GetCACert", old=old)
    if ca.status != 200 and (client.speaks_http_10 or client.shape.url_suffix):
        easier = replace(client, shape=replace(client.shape, url_suffix=""))
        answer = visit.line.ask(easier.shape, "GetCACert")
        if answer.status == 200:  # goes on as if that were put right, to see what else is wrong
            client, old, detour, ca = easier, False, ca, answer
    caps = ca if ca.error else visit.line.ask(client.shape, "GetCACaps", old=old)
    return replace(_seen(client, caps, ca), old=old, detour=detour)


def _seen(client: Client, caps: Answer, ca: Answer) -> Seen:
    certificates = read_certificates(ca)
    authority, trouble = _authority(client, ca, certificates)
    return Seen(
        client=client,
        caps=caps,
        ca=ca,
        capabilities=read_capabilities(caps, client.shape),
        certificates=certificates,
        authority=authority,
        trouble=trouble,
    )


def read_capabilities(answer: Answer, shape: RequestShape) -> frozenset[str]:
    """The keywords as a family sees them; none where the answer is an error (RFC 8894 §3.5.2)."""
    return shape.read_capabilities(answer.body) if answer.status == 200 else frozenset()


def read_certificates(answer: Answer) -> tuple[x509.Certificate, ...]:
    """The certificates of GetCACert, BER or DER, whatever the media type says; empty where it holds none."""
    if answer.status != 200:
        return ()
    for kind in (ONE_CERTIFICATE, SEVERAL_CERTIFICATES):
        try:
            body = answer.body if kind == ONE_CERTIFICATE else ber.definite(answer.body)
            return parse_ca_certificates(body, kind)
        except (ScepTransportError, ValueError):
            continue
    return ()


def _authority(
    client: Client, answer: Answer, certificates: tuple[x509.Certificate, ...]
) -> tuple[RegistrationAuthority | None, str]:
    if not certificates:
        return None, "GetCACert gave no certificate"
    if len(certificates) == 1 and answer.media_type == ONE_CERTIFICATE:
        return _alone(certificates[0])  # clients take it as it is, whatever its key usage says
    try:
        return choose_ra(certificates, client.shape.ra_rule, None), ""
    except ScepError as error:
        trouble = str(error)
    tolerant = next((c for c in certificates if isinstance(c.public_key(), rsa.RSAPublicKey)), None)
    if tolerant is None:
        return None, trouble
    return _taken(tolerant, certificates), trouble  # goes on, to see what else is wrong


def _alone(certificate: x509.Certificate) -> tuple[RegistrationAuthority | None, str]:
    if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
        return None, "the only certificate has no RSA key, and no mainstream client can encrypt to another"
    return _taken(certificate, (certificate,)), ""


def _taken(certificate: x509.Certificate, received: tuple[x509.Certificate, ...]) -> RegistrationAuthority:
    return RegistrationAuthority(
        recipient=certificate, signer=certificate, ca=received[-1], received=received
    )
