"""The certificate provisioning adapter: answers Google when a Chromebook asks for a certificate.

A Chromebook speaks no SCEP. Google tells of each request by Pub/Sub and lets the adapter read it, claim it,
have the device sign, and upload a certificate. What may be issued is decided as at the SCEP server: by the
group's policy, authority and store. Google says who asks; the request itself is never asked.
"""

from onboard.adapter.configuration import Settings, configure
from onboard.adapter.running import run

__all__ = ["Settings", "configure", "run"]
