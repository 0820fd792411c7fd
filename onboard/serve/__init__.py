"""onboard's runtime: what the organization says and the state folder holds, as a server that can start."""

from onboard.serve.configuration import Parts, configure

__all__ = ["Parts", "configure"]
