"""Webhooks: other systems are told at once what happens to cases, signed, at least once, with retries and replay."""
