"""How often something may be done in how long, as people write it: `60/h`, `5/15min`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

_LIMIT = re.compile(r"(\d{1,6})/(\d{0,4})(s|min|h|d)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


class LimitNotUnderstood(ValueError):
    """A text that is no limit; the message says what would be right."""


@dataclass(frozen=True)
class Limit:
    """So many in so long; all of them may come at once."""

    most: int
    span: timedelta

    @property
    def step(self) -> timedelta:
        """What one knock costs."""
        return self.span / self.most


def parse_limits(text: str, known: Mapping[str, str]) -> dict[str, Limit | None]:
    """Limits by name from `report=60/h,track=off`; a name not given has the text of `known`, `off` is None.

    Raises LimitNotUnderstood for a name that `known` has not, and for a text that is no limit.
    """
    given = dict(known)
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, value = part.partition("=")
        if name.strip() not in known:
            raise LimitNotUnderstood(f"there is no limit {name.strip()!r}; there are: {', '.join(known)}")
        given[name.strip()] = value.strip()
    return {name: parse_limit(value) for name, value in given.items()}


def parse_limit(text: str) -> Limit | None:
    """`60/h`, `5/15min`, `20/d` or `off`."""
    if text == "off":
        return None
    found = _LIMIT.fullmatch(text)
    if found is None or not int(found[1]) or found[2] == "0":
        raise LimitNotUnderstood(f"{text!r} is no limit; write for example 60/h, 5/15min, 20/d or off")
    return Limit(int(found[1]), timedelta(seconds=int(found[2] or 1) * _SECONDS[found[3]]))
