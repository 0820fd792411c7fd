"""A SCEP server (RFC 8894) and its certificate authority; usable alone, knows nothing of `onboard`."""
