"""The SCEP client of the simulated devices (RFC 8894), as each family writes; none of our server is in it."""
