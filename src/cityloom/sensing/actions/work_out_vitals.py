"""Work out the vital signs of a city: the hour that runs, hours that ended, days, and again what came late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.cases.queries_signs import count_by_place
from cityloom.city.snapshot_values import City
from cityloom.city.vital_values import Range, VitalSign
from cityloom.sensing.grounds import grids_of, ground_of
from cityloom.sensing.indicators import (
    Leaf,
    day_of_hours,
    figures_of_streams,
    leaf_of_cases,
    leaf_of_streams,
    work_out,
)
from cityloom.sensing.keep_feeds import keep_feed_hours
from cityloom.sensing.vital_readings import count_said, said_in
from cityloom.sensing.vital_rows import (
    keep_days,
    keep_hours,
    list_hours,
    list_runs,
    list_streams,
    note_run,
)

HOUR = timedelta(hours=1)
BACK = 24  # so many hours that were missed are made up for
AT_ONCE = 6  # of them in one go
LATE_BACK = 7 * 24  # so many hours are looked at for late readings
NEW = BACK + 2  # a city whose signs go back less than so many hours has only begun: its past may still be told


def work_out_vitals(city: City, clock: Clock) -> Iterator[tuple[str, int]]:
    """The hour that runs, and up to AT_ONCE hours that ended and were not worked out; days that these complete.

    A city that has only begun (or was away) is told its past after its hours were worked out: in its first hours each
    round looks for readings that came since.
    """
    if not city.vital_signs:
        return
    now = clock.now()
    running = _hour(now)
    with connection.cursor() as cursor:
        runs = list_runs(cursor, city.id, running - NEW * HOUR, running + HOUR)
    missed = [hour for n in range(BACK, 0, -1) if (hour := running - n * HOUR) not in runs or not runs[hour].ended]
    work_out_hour(city, running, now)
    for hour in missed[-AT_ONCE:]:
        work_out_hour(city, hour, now)
    yield "vital_hours", 1 + len(missed[-AT_ONCE:])
    for day in sorted({_day(city, hour) for hour in (*missed[-AT_ONCE:], running)}):
        work_out_day(city, day)
    if running - NEW * HOUR not in runs:
        yield "vital_hours_filled", _revise(city, clock, BACK, again=False)


def revise_vitals(city: City, clock: Clock, back: int = LATE_BACK) -> Iterator[tuple[str, int]]:
    """Work out again each hour that ended and has more readings now than when it was worked out, and its day.

    Fewer mean that they were rolled up or deleted; the figures of that time stay.
    """
    if city.vital_signs:
        yield "vital_hours_revised", _revise(city, clock, back, again=True)


def _revise(city: City, clock: Clock, back: int, *, again: bool) -> int:
    """How many hours were worked out anew; `again`: the page tells of them."""
    running = _hour(clock.now())
    begins = running - back * HOUR
    with transaction.atomic(), connection.cursor() as cursor:
        runs = list_runs(cursor, city.id, begins, running)
        streams = list_streams(cursor, city.id, _day(city, running)).ids
        now_there = count_said(cursor, city.id, streams, begins, running)
    changed = [h for h, run in sorted(runs.items()) if run.ended and now_there.get(h, 0) > run.readings]
    for hour in changed:
        work_out_hour(city, hour, clock.now(), again=again)
    for day in sorted({_day(city, hour) for hour in changed}):
        work_out_day(city, day)
    return len(changed)


def work_out_hour(city: City, hour: datetime, now: datetime, *, again: bool = False) -> int:
    """One hour (its beginning) in one transaction; an hour that runs is made of the sixty minutes before `now`.

    The hour an ended one is counted as has all its readings so far; how many figures were kept.
    """
    ended = now >= hour + HOUR
    begins, ends = (hour, hour + HOUR) if ended else (now - HOUR, now)
    ground = ground_of(city)
    with transaction.atomic(), connection.cursor() as cursor:
        leaves, readings = _leaves(cursor, city, hour, begins, ends, ended)
        kept = keep_hours(cursor, city.id, hour, work_out(city.vital_signs, leaves, ground))
        note_run(cursor, city.id, hour, now, readings, ended=ended, again=again)
    return kept


def work_out_day(city: City, day: date) -> int:
    """One day of the city's zone from its kept hours; how many figures were kept."""
    tz = city.calendar().tz
    begins = datetime(day.year, day.month, day.day, tzinfo=tz)
    ends = begins + timedelta(days=1)
    ground = ground_of(city)
    signs = {code: sign for code, sign in city.vital_signs.items() if sign.is_leaf}
    place = {code: i for i, code in enumerate(ground.areas)}
    with transaction.atomic(), connection.cursor() as cursor:
        hours = list_hours(cursor, city.id, ground.areas, city.vital_signs, begins, ends)
        steps = {at: n for n, at in enumerate(sorted({each.at for each in hours}))}
        leaves: dict[str, Leaf] = {}
        spans: dict[tuple[str, str], tuple[float, float, int]] = {}
        for code, sign in signs.items():
            values = np.full((len(ground.areas), max(1, len(steps))), np.nan)
            streams, heard = np.zeros(len(ground.areas), np.int64), np.zeros(len(ground.areas), np.int64)
            for each in hours:
                if each.sign == code and each.area in place:
                    i = place[each.area]
                    values[i, steps[each.at]] = np.nan if each.figure.value is None else each.figure.value
                    streams[i] += each.figure.streams
                    heard[i] += each.figure.heard
            if sign.cases:
                streams = heard = np.ones(len(ground.areas), np.int64)
            leaves[code] = Leaf(day_of_hours(sign, values, bool(sign.cases)), streams, heard,
                                from_cases=bool(sign.cases))  # fmt: skip
            for area, i in place.items():
                known = values[i][~np.isnan(values[i])]
                if len(known):
                    spans[area, code] = (float(known.min()), float(known.max()), len(known))
        figures = work_out(city.vital_signs, leaves, ground)
        for each in hours:  # the ground that was measured is that of the day's fullest hour
            figure = figures[each.sign].get(each.area) if each.sign in figures else None
            if figure is not None and figure.measured < each.figure.measured:
                figures[each.sign][each.area] = replace(figure, measured=each.figure.measured)
        return keep_days(cursor, city.id, day, figures, spans)


