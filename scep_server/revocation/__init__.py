"""What relying parties learn about revoked certificates: CRLs (RFC 5280 §5) and OCSP answers (RFC 6960)."""

from scep_server.revocation.crl import RevokedCertificate, build_crl
from scep_server.revocation.ocsp import CertificateStatus, Responder, Standing, answer

__all__ = ["CertificateStatus", "Responder", "RevokedCertificate", "Standing", "answer", "build_crl"]
