"""Simulated devices: what each platform reads from its artifact, how it enrols, how it authenticates.

Nothing here knows the org definition or the server: a device has the artifact's bytes and the network.
"""
