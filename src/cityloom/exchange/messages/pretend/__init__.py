"""Puts messages into a drawer instead of sending them."""
