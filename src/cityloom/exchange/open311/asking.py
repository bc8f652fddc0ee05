"""What a client asks of the list of requests, read from its parameters. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cityloom.city.snapshot_values import City
from cityloom.exchange.open311.errors import BadRequest, NotFound
from cityloom.exchange.open311.mapping import CLOSED, OPEN, class_code_of, moment_of

SPAN = timedelta(days=90)
MOST = 1000
DEEPEST = 100_000
FARTHEST_M = 100_000.0
_NUMBER = re.compile(r"-?\d{1,4}(?:\.\d{1,20})?")
EXAMPLES = {
    "start_date": "2026-06-01T00:00:00Z",
    "end_date": "2026-06-30T23:59:59+08:00",
    "updated_after": "2026-06-01T00:00:00Z",
    "updated_before": "2026-06-30T23:59:59+08:00",
    "page": "1",
    "page_size": "100",
    "status": "open,closed",
    "lat": "30.0011",
    "long": "110.0011",
    "radius": "500",
    "bbox": "110.0,30.0,110.1,30.1",
}

Box = tuple[float, float, float, float]  # west, south, east, north; degrees


@dataclass(frozen=True)
class Circle:
    """A point in degrees and a distance in metres."""

    lon: float
    lat: float
    radius_m: float


@dataclass(frozen=True)
class Asked:
    """Which requests: by number alone, or by all the rest together.

    Without a span of `updated` the requests of at most 90 days are meant, by default the last ones.
    """

    numbers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    status: str = ""
    opened: tuple[datetime, datetime] | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    box: Box | None = None
    circle: Circle | None = None
    page: int = 1
    page_size: int = MOST

    @property
    def by_update(self) -> bool:
        return self.updated_after is not None or self.updated_before is not None


def asked_of(given: Mapping[str, str], city: City, now: datetime) -> Asked:
    """The question; raises BadRequest for a value that is none, NotFound for a service code the city has not."""
    page, page_size = page_of(given)
    numbers = numbers_of(given)
    if numbers:
        return Asked(numbers=numbers, page=page, page_size=page_size)
    after, before = moment(given, "updated_after"), moment(given, "updated_before")
    dated = moment(given, "start_date"), moment(given, "end_date")
    free = (after is not None or before is not None) and dated == (None, None)
    return Asked(
        classes=_classes(given, city),
        status=_status(given),
        opened=None if free else span_of(*dated, now),
        updated_after=after,
        updated_before=before,
        box=_box(given),
        circle=_circle(given),
        page=page,
        page_size=page_size,
    )


def numbers_of(given: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of `service_request_id`, separated by commas; at most a thousand."""
    found = tuple(dict.fromkeys(filter(None, (n.strip() for n in given.get("service_request_id", "").split(",")))))
    if len(found) > MOST:
        raise _bad("service_request_id", f"{len(found)} ids", f"1–{MOST}")
    return found


def span_of(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """The two moments; 90 days from or to the one that is given, the last 90 days for none. BadRequest for more."""
    if start is None and end is None:
        return now - SPAN, now
    first = start if start is not None else (end or now) - SPAN
    last = end if end is not None else first + SPAN
    if last - first > SPAN + timedelta(days=1):  # a day of grace: clients count days in their own zone
        raise BadRequest("open311.span", most_days=SPAN.days)
    return first, last


def moment(given: Mapping[str, str], name: str) -> datetime | None:
    """A parameter that is a moment with its zone; None when it was not given."""
    text = given.get(name, "").strip()
    if not text:
        return None
    found = moment_of(text)
    if found is None:
        raise _bad(name, text)
    return found


def page_of(given: Mapping[str, str]) -> tuple[int, int]:
    """Which page, from 1, and of how many: a thousand when nothing is said. A larger size is read as a thousand."""
    page, size = _count(given, "page", 1), min(_count(given, "page_size", MOST), MOST)
    if (page - 1) * size >= DEEPEST:
        raise BadRequest("open311.too_deep")
    return page, size


def number(given: Mapping[str, str], name: str) -> float | None:
    """A parameter that is a decimal number; None when it was not given."""
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if len(text) > 40 or not math.isfinite(found):
        raise _bad(name, text)
    return found


def _count(given: Mapping[str, str], name: str, otherwise: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return otherwise
    if not re.fullmatch(r"[0-9]{1,7}", text) or int(text) == 0:
        raise _bad(name, text)
    return int(text)


def _classes(given: Mapping[str, str], city: City) -> tuple[str, ...]:
    found = []
    for code in filter(None, (c.strip() for c in given.get("service_code", "").split(","))):
        class_code = class_code_of(code)
        if class_code is None or class_code not in city.classes:
            raise NotFound("open311.no_service", code=code[:40])
        found.append(class_code)
    return tuple(found)


def _status(given: Mapping[str, str]) -> str:
    """`open`, `closed`, or empty for both."""
    words = {w.strip().lower() for w in given.get("status", "").split(",")} - {""}
    if words - {OPEN, CLOSED}:
        raise _bad("status", given.get("status", ""))
    return words.pop() if len(words) == 1 else ""


def _box(given: Mapping[str, str]) -> Box | None:
    text = given.get("bbox", "").strip()
    if not text:
        return None
    parts = [p.strip() for p in text.split(",")]
    if len(parts) != 4 or not all(map(_NUMBER.fullmatch, parts)):
        raise _bad("bbox", text)
    west, south, east, north = map(float, parts)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise _bad("bbox", text)
    return west, south, east, north


def _circle(given: Mapping[str, str]) -> Circle | None:
    lat, lon, radius = number(given, "lat"), number(given, "long"), number(given, "radius")
    if lat is None and lon is None and radius is None:
        return None
    for name, value, most in (("lat", lat, 90.0), ("long", lon, 180.0)):
        if value is None or abs(value) > most:
            raise _bad(name, given.get(name, ""))
    if radius is None or not 0 < radius <= FARTHEST_M:
        raise _bad("radius", given.get("radius", ""))
    assert lat is not None
    assert lon is not None
    return Circle(lon, lat, radius)


def _bad(name: str, value: str, example: str = "") -> BadRequest:
    return BadRequest("open311.bad_value", name=name, value=value[:60], example=example or EXAMPLES[name])
