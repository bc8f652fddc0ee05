"""Vital signs in the database: what streams said in an hour, the figures kept by hour and day, and reading them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
from django.db.backends.utils import CursorWrapper

from cityloom.city.values import Name
from cityloom.city.vital_values import Range
from cityloom.sensing.indicators import Band, Figure, StreamHours


@dataclass(frozen=True)
class StreamsOfCity:
    """The streams that should speak, in parallel: id, name, type, owner of the device, place, interval in seconds."""

    ids: tuple[int, ...]
    names: tuple[str, ...]
    types: tuple[str, ...]
    places: tuple[tuple[str, float | None, float | None], ...]
    intervals_s: tuple[float | None, ...]


class Kept(NamedTuple):
    """A figure as it is kept, with its area, sign and moment (an hour's beginning, or a day)."""

    area: str
    sign: str
    at: Any
    figure: Figure


_COLUMNS = "value, band, streams, heard, grids, measured, known, parts"
_READINGS = (
    "(SELECT stream, at, value FROM sensing_reading WHERE at >= %(begins)s AND at < %(ends)s "
    "UNION ALL SELECT stream, at, value FROM sensing_late WHERE at >= %(begins)s AND at < %(ends)s)"
)


def list_streams(cursor: CursorWrapper, city_id: int, day: date) -> StreamsOfCity:
    """The streams of devices that are in use on that day, also of those in quarantine; by id."""
    cursor.execute(
        "SELECT s.id, s.name, d.type, d.area, d.lon, d.lat, s.interval_s FROM sensing_stream s "
        "JOIN sensing_device d ON d.id = s.device_id WHERE s.city_id = %s AND d.state <> 'retired' "
        "AND (d.since IS NULL OR d.since <= %s) AND (d.until IS NULL OR d.until >= %s) ORDER BY s.id",
        [city_id, day, day],
    )
    rows = cursor.fetchall()
    return StreamsOfCity(
        tuple(r[0] for r in rows),
        tuple(r[1] for r in rows),
        tuple(r[2] for r in rows),
        tuple((r[3], r[4], r[5]) for r in rows),
        tuple(r[6] for r in rows),
    )


def hours_of_streams(
    cursor: CursorWrapper, streams: Sequence[int], ranges: Sequence[Range | None], begins: datetime, ends: datetime
) -> StreamHours:
    """What each stream said from `begins` up to `ends`, in the order given; a stream may be asked for two ranges."""
    cursor.execute(
        "WITH asked AS (SELECT * FROM unnest(%(streams)s::bigint[], %(lows)s::float8[], %(highs)s::float8[]) "  # noqa: S608
        "WITH ORDINALITY AS a(stream, low, high, place)) "
        "SELECT a.place, count(*), avg(r.value), min(r.value), max(r.value), "
        "(array_agg(r.value ORDER BY r.at DESC))[1], "
        "count(*) FILTER (WHERE r.value >= a.low AND r.value <= a.high) "
        f"FROM {_READINGS} r JOIN asked a ON a.stream = r.stream WHERE r.value <> 'NaN' GROUP BY a.place",
        {
            "streams": list(streams),
            "lows": [_end(span, 0, "-infinity") for span in ranges],
            "highs": [_end(span, 1, "infinity") for span in ranges],
            "begins": begins,
            "ends": ends,
        },
    )
    rows = cursor.fetchall()
    size = len(streams)
    place = np.array([row[0] - 1 for row in rows], dtype=np.int64)
    found: list[Any] = []
    for column, kind in enumerate((np.int64, np.float64, np.float64, np.float64, np.float64, np.int64), start=1):
        empty = np.zeros(size, np.int64) if kind is np.int64 else np.full(size, np.nan)
        empty[place] = np.array([row[column] for row in rows], dtype=kind)
        found.append(empty)
    return StreamHours(np.array(streams, np.int64), *found)


def _end(span: Range | None, which: int, usual: str) -> float:
    return float(usual) if span is None or span[which] is None else float(span[which] or 0.0)


def count_readings(cursor: CursorWrapper, city_id: int, begins: datetime, ends: datetime) -> dict[datetime, int]:
    """How many readings each hour of a span has by now, beside the partitions and in them."""
    cursor.execute(
        "SELECT to_timestamp(floor(extract(epoch FROM r.at) / 3600) * 3600), count(*) "  # noqa: S608
        f"FROM {_READINGS} r JOIN sensing_stream s ON s.id = r.stream AND s.city_id = %(city)s GROUP BY 1",
        {"city": city_id, "begins": begins, "ends": ends},
    )
    return {at: int(count) for at, count in cursor.fetchall()}


def keep_hours(cursor: CursorWrapper, city_id: int, at: datetime, figures: Mapping[str, Mapping[str, Figure]]) -> int:
    """Put the figures of an hour in the place of those before; how many there are."""
    rows = [Kept(area, sign, at, figure) for sign, areas in figures.items() for area, figure in areas.items()]
    cursor.execute("DELETE FROM sensing_vital_hour WHERE city_id = %s AND at = %s", [city_id, at])
    _insert(cursor, "sensing_vital_hour", "at", "timestamptz", city_id, rows)
    return len(rows)


def keep_days(
    cursor: CursorWrapper,
    city_id: int,
    day: date,
    figures: Mapping[str, Mapping[str, Figure]],
    spans: Mapping[tuple[str, str], tuple[float, float, int]],
) -> int:
    """The same for a day; `spans`: (area, sign) → lowest hour, highest hour, hours with a value."""
    rows = [Kept(area, sign, day, figure) for sign, areas in figures.items() for area, figure in areas.items()]
    cursor.execute("DELETE FROM sensing_vital_day WHERE city_id = %s AND day = %s", [city_id, day])
    more = [spans.get((row.area, row.sign), (None, None, 0)) for row in rows]
    columns: dict[str, tuple[str, list[Any]]] = {
        "low": ("float8", [m[0] for m in more]),
        "high": ("float8", [m[1] for m in more]),
        "hours": ("int", [m[2] for m in more]),
    }
    _insert(cursor, "sensing_vital_day", "day", "date", city_id, rows, columns)
    return len(rows)


def _insert(
    cursor: CursorWrapper,
    table: str,
    when: str,
    kind: str,
    city_id: int,
    rows: Sequence[Kept],
    more: Mapping[str, tuple[str, list[Any]]] | None = None,
) -> None:
    figures = [row.figure for row in rows]
    columns: dict[str, tuple[str, list[Any]]] = {
        "area": ("text", [row.area for row in rows]),
        "sign": ("text", [row.sign for row in rows]),
        when: (kind, [row.at for row in rows]),
        "value": ("float8", [f.value for f in figures]),
        "band": ("text", [f.band.value for f in figures]),
        "streams": ("int", [f.streams for f in figures]),
        "heard": ("int", [f.heard for f in figures]),
        "grids": ("int", [f.grids for f in figures]),
        "measured": ("int", [f.measured for f in figures]),
        "known": ("int", [f.known for f in figures]),
        "parts": ("int", [f.parts for f in figures]),
        **(more or {}),
    }
    arrays = ", ".join(f"%s::{kind}[]" for kind, _ in columns.values())
    names = ", ".join(columns)
    cursor.execute(
        f"INSERT INTO {table} (city_id, {names}) SELECT %s, u.* FROM unnest({arrays}) AS u",  # noqa: S608
        [city_id, *(values for _, values in columns.values())],
    )


def list_hours(
    cursor: CursorWrapper,
    city_id: int,
    areas: Sequence[str],
    signs: Iterable[str],
    begins: datetime,
    ends: datetime,
) -> list[Kept]:
    """The figures of these signs in these areas by the hour, the oldest first; one statement."""
    cursor.execute(
        f"SELECT area, sign, at, {_COLUMNS} FROM sensing_vital_hour WHERE city_id = %s "  # noqa: S608
        "AND area = ANY(%s) AND sign = ANY(%s) AND at >= %s AND at < %s ORDER BY at, sign, area",
        [city_id, list(areas), list(signs), begins, ends],
    )
    return [_kept(row) for row in cursor.fetchall()]


def list_days(
    cursor: CursorWrapper, city_id: int, areas: Sequence[str], signs: Iterable[str], first: date, last: date
) -> list[Kept]:
    """The same by the day, both days counted in."""
    cursor.execute(
        f"SELECT area, sign, day, {_COLUMNS} FROM sensing_vital_day WHERE city_id = %s "  # noqa: S608
        "AND area = ANY(%s) AND sign = ANY(%s) AND day >= %s AND day <= %s ORDER BY day, sign, area",
        [city_id, list(areas), list(signs), first, last],
    )
    return [_kept(row) for row in cursor.fetchall()]


def _kept(row: tuple[Any, ...]) -> Kept:
    area, sign, at, value, band, *counts = row
    return Kept(area, sign, at, Figure(value, Band(band), *counts))


def note_run(
    cursor: CursorWrapper, city_id: int, hour: datetime, at: datetime, readings: int, *, ended: bool, again: bool
) -> None:
    """That an hour was worked out; `again`: it had ended and been worked out before."""
    cursor.execute(
        "INSERT INTO sensing_vital_run (city_id, hour, at, readings, ended, revised) VALUES (%s, %s, %s, %s, %s, 0) "
        "ON CONFLICT (city_id, hour) DO UPDATE SET at = EXCLUDED.at, readings = EXCLUDED.readings, "
        "ended = EXCLUDED.ended, revised = sensing_vital_run.revised + %s",
        [city_id, hour, at, readings, ended, int(again)],
    )


class Run(NamedTuple):
    """How an hour was worked out last."""

    at: datetime
    readings: int
    ended: bool
    revised: int


def list_runs(cursor: CursorWrapper, city_id: int, begins: datetime, ends: datetime) -> dict[datetime, Run]:
    """The hours of a span that were worked out."""
    cursor.execute(
        "SELECT hour, at, readings, ended, revised FROM sensing_vital_run "
        "WHERE city_id = %s AND hour >= %s AND hour < %s",
        [city_id, begins, ends],
    )
    return {row[0]: Run(*row[1:]) for row in cursor.fetchall()}


class DeviceOfSign(NamedTuple):
    """A device with the newest reading of one of its streams."""

    code: str
    name: Name
    value: float | None
    at: datetime | None


def list_devices_of(
    cursor: CursorWrapper,
    city_id: int,
    type_: str,
    stream: str,
    areas: Sequence[str] | None,
    owners: Sequence[str] | None,
    most: int = 1000,
) -> list[DeviceOfSign]:
    """Devices of a type with the stream, in these areas (None: anywhere), of these units (None: of all), by code."""
    cursor.execute(
        "SELECT d.code, d.name_zh, d.name_en, s.last_value, s.last_at FROM sensing_device d "
        "JOIN sensing_stream s ON s.device_id = d.id AND s.name = %(stream)s "
        "WHERE d.city_id = %(city)s AND d.type = %(type)s AND d.state <> 'retired' "
        "AND (%(areas)s::text[] IS NULL OR d.area = ANY(%(areas)s)) "
        "AND (%(owners)s::text[] IS NULL OR d.owner = ANY(%(owners)s)) ORDER BY d.code LIMIT %(most)s",
        {
            "city": city_id, "type": type_, "stream": stream, "most": most,
            "areas": None if areas is None else list(areas), "owners": None if owners is None else list(owners),
        },
    )  # fmt: skip
    return [DeviceOfSign(row[0], Name(row[1], row[2]), row[3], row[4]) for row in cursor.fetchall()]


def newest_run(cursor: CursorWrapper, city_id: int) -> str:
    """When signs of the city were worked out last, as text by which a page knows that they changed; "" never."""
    cursor.execute("SELECT max(at) FROM sensing_vital_run WHERE city_id = %s", [city_id])
    (at,) = cursor.fetchone()
    return at.isoformat() if at else ""


def list_standing_alarms(
    cursor: CursorWrapper, city_id: int, area: str, owners: Sequence[str] | None, most: int = 1000
) -> list[tuple[str, str, float, float]]:
    """Rule, severity, longitude, latitude of alarms that stand in an area ("": anywhere); silenced ones are not."""
    cursor.execute(
        "SELECT rule, severity, lon, lat FROM sensing_alarm WHERE city_id = %(city)s "
        "AND state IN ('raised', 'acknowledged') AND lon IS NOT NULL "
        "AND (%(area)s = '' OR %(area)s = ANY(areas)) AND (%(owners)s::text[] IS NULL OR owner = ANY(%(owners)s)) "
        "ORDER BY raised_at DESC LIMIT %(most)s",
        {"city": city_id, "area": area, "owners": None if owners is None else list(owners), "most": most},
    )
    return list(cursor.fetchall())


def count_standing_alarms(cursor: CursorWrapper, city_id: int, area: str) -> int:
    """How many alarms stand in an area ("": anywhere)."""
    cursor.execute(
        "SELECT count(*) FROM sensing_alarm WHERE city_id = %(city)s AND state IN ('raised', 'acknowledged') "
        "AND (%(area)s = '' OR %(area)s = ANY(areas))",
        {"city": city_id, "area": area},
    )
    return int(cursor.fetchone()[0])
