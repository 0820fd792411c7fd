"""Makes certificates: for devices on the hot path (`issuing`), for the infrastructure by `shapes`."""

from scep_server.authority.issuing import IssuingAuthority, PrivateKey, Urls

__all__ = ["IssuingAuthority", "PrivateKey", "Urls"]
