"""Observations from a door: through `keep_readings` like all others; what is no number stands beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from cityloom.exchange.sensorthings.errors import BadEntity, Conflict, TooHeavy
from cityloom.exchange.sensorthings.owning import Writer, check_device
from cityloom.exchange.sensorthings.reading import EPOCH, ONE_MS
from cityloom.exchange.sensorthings.said import Observed
from cityloom.exchange.sensorthings.shaping import moment_text
from cityloom.sensing.closed_days import TooManyAtOnce, list_closed_days, read_pieces
from cityloom.sensing.keeping import EARLY_S, MAIN_DAYS, keep_readings, moment
from cityloom.sensing.models import Stream
from cityloom.sensing.values import FIRST_MS, reading_id, readings_of


@dataclass(frozen=True)
class New:
    """An observation of a stream, about a feature (None: that of the device's place)."""

    stream: int
    observed: Observed
    feature: int | None = None

    @property
    def at_ms(self) -> int:
        """Its time in milliseconds since 1970."""
        return (self.observed.at - EPOCH) // ONE_MS

    @property
    def id(self) -> int:
        """The number by which it is known."""
        return reading_id(self.stream, self.at_ms)


def streams_for(writer: Writer, ids: Sequence[int]) -> dict[int, Any]:
    """The streams of these numbers that the city has, each with its device; raises NotYours for another unit's."""
    rows: Iterable[Any] = Stream.objects.select_related("device").filter(city_id=writer.city.id, id__in=set(ids))
    for row in rows:
        check_device(writer, row.device)
    return {row.id: row for row in rows}


def check_time(observed: Observed, now: datetime) -> None:
    """Raise BadEntity for a time that no reading can have: before 2010, or later than now and some minutes."""
    at_ms, latest_ms = (observed.at - EPOCH) // ONE_MS, (now - EPOCH) // ONE_MS + EARLY_S * 1000
    if not FIRST_MS <= at_ms <= latest_ms:
        first, last = moment_text(moment(FIRST_MS)), moment_text(moment(latest_ms))
        raise BadEntity("sta.time_out_of_range", first=first, last=last)


def keep_observations(writer: Writer, new: Sequence[New], streams: dict[int, Any]) -> set[int]:
    """Keep them, times checked before; the places in the list of those that stand there with another result.

    The same one said again changes nothing. Inside the caller's transaction.
    """
    values = [_calibrated(streams[n.stream], n.observed) for n in new]
    return _keep(writer, new, values)


def _keep(writer: Writer, new: Sequence[New], values: Sequence[float]) -> set[int]:
    with connection.cursor() as cursor:
        before = _extras(cursor, new)
        filed = _filed(cursor, new, writer.now)
        fresh = [i for i, n in enumerate(new) if n.id not in filed]
        picked = [new[i] for i in fresh]
        readings = readings_of([n.stream for n in picked], [n.at_ms for n in picked], [values[i] for i in fresh])
        kept = keep_readings(cursor, writer.city.id, readings, writer.now)
        found = dict(filed)
        if kept.repeated:
            found |= _kept_values(cursor, picked)
        differing = {i for i, n in enumerate(new) if n.id in found and _differs(n, values[i], found[n.id], before)}
        _keep_extras(cursor, [n for i, n in enumerate(new) if i not in differing and n.id not in before])
    return differing


def keep_observation(writer: Writer, new: New, stream: Any) -> int:
    """Keep one; its number. Raises BadEntity for an impossible time, Conflict where another result stands there."""
    check_time(new.observed, writer.now)
    if keep_observations(writer, [new], {new.stream: stream}):
        raise Conflict("sta.same_time", stream=new.stream, at=moment_text(new.observed.at))
    return new.id


def _calibrated(stream: Any, observed: Observed) -> float:
    """What is kept of what was said, as for readings from every other door; a result that is no number stays."""
    if observed.result is not None:
        return observed.value
    return float(stream.factor * observed.value + stream.offset)


def _extras(cursor: CursorWrapper, new: Sequence[New]) -> dict[int, Any]:
    """The results beside those times that are there already, by the observation's number."""
    cursor.execute(
        "SELECT x.stream, x.at, x.result FROM sensing_extra x JOIN unnest(%s::bigint[], %s::timestamptz[]) "
        "u (stream, at) ON u.stream = x.stream AND u.at = x.at",
        [[n.stream for n in new], [n.observed.at for n in new]],
    )
    return {
        reading_id(stream, (at - EPOCH) // ONE_MS): json.loads(told) if told is not None else None
        for stream, at, told in cursor.fetchall()
    }


def _kept_values(cursor: CursorWrapper, new: Sequence[New]) -> dict[int, float]:
    """What stands at those times in the tables, by the observation's number."""
    times = [n.observed.at for n in new]
    cursor.execute(
        "SELECT r.stream, r.at, r.value FROM unnest(%s::bigint[], %s::timestamptz[]) u (stream, at) JOIN ("
        "SELECT stream, at, value FROM sensing_reading WHERE at BETWEEN %s AND %s UNION ALL "
        "SELECT stream, at, value FROM sensing_late) r ON r.stream = u.stream AND r.at = u.at",
        [[n.stream for n in new], times, min(times), max(times)],
    )
    return {reading_id(stream, (at - EPOCH) // ONE_MS): value for stream, at, value in cursor.fetchall()}


def _filed(cursor: CursorWrapper, new: Sequence[New], now: datetime) -> dict[int, float]:
    """What stands at those times on days that lie in files, by the observation's number."""
    times = [n.observed.at for n in new]
    if min(times) > now - timedelta(days=MAIN_DAYS):  # no day is closed sooner
        return {}
    begins, ends = min(times), max(times) + ONE_MS
    streams, found = [n.stream for n in new], {}
    for day in list_closed_days(cursor, begins, ends):
        try:
            for piece in read_pieces(cursor, day, streams, begins, ends):
                for stream, at_ms, value in zip(*(column.tolist() for column in piece), strict=True):
                    found[reading_id(stream, at_ms)] = value
        except TooManyAtOnce as many:
            raise TooHeavy("sta.too_heavy") from many
    wanted = {n.id for n in new}
    return {number: value for number, value in found.items() if number in wanted}


def _differs(new: New, value: float, kept: float, before: dict[int, Any]) -> bool:
    """Whether an observation that is said again has another result than was kept."""
    same = kept == value or (kept != kept and value != value)
    return not same or (new.id in before and before[new.id] != new.observed.result)


def _keep_extras(cursor: CursorWrapper, new: Sequence[New]) -> None:
    rows = [n for n in new if n.feature is not None or n.observed.has_more()]
    if not rows:
        return
    seen = [n.observed for n in rows]
    cursor.execute(
        "INSERT INTO sensing_extra (stream, at, result, result_time, valid_from, valid_until, phenomenon_until, "
        "parameters, quality, feature) SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]::jsonb[], "
        "%s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[]::jsonb[], "
        "%s::text[]::jsonb[], %s::bigint[]) ON CONFLICT DO NOTHING",
        [
            [n.stream for n in rows],
            [o.at for o in seen],
            [as_json(o.result) for o in seen],
            [o.result_time for o in seen],
            [o.valid[0] if o.valid else None for o in seen],
            [o.valid[1] if o.valid else None for o in seen],
            [o.until for o in seen],
            [as_json(o.parameters) for o in seen],
            [as_json(o.quality) for o in seen],
            [n.feature for n in rows],
        ],
    )


def as_json(value: Any) -> str | None:
    """JSON for a column; None for nothing."""
    return None if value is None else json.dumps(value, ensure_ascii=False)


# --- corrections ----------------------------------------------------------------------------------------------------


def check_open(at: datetime) -> None:
    """Raise Conflict for a time of a day that lies in a file."""
    with connection.cursor() as cursor:
        if list_closed_days(cursor, at, at):
            raise Conflict("sta.archived", at=moment_text(at))


def correct_observation(new: New, stream: Any, *, result: bool) -> None:
    """Write what else an observation says anew, and where asked another result in the place of the one kept."""
    if result:
        check_open(new.observed.at)
    with connection.cursor() as cursor:
        where: list[Any] = [_calibrated(stream, new.observed), new.stream, new.observed.at]
        if result:
            cursor.execute("UPDATE sensing_reading SET value = %s WHERE stream = %s AND at = %s", where)
            if not cursor.rowcount:
                cursor.execute("UPDATE sensing_late SET value = %s WHERE stream = %s AND at = %s", where)
            if not cursor.rowcount:
                check_open(new.observed.at)  # its day was closed at this moment
            _mended(cursor, new.stream, new.observed.at)
        cursor.execute("DELETE FROM sensing_extra WHERE stream = %s AND at = %s", [new.stream, new.observed.at])
        _keep_extras(cursor, [new])


def move_observation(writer: Writer, stream: int, at: datetime, new: New, to: Any, kept: float | None) -> None:
    """Take an observation away and keep it at another time or of another stream, under another number.

    `kept`: its value as it stands, None where another result was said. Raises Conflict where an observation stands
    there already, whatever it says.
    """
    check_time(new.observed, writer.now)
    check_open(at)
    value = _calibrated(to, new.observed) if kept is None else kept
    with connection.cursor() as cursor:
        if _filed(cursor, [new], writer.now) or _kept_values(cursor, [new]):
            raise Conflict("sta.same_time", stream=new.stream, at=moment_text(new.observed.at))
        delete_observations(cursor, stream, at)
    _keep(writer, [new], [value])


def _mended(cursor: CursorWrapper, stream: int, at: datetime) -> None:
    """What the stream's row knows of its newest reading counts no more up to there."""
    cursor.execute(
        "UPDATE sensing_stream SET mended_at = greatest(mended_at, %s) WHERE id = %s "
        "AND (last_at IS NULL OR last_at <= %s)",
        [at, stream, at],
    )


def delete_observations(cursor: CursorWrapper, stream: int, at: datetime | None = None) -> None:
    """Take away the observation of that time, all of the stream for None."""
    for table in ("sensing_reading", "sensing_late", "sensing_extra"):
        if at is None:
            cursor.execute(f"DELETE FROM {table} WHERE stream = %s", [stream])  # noqa: S608
        else:
            cursor.execute(f"DELETE FROM {table} WHERE stream = %s AND at = %s", [stream, at])  # noqa: S608
    if at is not None:
        _mended(cursor, stream, at)
