"""Finished history by COPY into an installation that is full already: cases a second, and who worked for it."""

from __future__ import annotations

import csv
import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.counting import database_seconds, settle
from benchmarks.fill import Stand

ROWS = 50_000
WORDS = "门口路面坑洼积水，骑车经过时险些摔倒，请尽快派人修补并回复处理时间。"
COLUMNS = ("id", "opened", "due", "closed", "class", "words", "lon", "lat", "unit", "outcome")
MAPPING = {
    "source": {"name": "benchmark", "language": "zh"},
    "columns": {
        "source_id": "id", "opened_at": "opened", "due_at": "due", "closed_at": "closed", "class": "class",
        "words": "words", "lon": "lon", "lat": "lat", "unit": "unit", "outcome": "outcome",
    },
}  # fmt: skip

Figure = tuple[str, float, str]


def run(stand: Stand, var: Path, say: Callable[[str], None]) -> list[Figure]:
    """Each figure as name, value and unit; processor time of the importing process and of the database apart."""
    from cityloom.base.clock import RealClock
    from cityloom.exchange.actions.import_cases import import_cases
    from cityloom.exchange.mapping import parse_mapping

    file = write_history(stand, var / "history.csv", f"{time.time():.0f}")
    settle(stand)
    mapping = parse_mapping(MAPPING)
    before = (time.perf_counter(), time.process_time(), database_seconds(stand))
    done = import_cases(stand.city, file, mapping, RealClock())
    wall, app, database = (
        now - then
        for now, then in zip((time.perf_counter(), time.process_time(), database_seconds(stand)), before, strict=True)
    )
    if done.new != ROWS:
        raise RuntimeError(f"{done.new} of {ROWS} rows were imported: {done.rejected_by}")
    say(f"{ROWS:,} rows imported in {wall:.1f} s at a load of {os.getloadavg()[0]:.1f}")
    again = time.perf_counter()
    import_cases(stand.city, file, mapping, RealClock())
    again = time.perf_counter() - again
    return [
        ("import of finished history", ROWS / wall, "cases/s"),
        ("import, processor time of the importing process", app / ROWS * 1e6, "µs/case"),
        ("import, processor time of the database", database / ROWS * 1e6, "µs/case"),
        ("the same import again, all known", ROWS / again, "rows/s"),
    ]


def write_history(stand: Stand, file: Path, mark: str) -> Path:
    """Finished cases of the last year at places of the city, with a unit and an outcome."""
    chance, city = random.Random(7), stand.city
    west, south, east, north = city.config.bounds
    classes, units = sorted(city.leaves), sorted(city.units)
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=365)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for i in range(ROWS):
            opened = began + timedelta(seconds=i * 600)
            due, closed = opened + timedelta(days=5), opened + timedelta(hours=chance.uniform(1, 160))
            place = (chance.uniform(west, east), chance.uniform(south, north))
            moments = (opened.isoformat(), due.isoformat(), closed.replace(microsecond=0).isoformat())
            told = (chance.choice(classes), f"{WORDS}{i}", *place, chance.choice(units), "已修补")
            writer.writerow((f"{mark}-{i}", *moments, *told))
    return file
