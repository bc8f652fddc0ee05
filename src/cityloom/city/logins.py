"""Which logins a person may have. Pure."""

from __future__ import annotations

LONGEST = 150
SERVICE = "service:"  # what the login of a machine's account begins with
PROVIDER, LIST = "provider", "list"  # who told: the identity provider at a sign-in, the list of people
RESERVED = frozenset({"system", "resident", "command", PROVIDER, LIST})  # who acts without being a person


def is_login(text: str) -> bool:
    """Whether a person may be called so: visible signs without spaces at the ends, and nobody's who is no person."""
    return (
        0 < len(text) <= LONGEST
        and text.isprintable()
        and text == text.strip()
        and text not in RESERVED
        and not text.startswith(SERVICE)
    )
