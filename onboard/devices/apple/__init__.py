"""Apple devices: a configuration profile, signed or not, down to its 802.1X payloads."""
