"""Makes certificates: for devices on the hot path (`issuing`), for the infrastructure by `shapes`."""

from scep_server.authority.issuing import Issued, IssuingAuthority, Urls
from scep_server.authority.shapes import Shape, certificate_authority, infrastructure, root, signing_request
from scep_server.keys import PrivateKey

__all__ = [
    "Issued",
    "IssuingAuthority",
    "PrivateKey",
    "Shape",
    "Urls",
    "certificate_authority",
    "infrastructure",
    "root",
    "signing_request",
]
