"""Sends SMS through a gateway that takes a JSON POST."""
