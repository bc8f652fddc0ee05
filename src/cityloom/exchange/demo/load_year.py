"""Load a year of cases into a loaded city: drawn, planned, printed and sent by COPY, all of it or nothing.

Two processes share the work: this one takes what the public brought, one forked from it the rest. Each writes in one
transaction of its own, and both commit when both have written everything.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Elapsed
from cityloom.base.errors import CityloomError
from cityloom.base.ids import ids
from cityloom.base.reasons import register
from cityloom.cases.copying import copy_in, copy_line, copy_table
from cityloom.cases.guards import PUBLIC
from cityloom.cases.reporters import COLUMNS as REPORTER_COLUMNS
from cityloom.cases.reporters import Person, reporter_row
from cityloom.city.snapshot_values import City
from cityloom.exchange.demo.chance import stream
from cityloom.exchange.demo.happening import Happening
from cityloom.exchange.demo.happenings import span_of
from cityloom.exchange.demo.people import GIVEN
from cityloom.exchange.demo.plans import moment
from cityloom.exchange.demo.prints import TABLES
from cityloom.exchange.demo.sayings import SURNAMES
from cityloom.exchange.demo.story import Story, Wanted, WriterFailed, draw, draw_apart
from cityloom.exchange.demo.wording import Dice, random_rows
from cityloom.exchange.demo.year_rows import IdRuns, Made, RowMaker
from cityloom.exchange.quick_commits import quick_commits

BATCH = 2000  # cases whose chance is drawn at once
SENT = 200  # cases whose rows are sent at once; of two thousand, the texts alone would take 80 MB
MARK = "demo-history"  # the import key of the first case of a year: how it is found again
FEWEST, MOST = 50, 2_000_000
Progress = Callable[[str, int, int], None]

register({
    "demo.year_out_of_calendar": (
        "{until} 之前 {months} 个月的历史需要 {first} 年的日历，而日历从 {known} 年开始；请缩短 --months",
        "a history of {months} months before {until} needs the calendar of {first}, the city's begins with {known}; "
        "choose fewer --months or a later --until",
    ),
    "demo.year_ahead": (
        "--until {until} 在现在之后；历史不能写到将来",
        "--until {until} lies ahead of now; history ends today at the latest",
    ),
    "demo.year_size": (
        "--cases {cases} 不在 {fewest} 至 {most} 之间",
        "--cases {cases} is not between {fewest} and {most}",
    ),
})  # fmt: skip


class YearRefused(CityloomError):
    """The history cannot be made as asked; nothing was written."""


@dataclass
class YearLoaded:
    """What was loaded. `was_there`: the city had its year before, and nothing was done."""

    city: str = ""
    until: str = ""
    was_there: bool = False
    cases: int = 0
    open: int = 0
    lived: int = 0
    rows: int = 0
    entries: int = 0
    kinds: int = 0
    callers: int = 0
    repeats: int = 0
    digest: str = ""
    seconds: float = 0.0
    cpu_s: float = 0.0
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def cases_per_second(self) -> float | None:
        return self.cases / self.seconds if self.seconds else None


def load_year(
    city: City, wanted: Wanted, now: datetime, truth: Path, *, processes: int = 2, progress: Progress | None = None
) -> YearLoaded:
    """Make and load the year, and write what lies behind it to the file `truth`.

    Raises YearRefused. With one process all is written in the caller's own transaction.
    """
    elapsed = Elapsed()
    _check(city, wanted, now)
    done = YearLoaded(city.code, wanted.until.isoformat())
    if has_year(city):
        done.was_there = True
        return done
    tell = progress or (lambda step, share, whole: None)
    if processes > 1:
        _let_be()
    story = Story.of(city, wanted, (draw if processes == 1 else draw_apart)(city, wanted))
    tell("drawn", 0, wanted.cases)
    parts = [_Part(story, wanted, number, processes) for number in range(processes)]
    if processes == 1:
        made, kinds, cpu_s = _write_here(parts[0], lambda count: tell("cases", count, wanted.cases))
    else:
        made, kinds, cpu_s = _write_apart(parts, lambda count: tell("cases", count, wanted.cases))
    _settle()
    done.cases, done.open, done.lived = made.cases, made.open, made.lived
    done.rows, done.entries, done.refused = made.rows, made.entries, made.refused
    done.kinds, done.callers, done.cpu_s = kinds, story.year.callers, round(cpu_s, 1)
    done.repeats = sum(h.again >= 0 for h in story.year.happenings)
    done.digest = f"{made.digest:016x}"
    done.seconds = round(elapsed.seconds(), 2)
    write_truth(truth, story, wanted, done)
    return done


def has_year(city: City) -> bool:
    """Whether a year was loaded into this city before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM cases_case WHERE city_id = %s AND import_key = %s", [city.id, MARK])
        return cursor.fetchone() is not None


