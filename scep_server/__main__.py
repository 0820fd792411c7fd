"""`python -m scep_server`."""

from __future__ import annotations

from scep_server.cli import main

main()
