"""A stable code from a name: how the classes of a source without codes of its own are named."""

import re

_GAP = re.compile(r"[^a-z0-9]+")


class EmptySlugError(ValueError):
    """A name without a single Latin letter or digit."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} has no letter a-z and no digit to make a code of; give it a code by hand")


def slug(name: str) -> str:
    """`Request for Pothole Repair` → `request-for-pothole-repair`; EmptySlugError when nothing would be left."""
    made = _GAP.sub("-", name.lower()).strip("-")
    if not made:
        raise EmptySlugError(name)
    return made
