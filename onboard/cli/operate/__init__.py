"""The commands of daily operation: serve, answer Google, see what expires, audit."""
