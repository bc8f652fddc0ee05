"""Count the people of a day, counter by counter, with how much of the day was measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.sensing.footfall import WEEKS, Day, day_of

TYPE, STREAM = "footfall_counter", "persons_in"
BACK = 2  # days that are counted again, for what comes late
USUAL_S = 900.0


class Counted(NamedTuple):
    """A counter's day as it is kept."""

    device: str
    name: Name
    area: str
    day: date
    figures: Day


def count_footfall(city: City, clock: Clock) -> Iterator[tuple[str, int]]:
    """Today so far and the days before it."""
    today = clock.now().astimezone(city.calendar().tz).date()
    for back in range(BACK, -1, -1):
        yield "footfall_days", count_day(city, today - timedelta(days=back), clock)


def count_day(city: City, day: date, clock: Clock) -> int:
    """One day of all counters, in the place of what was kept of it; how many counters."""
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, coalesce(s.interval_s, %s) FROM sensing_stream s "
            "JOIN sensing_device d ON d.id = s.device_id WHERE s.city_id = %s AND d.type = %s "
            "AND s.name = %s AND d.state <> 'retired' ORDER BY s.id",
            [USUAL_S, city.id, TYPE, STREAM],
        )
        counters = cursor.fetchall()
        for stream, interval_s in counters:
            begins, ends = _span(city, day)
            so_far = min(now, ends)
            expected = max(0, int((so_far - begins).total_seconds() // interval_s))
            past = [
                _said(cursor, stream, *_span(city, day - timedelta(weeks=week)), interval_s)
                for week in range(1, WEEKS + 1)
            ]
            found = day_of(_said(cursor, stream, begins, so_far, interval_s), expected, past)
            _keep(cursor, stream, day, found, now)
    return len(counters)


def list_footfall(cursor: CursorWrapper, city_id: int, first: date, last: date) -> list[Counted]:
    """The kept days of all counters, by counter and day; one statement."""
    cursor.execute(
        "SELECT d.code, d.name_zh, d.name_en, d.area, f.day, f.counted, f.measured, f.expected, f.estimate "
        "FROM sensing_footfall_day f JOIN sensing_stream s ON s.id = f.stream_id "
        "JOIN sensing_device d ON d.id = s.device_id WHERE s.city_id = %s AND f.day >= %s AND f.day <= %s "
        "ORDER BY d.code, f.day",
        [city_id, first, last],
    )
    return [Counted(row[0], Name(row[1], row[2]), row[3], row[4], Day(*row[5:])) for row in cursor.fetchall()]


def _span(city: City, day: date) -> tuple[datetime, datetime]:
    begins = datetime.combine(day, time(), city.calendar().tz)
    return begins, begins + timedelta(days=1)


def _said(
    cursor: CursorWrapper, stream: int, begins: datetime, ends: datetime, interval_s: float
) -> dict[int, float]:
    """What a counter said in each interval of a span; the last word of an interval counts."""
    cursor.execute(
        "SELECT DISTINCT ON (1) floor(extract(epoch FROM r.at - %(begins)s) / %(every)s)::int, r.value FROM ("
        "SELECT at, value FROM sensing_reading WHERE stream = %(stream)s AND at >= %(begins)s AND at < %(ends)s "
        "UNION ALL SELECT at, value FROM sensing_late WHERE stream = %(stream)s "
        "AND at >= %(begins)s AND at < %(ends)s) r WHERE r.value <> 'NaN' ORDER BY 1, r.at DESC",
        {"stream": stream, "begins": begins, "ends": ends, "every": interval_s},
    )
    return {int(number): float(value) for number, value in cursor.fetchall()}


def _keep(cursor: CursorWrapper, stream: int, day: date, found: Day, at: datetime) -> None:
    cursor.execute(
        "INSERT INTO sensing_footfall_day (stream_id, day, counted, measured, expected, estimate, at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (stream_id, day) DO UPDATE SET counted = EXCLUDED.counted, "
        "measured = EXCLUDED.measured, expected = EXCLUDED.expected, estimate = EXCLUDED.estimate, at = EXCLUDED.at",
        [stream, day, found.counted, found.measured, found.expected, found.estimate, at],
    )
