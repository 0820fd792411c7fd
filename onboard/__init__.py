"""onboard: one org.yaml to payloads, enrolment, whitelist and RADIUS policy for 802.1X EAP-TLS."""
