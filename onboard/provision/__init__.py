"""Makes and keeps the PKI of an organization, and hands its keys and policies to the SCEP server."""

from onboard.provision.ca import init, renew
from onboard.provision.crls import Reason
from onboard.provision.hierarchy import Kind, is_offline
from onboard.provision.inspection import inspect
from onboard.provision.policy import issuance_policies, issuance_policy
from onboard.provision.report import Outcome, Row
from onboard.provision.requests import import_certificate, request, sign_crl
from onboard.provision.sealing import seal, unseal
from onboard.provision.serving import Loader, Pair
from onboard.provision.site import Site
from onboard.provision.state import Entropy, StateFolder

__all__ = [
    "Entropy",
    "Kind",
    "Loader",
    "Outcome",
    "Pair",
    "Reason",
    "Row",
    "Site",
    "StateFolder",
    "import_certificate",
    "init",
    "inspect",
    "is_offline",
    "issuance_policies",
    "issuance_policy",
    "renew",
    "request",
    "seal",
    "sign_crl",
    "unseal",
]
