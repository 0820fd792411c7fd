"""The commands that prove: simulated devices against our payloads, SCEP clients against any server."""