def _leaves(
    cursor: CursorWrapper, city: City, hour: datetime, begins: datetime, ends: datetime, ended: bool
) -> tuple[dict[str, Leaf], int]:
    """Every leaf over the ground, and how many readings the span has."""
    streams = list_streams(cursor, city.id, _day(city, hour))
    grids = grids_of(city, streams.places)
    ranges: dict[str, Range | None] = {
        code: sign.within if sign.of_stream == "share" else None for code, sign in city.vital_signs.items()
    }
    asked: dict[tuple[int, Range | None], int] = {(i, None): i for i in range(len(streams.ids))}
    chosen: dict[str, list[int]] = {}
    for code, sign in city.vital_signs.items():
        if sign.stream:
            which = [i for i, name in enumerate(streams.names)
                     if name == sign.stream and streams.types[i] == sign.type]  # fmt: skip
            chosen[code] = [asked.setdefault((i, ranges[code]), len(asked)) for i in which]
    rows = list(asked)
    hours = said_in(cursor, [streams.ids[i] for i, _ in rows], [span for _, span in rows], begins, ends)
    grid_of = grids[np.array([i for i, _ in rows], dtype=np.int64)]
    ground = ground_of(city)
    leaves = _leaves_of_cases(cursor, city, begins, ends)
    for code, places in chosen.items():
        which_rows = np.array(places, dtype=np.int64)
        figures = figures_of_streams(city.vital_signs[code], hours.pick(which_rows))
        leaves[code] = leaf_of_streams(city.vital_signs[code], figures, grid_of[which_rows], ground)
    said = hours.said[: len(streams.ids)]
    if ended:
        keep_feed_hours(cursor, city, hour, streams, said)
    return leaves, int(said.sum())


def _leaves_of_cases(cursor: CursorWrapper, city: City, begins: datetime, ends: datetime) -> dict[str, Leaf]:
    signs = {code: sign for code, sign in city.vital_signs.items() if sign.cases}
    below = {code: _classes_of(city, sign) for code, sign in signs.items()}
    classes = sorted({each for codes in below.values() for each in codes})
    found = count_by_place(cursor, city.id, classes, begins, ends)
    leaves: dict[str, Leaf] = {}
    for code, sign in signs.items():
        counts: dict[str, int] = {}
        for row in found:
            number: int = getattr(row, sign.cases)
            if row.class_code in below[code] and number:
                counts[row.area] = counts.get(row.area, 0) + number
        leaves[code] = leaf_of_cases(counts, ground_of(city))
    return leaves


def _classes_of(city: City, sign: VitalSign) -> frozenset[str]:
    """The classes a sign names and all below them."""
    named = frozenset(sign.classes)
    return frozenset(code for code in city.classes if named & frozenset(city.class_chain(code)))


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _day(city: City, hour: datetime) -> date:
    return hour.astimezone(city.calendar().tz).date()