def _check(city: City, wanted: Wanted, now: datetime) -> None:
    calendar = city.calendar()
    until = wanted.until.astimezone(calendar.tz)
    if wanted.until > now:
        raise YearRefused("demo.year_ahead", until=until.isoformat(timespec="minutes"))
    if not FEWEST <= wanted.cases <= MOST:
        raise YearRefused("demo.year_size", cases=wanted.cases, fewest=FEWEST, most=MOST)
    first = moment(int(until.timestamp()) - 86_400 * span_of(wanted.months)).astimezone(calendar.tz).date()
    if not (calendar.covers(first) and calendar.covers(until.date())):
        raise YearRefused(
            "demo.year_out_of_calendar", until=until.date().isoformat(), months=wanted.months, first=first.year,
            known=calendar.first_year,
        )  # fmt: skip


def write_truth(file: Path, story: Story, wanted: Wanted, done: YearLoaded) -> None:
    """What lies behind the figures, for tests of what learns from them; no page shows it."""
    truth: dict[str, Any] = {
        "city": done.city,
        "seed": wanted.seed,
        "until": done.until,
        "months": wanted.months,
        "cases": done.cases,
        "digest": done.digest,
        "characters": story.fates.cast.as_json(),
        "storm_day": story.year.weather.storm_day.isoformat(),
        "hot_spots": [spot.as_json() for spot in story.year.hot_spots],
        "repeats": done.repeats,
        "rain_mm": {
            day.isoformat(): round(float(rain), 1)
            for day, rain in zip(story.year.weather.days, story.year.weather.rain_mm, strict=True)
            if rain > 0
        },
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(draft, file)


# --- writing ----------------------------------------------------------------------------------------------------


class _Part:
    """One process's share of the cases."""

    def __init__(self, story: Story, wanted: Wanted, number: int, of: int) -> None:
        self.story, self._wanted, self.number = story, wanted, number
        self._mine = [i for i, h in enumerate(story.year.happenings) if of == 1 or _side(h) == number % 2]
        self.made = Made()

    @property
    def kinds(self) -> int:
        return self.story.press.kinds

    def write(self, reporters: Sequence[int], tell: Callable[[int], None]) -> None:
        """Make and send all rows, within the caller's transaction; `tell` is given how many cases are sent."""
        story, wanted = self.story, self._wanted
        maker = RowMaker(story.press, IdRuns(ids.take), reporters, wanted.until)
        rng = stream(wanted.seed, f"fates {self._mine[0] if self._mine else 0}")
        with connection.cursor() as cursor:
            if self.number == 0:
                copy_table(cursor, "cases_reporter", REPORTER_COLUMNS, _reporters(story, wanted, reporters))
            for begin in range(0, len(self._mine), BATCH):
                few = self._mine[begin : begin + BATCH]
                dice = random_rows(rng, len(few))
                for first in range(0, len(few), SENT):
                    self._send(cursor, maker, few[first : first + SENT], dice[first : first + SENT])
                tell(maker.made.cases)
        self.made = maker.made

    def _send(self, cursor: CursorWrapper, maker: RowMaker, few: Sequence[int], dice: Sequence[Dice]) -> None:
        """Make the rows of these cases and send them, table by table."""
        story = self.story
        texts: list[list[str]] = [[] for _ in TABLES]
        for index, chance in zip(few, dice, strict=True):
            lines = maker.lines(story.fates.plan(index, story.year.happenings[index], chance))
            if lines is not None:
                for kept, line in zip(texts, lines, strict=True):
                    kept.append(line)
        for table, text in zip(TABLES, texts, strict=True):
            copy_in(cursor, table, "".join(text).encode())


def _side(happening: Happening) -> int:
    return 0 if happening.source in PUBLIC else 1


def _reporters(story: Story, wanted: Wanted, reporters: Sequence[int]) -> bytes:
    """The pool of people, each sealed once; names are made up, and no telephone in the country has such a number."""
    chance = random.Random(f"{wanted.seed}:callers")
    city, language = story.press.city, wanted.language
    since = moment(story.fates.began)
    lines = []
    for reporter_id in reporters:
        name = chance.choice(SURNAMES) + chance.choice(GIVEN)
        person = Person(name, f"120{chance.randrange(10**8):08d}", language=language)
        lines.append(copy_line(reporter_row(reporter_id, city.id, person, since)))
    return "".join(lines).encode()


def _mark_year(city: City) -> None:
    """Leave the mark by which the year is known, on its first case."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET import_key = %s WHERE id = (SELECT id FROM cases_case WHERE city_id = %s "
            "AND import_key IS NULL ORDER BY opened_at, id LIMIT 1)",
            [MARK, city.id],
        )


def _write_here(part: _Part, tell: Callable[[int], None]) -> tuple[Made, int, float]:
    began = sum(os.times()[:2])
    with transaction.atomic():
        part.write(ids.take(part.story.year.callers), tell)
        _mark_year(part.story.press.city)
    return part.made, part.kinds, sum(os.times()[:2]) - began


def _write_apart(parts: Sequence[_Part], tell: Callable[[int], None]) -> tuple[Made, int, float]:
    """The first part here, the other in a process of its own; they commit together."""
    mine, other = parts
    reporters = ids.take(mine.story.year.callers)
    began = sum(os.times()[:4])
    _let_be()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    worker = context.Process(target=_work, args=(other, reporters, theirs, ours), name=f"demo-history-{other.number}")
    worker.start()
    theirs.close()
    try:
        apart = _Apart(ours)
        with quick_commits(), transaction.atomic():
            mine.write(reporters, lambda count: tell(count + apart.count()))
            _mark_year(mine.story.press.city)
            made, kinds = apart.wait_until_ready(lambda count: tell(mine.made.cases + count))
            ours.send("commit")
            apart.wait_for("committed")
        made.add(mine.made)
    finally:
        ours.close()
        worker.join(10)
        if worker.is_alive():
            worker.terminate()
            worker.join()
    return made, kinds + mine.kinds, sum(os.times()[:4]) - began


def _let_be() -> None:
    """Make this process ready to fork: no connection, and a collector that leaves alone what both will share."""
    connections.close_all()
    for each in connections.all():
        getattr(each, "close_pool", lambda: None)()  # the pool's threads do not live on in a forked process
    gc.collect()
    gc.freeze()


@dataclass
class _Apart:
    """The other process as this one hears it."""

    pipe: Connection
    counted: int = 0
    ready: tuple[Made, int] | None = None

    def count(self) -> int:
        """How many cases it has sent by now; does not wait."""
        while self.ready is None and self.pipe.poll():
            self._hear()
        return self.counted

    def wait_until_ready(self, tell: Callable[[int], None]) -> tuple[Made, int]:
        """What it made, and of how many kinds, once it has written everything."""
        while self.ready is None:
            self._hear()
            tell(self.counted)
        return self.ready

    def wait_for(self, word: str) -> None:
        """Hear that word next, or WriterFailed."""
        heard, what = self._next()
        if heard != word:
            raise WriterFailed("demo.writer_failed", why=str(what))

    def _hear(self) -> None:
        word, what = self._next()
        if word == "count":
            self.counted = what
        elif word == "ready":
            self.ready = what
        else:
            raise WriterFailed("demo.writer_failed", why=str(what))

    def _next(self) -> tuple[str, Any]:
        try:
            told: tuple[str, Any] = self.pipe.recv()
        except EOFError:
            return "failed", "the process ended"
        return told


def _work(part: _Part, reporters: Sequence[int], pipe: Connection, far_end: Connection) -> None:
    """What the other process does: write everything, say so, commit when told to."""
    far_end.close()  # held here too, it would hide that the first process has died
    ids.forget()
    try:
        with quick_commits(), transaction.atomic():
            part.write(reporters, lambda count: pipe.send(("count", count)))
            pipe.send(("ready", (part.made, part.kinds)))
            if pipe.recv() != "commit":
                raise WriterFailed("demo.writer_failed", why="not told to commit")
        pipe.send(("committed", None))
    except BaseException as wrong:
        pipe.send(("failed", f"{type(wrong).__name__}: {wrong}"))
        raise
    finally:
        connections.close_all()


def _settle() -> None:
    """Fresh statistics, so that the first pages after the load plan their queries well."""
    tables = ("cases_case", "cases_report", "cases_task", "cases_clock", "cases_entry", "cases_reporter")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {table}")
