"""Sends mail through any SMTP server."""
