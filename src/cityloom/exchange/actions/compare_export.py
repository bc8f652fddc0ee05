"""Hold the old system's nightly export against our cases, and remember the differences from night to night."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register
from cityloom.city.snapshot_values import City
from cityloom.exchange.mapping import RecordMapping
from cityloom.exchange.names_of_city import with_city_names
from cityloom.exchange.parallel_run import (
    Comparison,
    Difference,
    Ours,
    Tally,
    compare_pair,
    in_order,
    remember,
    sums_of,
)
from cityloom.exchange.past_cases import Arrivals
from cityloom.exchange.records import BadRow, Record, RecordReader
from cityloom.exchange.tables import TableRow, read_table

register(
    {
        "parallel.memory_unreadable": (
            "并行比对的记录 {file} 无法读取：{detail}；请改正或删除后重试（删除后差异从头记起）",
            "the memory of the parallel run, {file}, cannot be read: {detail}; mend it, or remove it to begin anew",
        ),
    }
)
BATCH = 5000
DEFAULT_WITHIN = timedelta(minutes=1)
Progress = Callable[[int], None]
_CASE = (
    "SELECT c.number, ARRAY(SELECT r.external_id FROM cases_report r WHERE r.case_id = c.id AND "
    "starts_with(r.external_id, %s)), c.state, c.lead_unit, c.class_code, c.opened_at, c.promise_due_at, "
    "c.overdue_raw OR (c.closed_at IS NULL AND c.promise_due_at < %s) FROM cases_case c "
)


class MemoryUnreadable(CityloomError):
    """The file in which the differences of earlier runs are kept is broken."""


def compare_export(
    city: City,
    file: Path,
    mapping: RecordMapping,
    clock: Clock,
    *,
    memory: Path | None = None,
    days: tuple[date | None, date | None] = (None, None),
    within: timedelta = DEFAULT_WITHIN,
    progress: Progress | None = None,
) -> Comparison:
    """Every difference between the records of the file and our cases of the same days; changes no case.

    Cases are matched by `name:id`, as import and replay keep it. The days are those of the file's first and last
    opening where none are given. `memory` is read, and written once all is compared.
    """
    state = _recalled(memory)
    run = _Run(city, with_city_names(mapping, city), clock.now(), days, within)
    found = Comparison(at=run.at, file=file.name)
    with transaction.atomic():
        rows = read_table(file, run.mapping)
        while chunk := list(islice(rows, BATCH)):
            run.take(chunk, found)
            if progress is not None:
                progress(found.records)
        run.look_for_others(found)
    found.differences = in_order(found.differences)
    kept = remember(state, found)
    if memory is not None:
        _keep(memory, kept)
    return found


class _Run:
    """One comparison on its way: what was seen of their records so far."""

    def __init__(
        self,
        city: City,
        mapping: RecordMapping,
        at: datetime,
        days: tuple[date | None, date | None],
        within: timedelta,
    ) -> None:
        self.city, self.mapping, self.at, self.within = city, mapping, at, within
        self._tz = city.calendar().tz
        self._reader = RecordReader(mapping, mapping.zone(city.time_zone))
        self._arrivals = Arrivals(city, at, mapping.name, mapping.language)
        self._days = days
        self._seen: set[str] = set()
        self._theirs, self._ours = Tally(self._tz), Tally(self._tz)
        self._opened: list[date] = []  # the first and the last day of their records

    def take(self, rows: list[TableRow], found: Comparison) -> None:
        """Compare the records among these rows with the cases of the same ids."""
        records = [read for row in rows if (read := self._record(row, found)) is not None]
        stored = self._stored([record.key for record, _ in records])
        for record, state in records:
            found.records += 1
            self._theirs.add(record.opened_at, record.lead, record.class_code)
            ours = stored.get(record.key)
            if ours is None:
                opened = record.opened_at.astimezone(self._tz).isoformat()
                found.differences.append(Difference("missing_here", record.source_id, "", opened, "-"))
                continue
            found.matched += 1
            differing = compare_pair(record, state, ours, self.at, self.within)
            found.agreed += not differing
            found.differences += differing

    def _record(self, row: TableRow, found: Comparison) -> tuple[Record, str] | None:
        """The record of a row of these days and the state it means; a row that is none becomes a difference."""
        try:
            if row.fault is not None:
                raise BadRow(row.fault.code, **row.fault.params)
            record = self._reader.read(row.number, row.cells)
            day = record.opened_at.astimezone(self._tz).date()
            first, last = self._days
            if (first is not None and day < first) or (last is not None and day > last):
                return None
            if record.key in self._seen:
                raise BadRow("row.repeated", id=record.source_id)
            self._seen.add(record.key)
            self._arrivals.check_words(record)
            state = self._arrivals.state_of(record)
        except BadRow as bad:
            found.differences.append(_rejected(row, bad.reason))
            return None
        self._opened = [min([*self._opened, day]), max([*self._opened, day])]
        return record, state

    def _stored(self, keys: list[str]) -> dict[str, Ours]:
        """Our cases by their keys."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"{_CASE} WHERE c.id IN "  # noqa: S608
                "(SELECT r.case_id FROM cases_report r WHERE r.city_id = %s AND r.external_id = ANY(%s))",
                [f"{self.mapping.name}:", self.at, self.city.id, keys],
            )
            return {key: ours for row in cursor.fetchall() for ours in (_ours(row),) for key in ours.keys}

    def look_for_others(self, found: Comparison) -> None:
        """Our cases of the same days: counted, and a difference where the file does not know them."""
        first = self._days[0] or (self._opened[0] if self._opened else None)
        last = self._days[1] or (self._opened[1] if self._opened else None)
        found.first, found.last = first, last
        if first is not None and last is not None:
            for ours in self._of_days(first, last):
                found.cases += 1
                self._ours.add(ours.opened_at, ours.unit, ours.class_code)
                if self._seen.isdisjoint(ours.keys):
                    key = ours.keys[0].partition(":")[2] if ours.keys else ""
                    opened = ours.opened_at.astimezone(self._tz).isoformat()
                    found.differences.append(Difference("missing_there", key, ours.number, "-", opened))
        found.sums = sums_of(self._theirs, self._ours)

    def _of_days(self, first: date, last: date) -> Iterator[Ours]:
        begins = datetime.combine(first, time(), self._tz)
        ends = datetime.combine(last + timedelta(days=1), time(), self._tz)
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                f"{_CASE} WHERE c.city_id = %s AND c.opened_at >= %s AND c.opened_at < %s",
                [f"{self.mapping.name}:", self.at, self.city.id, begins, ends],
            )
            while rows := cursor.fetchmany(BATCH):
                yield from map(_ours, rows)


def _ours(row: tuple[Any, ...]) -> Ours:
    number, keys, *rest = row
    return Ours(number, tuple(sorted(keys)), *rest)


def _rejected(row: TableRow, reason: Reason) -> Difference:
    return Difference("rejected", f"#{row.number}", "", json.dumps(reason.as_json(), ensure_ascii=False), "-")


def _recalled(memory: Path | None) -> dict[str, Any]:
    if memory is None or not memory.is_file():
        return {}
    try:
        state = json.loads(memory.read_text(encoding="utf-8"))
        if not isinstance(state, dict):
            raise TypeError("it is no JSON object")
    except (ValueError, TypeError) as wrong:
        raise MemoryUnreadable("parallel.memory_unreadable", file=str(memory), detail=str(wrong)) from wrong
    return state


def _keep(memory: Path, state: dict[str, Any]) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    part = memory.with_name(f"{memory.name}.part")
    part.write_text(json.dumps(state, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(memory)
