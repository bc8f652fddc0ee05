"""How a type of device writes its messages: where in the payload each stream and the time stand."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from cityloom.city.payload_files import Payload
from cityloom.sensing.values import FIRST_MS, LAST_MS

TIME_KEYS = ("t", "time", "ts", "timestamp")
_SECONDS_BELOW = 1e11  # a number of seconds until the year 5138; a number of milliseconds from 1973 on
MISSING = object()


class BadTime(ValueError):
    """A time that cannot be read."""


class BadValue(ValueError):
    """A value that is no number."""


PLAIN = Payload()


def at_path(body: Any, path: tuple[str, ...]) -> Any:
    """What stands there, or MISSING."""
    for key in path:
        if isinstance(body, dict) and key in body:
            body = body[key]
        elif isinstance(body, list) and key.isdigit() and int(key) < len(body):
            body = body[int(key)]
        else:
            return MISSING
    return body


def number_of(said: Any) -> float:
    """A value as a number: true and false are 1 and 0, null is no value (NaN); raises BadValue."""
    kind = type(said)
    if kind is float or kind is int:
        if kind is float and not math.isfinite(said):
            raise BadValue("not finite")
        if kind is int and not -(10**300) < said < 10**300:
            raise BadValue("too large")
        return float(said)
    if said is None:
        return math.nan
    if kind is bool:
        return 1.0 if said else 0.0
    raise BadValue("no number")


def time_of(said: Any, unit: str = "auto") -> int:
    """A time as milliseconds since 1970; a text without a zone is UTC. Raises BadTime."""
    if isinstance(said, str):
        try:
            at = datetime.fromisoformat(said)
        except ValueError as why:
            raise BadTime("no time") from why
        ms = round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    elif isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
        raise BadTime("no time")
    else:
        ms = _in_ms(said, unit)
    if not 0 <= ms < FIRST_MS + 2**42:
        raise BadTime("out of range")
    return ms


def _in_ms(said: float, unit: str) -> int:
    if unit == "auto":
        unit = "s" if abs(said) < _SECONDS_BELOW else "ms"
    scale = {"s": 1000.0, "ms": 1.0, "us": 0.001}.get(unit)
    if scale is None:
        raise BadTime("no text")
    return round(said * scale) if abs(said) < 1e18 else LAST_MS * 4
