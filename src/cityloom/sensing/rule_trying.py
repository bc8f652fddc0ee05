"""Rules of a city folder tried on given series: which alarms there would have been, held against expected ones. Pure.

A series is a CSV file with the columns device, stream, time, value; time in ISO 8601 (with its zone, else by the
city's clocks) or in milliseconds. Expected alarms are a CSV file with rule, subject, raised and cleared (blank while
it stands), as `cityloom rules test --json` names them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.folder_values import CityFolder, Thing
from cityloom.sensing.judging import Judge
from cityloom.sensing.rules import Changes, StreamRow, streams_of
from cityloom.sensing.values import readings_of

COLUMNS = ("device", "stream", "time", "value")
EXPECTED = ("rule", "subject", "raised", "cleared")
register(
    {
        "series.no_column": (
            "{file} 缺少列 {column}；需要：{columns}",
            "{file} has no column {column}; needed: {columns}",
        ),
        "series.bad_cell": (
            "{file} 第{line}行：{column} 的值“{value}”读不懂",
            "{file}, line {line}: {column} has the value “{value}”, which cannot be read",
        ),
        "series.unknown_device": (
            "{file} 第{line}行：things.csv 中没有设备 {device} 的数据流 {stream}",
            "{file}, line {line}: things.csv has no stream {stream} of a device {device}",
        ),
    }
)


class BadSeries(CityloomError):
    """A file of readings or expected alarms that cannot be used."""

    status = 422


class Said(NamedTuple):
    """One reading of a file."""

    device: str
    stream: str
    at_ms: int
    value: float
    line: int


class Span(NamedTuple):
    """One alarm: of which rule, whose, from when to when (None: it stands at the end of the series)."""

    rule: str
    subject: str
    raised: datetime
    cleared: datetime | None


def read_series(path: Path, zone: str) -> list[Said]:
    """The readings of a file in the order of their times; raises BadSeries."""
    said = []
    for line, row in _rows(path, COLUMNS):
        at_ms = _moment(path, line, "time", row["time"], zone)
        try:
            value = float(row["value"]) if row["value"].strip() else math.nan
        except ValueError as error:
            raise BadSeries(
                "series.bad_cell", file=path.name, line=line, column="value", value=row["value"]
            ) from error
        said.append(Said(row["device"], row["stream"], round(at_ms.timestamp() * 1000), value, line))
    return sorted(said, key=lambda each: each.at_ms)


def read_expected(path: Path, zone: str) -> list[Span]:
    """The alarms that a file expects; raises BadSeries."""
    found = []
    for line, row in _rows(path, EXPECTED):
        raised = _moment(path, line, "raised", row["raised"], zone)
        cleared = _moment(path, line, "cleared", row["cleared"], zone) if row["cleared"].strip() else None
        found.append(Span(row["rule"], row["subject"], raised, cleared))
    return sorted(found, key=_order)


def try_rules(folder: CityFolder, said: Sequence[Said], file: str = "") -> list[Span]:
    """The alarms that the folder's rules make of these readings; raises BadSeries for a device it does not name."""
    ids = _streams(folder.things)
    for each in said:
        if (each.device, each.stream) not in ids:
            raise BadSeries(
                "series.unknown_device", file=file, line=each.line, device=each.device, stream=each.stream
            )
    codes = {row.device: code for code, row in _devices(folder.things, ids).items()}
    levels = _levels(folder)
    zone = folder.config.time_zone if folder.config else "UTC"
    judge = Judge(folder.rules, streams_of(list(ids.values()), levels), zone=zone)
    batch = readings_of(
        [ids[each.device, each.stream].id for each in said],
        [each.at_ms for each in said],
        [each.value for each in said],
    )
    changes = judge.judge(batch)
    if said:
        changes = [*changes, *judge.tick(said[-1].at_ms)]
    return spans_of(changes, codes)


def spans_of(changes: Changes, codes: Mapping[int, str]) -> list[Span]:
    """Beginnings and ends of conditions as alarms, in the order of their beginnings."""
    open_: dict[tuple[str, str], datetime] = {}
    spans: list[Span] = []
    for change in changes:
        subject = change.subject.area or codes.get(change.subject.device, str(change.subject))
        at = datetime.fromtimestamp(change.at_ms / 1000, UTC)
        key = (change.rule, subject)
        if change.raised:
            open_[key] = at
        elif key in open_:
            spans.append(Span(*key, open_.pop(key), at))
    spans += [Span(*key, at, None) for key, at in open_.items()]
    return sorted(spans, key=_order)


def differences(found: Iterable[Span], expected: Iterable[Span]) -> tuple[list[Span], list[Span]]:
    """Alarms that were expected and did not come, and those that came unexpected."""
    mine, theirs = set(found), set(expected)
    return sorted(theirs - mine, key=_order), sorted(mine - theirs, key=_order)


def _order(span: Span) -> tuple[datetime, str, str]:
    return span.raised, span.rule, span.subject


def _streams(things: Sequence[Thing]) -> dict[tuple[str, str], StreamRow]:
    rows: dict[tuple[str, str], StreamRow] = {}
    for device, thing in enumerate(things, 1):
        for name in thing.streams:
            rows[thing.code, name] = StreamRow(
                id=len(rows) + 1,
                device=device,
                type=thing.type,
                name=name,
                lon=math.nan if thing.lon is None else thing.lon,
                lat=math.nan if thing.lat is None else thing.lat,
                area=thing.area,
                interval_s=math.nan if thing.interval_s is None else thing.interval_s,
            )
    return rows


def _devices(things: Sequence[Thing], ids: Mapping[tuple[str, str], StreamRow]) -> dict[str, StreamRow]:
    return {thing.code: ids[thing.code, thing.streams[0]] for thing in things if thing.streams}


def _levels(folder: CityFolder) -> dict[str, dict[str, str]]:
    """For each area the one of each level around it."""
    areas = {area.code: area for area in folder.areas}
    levels: dict[str, dict[str, str]] = {}
    for code in areas:
        around: dict[str, str] = {}
        at: str | None = code
        while at is not None and at in areas and areas[at].level not in around:
            around[areas[at].level] = at
            at = areas[at].parent
        levels[code] = around
    return levels


def _rows(path: Path, columns: Sequence[str]) -> Iterable[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for column in columns:
            if column not in (reader.fieldnames or ()):
                raise BadSeries("series.no_column", file=path.name, column=column, columns=", ".join(columns))
        for row in reader:
            yield reader.line_num, {column: row[column] or "" for column in columns}


def _moment(path: Path, line: int, column: str, text: str, zone: str) -> datetime:
    try:
        if text.strip().isdecimal():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        at = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError) as error:
        raise BadSeries("series.bad_cell", file=path.name, line=line, column=column, value=text[:40]) from error
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
