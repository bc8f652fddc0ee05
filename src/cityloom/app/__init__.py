"""Settings, wiring, command line, worker and the servers that a fresh machine needs."""
