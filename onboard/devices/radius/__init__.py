"""How a simulated device gets past RADIUS: EAP-TLS by eapol_test, or spoken here over UDP."""
