"""One report read by every reader among the stored cases: masked, class, place, urgency, route, aside, twins, repeat.

Every second report is told where an open case stands, so that twins are weighed. The words are those of real
messages where the data is; else what the other benchmarks say.
"""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import TYPE_CHECKING

from benchmarks.counting import percentile
from benchmarks.fill import Stand
from benchmarks.locating import real_data
from benchmarks.machine import processor_seconds
from benchmarks.receiving import new_reports

if TYPE_CHECKING:
    from cityloom.cases.actions.receive_report import NewReport

WARM_UP = 200
Figure = tuple[str, float, str]


def run(stand: Stand, say: Callable[[str], None], reports: int = 3000) -> list[Figure]:
    """Processor time of this process and of the database for one report, and the wall time of the whole."""
    from django.db import connection

    from cityloom.cases.originals import shown_text
    from cityloom.cases.places import locate
    from cityloom.cases.twins import Saying, find_same
    from cityloom.cases.understanding import read_report, warm_readers

    city, now = stand.city, datetime.now(UTC)
    warm_readers(city)
    told = list(islice(_reports(stand), reports + WARM_UP))
    app, wall, twins, letters = [], [], 0, 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
        database = 0.0
        for number, new in enumerate(told):
            if number == WARM_UP:
                database = processor_seconds([backend])
            began, cpu = time.perf_counter(), time.thread_time()
            place = locate(city, new.lon, new.lat, shown_text(new.address))
            words = shown_text(new.words)
            read_report(city, f"{words}\n{place.address}")
            found = find_same(cursor, city, Saying(place, new.class_code, words, None, new.phone), now)
            app.append(1000 * (time.thread_time() - cpu))
            wall.append(1000 * (time.perf_counter() - began))
            twins += bool(found.twins)
            letters += len(words)
        database = processor_seconds([backend]) - database
    app, wall = app[WARM_UP:], wall[WARM_UP:]
    say(f"{letters / len(told):.0f} characters a report; {twins / len(told):.0%} had twins")
    name = "one report read by all readers, twins sought"
    return [
        (f"{name}: app, median", percentile(app, 0.5), "ms CPU"),
        (f"{name}: app, p99", percentile(app, 0.99), "ms CPU"),
        (f"{name}: database, mean", 1000 * database / reports, "ms CPU"),
        (f"{name}: wall, median", percentile(wall, 0.5), "ms"),
        (f"{name}: wall, p99", percentile(wall, 0.99), "ms"),
    ]


def _reports(stand: Stand) -> Iterator[NewReport]:
    """Reports with an end of nobody's asking: the words in turn, every second one at an open case."""
    chance = random.Random(7)
    spots = _open_spots(stand)
    made = list(new_reports(stand, 1000, seed=9))
    words = _messages() or [new.words for new in made]
    for number, (new, text) in enumerate(zip(cycle(made), cycle(words), strict=False)):
        said = replace(new, words=text)
        if number % 2:
            lon, lat = chance.choice(spots)
            said = replace(said, lon=lon, lat=lat)
        yield said


def _messages() -> list[str]:
    file = real_data() / "hotline_cn_2020" / "messages.csv"
    if not file.is_file():
        return []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [f"{row['留言主题']}\n{row['留言详情']}"[:2000] for row in csv.DictReader(lines)]


def _open_spots(stand: Stand) -> list[tuple[float, float]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lon, lat FROM cases_case WHERE city_id = %s AND closed_at IS NULL AND lon IS NOT NULL "
            "ORDER BY opened_at DESC LIMIT 2000",
            [stand.city.id],
        )
        return list(cursor.fetchall())
