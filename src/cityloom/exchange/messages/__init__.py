"""Connectors that carry messages to people: make-believe, SMTP, and any SMS gateway that takes JSON."""
