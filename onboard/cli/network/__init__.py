"""The commands about the network's own equipment: the onboarding whitelist, the RADIUS server."""
