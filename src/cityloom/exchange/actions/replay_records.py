"""Replay a record through the real actions, each at its own time: receive, dispatch, sign, close, clocks between.

Nothing here decides: `courses.py` says what the record's people did, the city's tables say what may be done. The
database's clocks are told to everyone, so no worker may run on the same database meanwhile.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

from django.db import connection

from cityloom.base.clock import Elapsed, GivenClock
from cityloom.base.errors import CityloomError
from cityloom.cases.actions.fire_clocks import fire_clocks
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.actions.move_report import move_report
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.keeping import find_report_once, get_file_by_id
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.exchange.courses import Stage, callback_of, next_move, signs_at
from cityloom.exchange.mapping import RecordMapping
from cityloom.exchange.quick_commits import quick_commits
from cityloom.exchange.records import Record, RecordReader
from cityloom.exchange.rejects import Rejects
from cityloom.exchange.windows import read_records
from cityloom.sla.clocks import is_overdue

RECEIVES = Post(login="replay", role=Role.SYSTEM)
CALLS_BACK = Post(login="replay-callback_agent", role=Role.CALLBACK_AGENT)
TELL_EVERY = 200
Progress = Callable[["Replayed"], None]


@dataclass
class Replayed:
    """What became of the rows: `rows = skipped + rejected + known + received + refused`.

    `skipped` rows were opened outside the days asked for. Of the received, `dispatched_by_duty` got their lead from
    the duty table, the others waited for a dispatcher (`queued_because`). `lead_agrees` of `lead_compared` counts
    those that got the recorded unit, among those with a recorded unit and a duty's choice. `overdue_agrees` of
    `overdue_compared` counts closed cases with a recorded promise whose lateness by our clocks is the recorded one.
    """

    rows: int = 0
    skipped: int = 0
    rejected: int = 0
    known: int = 0
    received: int = 0
    refused: int = 0
    place_open: int = 0
    dispatched_by_duty: int = 0
    queued_because: Counter[str] = field(default_factory=Counter)
    lead_compared: int = 0
    lead_agrees: int = 0
    closed: int = 0
    still_open: int = 0
    stuck_in: Counter[str] = field(default_factory=Counter)
    overdue_compared: int = 0
    overdue_agrees: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    clocks_fired: int = 0
    rejected_by: dict[str, int] = field(default_factory=dict)
    refused_by: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def skip(self) -> None:
        """One more row of other days."""
        self.skipped += 1

    @property
    def rows_per_second(self) -> float | None:
        """Received rows, each with all its moves, in a second."""
        return self.received / self.seconds if self.seconds and self.received else None


@dataclass
class _Course:
    """A record on its way, with its case once it has one."""

    record: Record
    file: CaseFile | None = None


def replay_records(
    city: City,
    file: Path,
    mapping: RecordMapping,
    *,
    first: date | None = None,
    last: date | None = None,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> Replayed:
    """Replay the rows opened from the first to the last day (in the city); what is there already goes on or stays.

    Raises TableUnreadable. An interrupted replay goes on when it is called again: known reports are not received
    twice, and cases still open take up the rest of their course.
    """
    done, elapsed = Replayed(), Elapsed()
    reader = RecordReader(mapping, mapping.zone(city.time_zone))
    with Rejects(rejects) as refused:
        records = list(read_records(city, file, reader, (first, last), refused, done.skip))
    done.rows = len(records) + done.skipped + refused.count
    done.rejected, done.rejected_by = refused.count, dict(refused.by_reason)
    with quick_commits():
        replay = _Replay(city, mapping.language, done)
        for told in replay.play(records):
            done.seconds = elapsed.seconds()
            if progress is not None and told % TELL_EVERY == 0:
                progress(done)
    done.seconds = elapsed.seconds()
    if progress is not None:
        progress(done)
    return done


class _Replay:
    """The queue of what happens next, and the clock that stands at it."""

    def __init__(self, city: City, language: str, done: Replayed) -> None:
        self._city = city
        self._language = language
        self._done = done
        self._clock = GivenClock(datetime.min.replace(tzinfo=UTC))
        self._order = count()
        self._queue: list[tuple[datetime, int, Stage, _Course]] = []
        self._next_fire: datetime | None = None

    def play(self, records: Iterable[Record]) -> Iterator[int]:
        """Run all courses to their end; yields how many events have been."""
        courses = [_Course(record) for record in records]
        for course in courses:
            self._expect(course.record.opened_at, Stage.OPENED, course)
        self._next_fire = self._earliest_fire()
        for events in count(1):
            if not self._queue:
                break
            at, _, stage, course = heapq.heappop(self._queue)
            self._let_clocks_fire(at)
            self._clock.at = at
            self._happen(stage, course)
            yield events
        self._sum_up(courses)

    def _expect(self, at: datetime, stage: Stage, course: _Course) -> None:
        heapq.heappush(self._queue, (at, next(self._order), stage, course))

    def _happen(self, stage: Stage, course: _Course) -> None:
        record = course.record
        if stage is Stage.OPENED:
            if not self._receive(course):
                return
            self._expect(signs_at(record), Stage.SIGNED, course)
            if record.closed_at is not None:
                self._expect(record.closed_at, Stage.CLOSED, course)
        self._go_on(course, stage)

    def _receive(self, course: _Course) -> bool:
        """Receive the report, or find the case it has; False when there is nothing more to do."""
        record, done = course.record, self._done
        if (known := self._known(record)) is not None:
            done.known += 1
            course.file = known
            return not (known.case.imported or known.case.has_ended)
        inside = record.lon is not None and record.lat is not None
        inside = inside and self._city.find_area(record.lon or 0.0, record.lat or 0.0) is not None
        new = NewReport(
            source=record.source,
            words=record.words or record.title or (record.class_code or record.source_id),
            class_code=record.class_code,
            lon=record.lon if inside else None,
            lat=record.lat if inside else None,
            area=record.area,
            address=record.address,
            name=record.name,
            phone=record.phone,
            language=self._language,
            external_id=record.key,
        )
        try:
            course.file = receive_report(self._city, new, RECEIVES, self._clock).file
        except CityloomError as refusal:
            done.refused += 1
            done.refused_by[refusal.reason.code] += 1
            return False
        done.received += 1
        self._count_dispatch(course.file, record)
        self._watch(course.file)
        return True

    def _known(self, record: Record) -> CaseFile | None:
        with connection.cursor() as cursor:
            report = find_report_once(cursor, self._city.id, None, record.key)
            return get_file_by_id(cursor, report.case_id) if report else None

    def _count_dispatch(self, file: CaseFile, record: Record) -> None:
        done, lead = self._done, file.lead
        done.place_open += file.case.area is None
        if lead is not None:
            done.dispatched_by_duty += 1
            if record.unit is not None:
                done.lead_compared += 1
                done.lead_agrees += lead.unit == record.unit
        elif file.case.area is None:
            done.queued_because["duty.place_open"] += 1
        elif file.case.class_code is None:
            done.queued_because["duty.class_open"] += 1
        else:
            done.queued_because["duty.nothing_matches"] += 1

    def _go_on(self, course: _Course, stage: Stage) -> None:
        """Make the moves that the record speaks for by now."""
        file, record = course.file, course.record
        assert file is not None
        while (following := next_move(file, record, stage, self._clock.at, self._city)) is not None:
            try:
                file = move_case(
                    self._city, file.case.number, following.move, following.by, following.details, self._clock,
                    version=None,
                )  # fmt: skip
            except CityloomError as refusal:
                self._done.refused_by[f"{following.move}: {refusal.reason.code}"] += 1
                break
            self._done.moves[following.move] += 1
            if stage is Stage.CLOSED:
                file = self._settle_reports(file, record)
        course.file = file
        self._watch(file)

    def _settle_reports(self, file: CaseFile, record: Record) -> CaseFile:
        for report in file.reports:
            if report.state == "due_callback":
                move, details = callback_of(record)
                file = move_report(
                    self._city, file.case.number, report.id, move, CALLS_BACK, details, self._clock, version=None
                )
                self._done.moves[move] += 1
        return file

    # --- clocks ---

    def _watch(self, file: CaseFile) -> None:
        """Remember the earliest moment that a clock has to tell."""
        for running in file.clocks:
            if running.fires_at is not None and (self._next_fire is None or running.fires_at < self._next_fire):
                self._next_fire = running.fires_at

    def _let_clocks_fire(self, until: datetime) -> None:
        """As a worker would: each warning at its own moment."""
        while self._next_fire is not None and self._next_fire <= until:
            self._clock.at = self._next_fire
            self._done.clocks_fired += fire_clocks(lambda _: self._city, self._clock)
            self._next_fire = self._earliest_fire()

    def _earliest_fire(self) -> datetime | None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT fires_at FROM cases_clock WHERE fires_at IS NOT NULL ORDER BY fires_at LIMIT 1")
            found = cursor.fetchone()
        return found[0] if found else None

    def _sum_up(self, courses: Iterable[_Course]) -> None:
        done = self._done
        for course in courses:
            if course.file is None or course.file.case.imported:
                continue
            case, record = course.file.case, course.record
            if not case.has_ended:
                done.still_open += 1
                if record.closed_at is not None:
                    done.stuck_in[case.state] += 1
                continue
            done.closed += 1
            if record.due_at is not None and record.closed_at is not None:
                done.overdue_compared += 1
                done.overdue_agrees += case.overdue_raw is is_overdue(record.due_at, record.closed_at)
