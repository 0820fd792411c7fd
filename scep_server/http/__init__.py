"""HTTP for the service: tolerant of what clients send, exact in what they get."""

from __future__ import annotations

from scep_server.http.app import Application
from scep_server.http.pki import PkiResource
from scep_server.http.scep import BODY_LIMIT, ScepResource

__all__ = ["BODY_LIMIT", "Application", "PkiResource", "ScepResource"]
