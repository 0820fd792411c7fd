"""The server as a process: clock, entropy, log, workers, sockets, and the thread that writes."""

from __future__ import annotations

from scep_server.runtime.config import Reporting, Served, ServerConfig, Sink, Tls
from scep_server.runtime.local import running_server
from scep_server.runtime.serving import listen, serve, url_of

__all__ = [
    "Reporting",
    "Served",
    "ServerConfig",
    "Sink",
    "Tls",
    "listen",
    "running_server",
    "serve",
    "url_of",
]
