"""A year of the demo city made and loaded into an installation that is full already: cases a second, by whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.counting import database_seconds, settle
from benchmarks.fill import Stand

CASES = 120_000
Figure = tuple[str, float, str]


def run(stand: Stand, var: Path, say: Callable[[str], None]) -> list[Figure]:
    """Seconds and cases a second, and the processor time of those who make the rows and of the database apart."""
    from cityloom.exchange.demo.load_year import load_year
    from cityloom.exchange.demo.story import Wanted

    settle(stand)
    now = datetime.now(UTC)
    before = database_seconds(stand)
    done = load_year(stand.city, Wanted(now, cases=CASES), now, var / "history_truth.json")
    if done.was_there:
        say("the stand has its year already; a fresh one measures it")
        return []
    database_s = database_seconds(stand) - before
    return [
        (f"year of {done.cases:,} whole cases: seconds", done.seconds, "s"),
        ("year: cases", done.cases / done.seconds, "/s"),
        ("year: rows", done.rows / done.seconds, "/s"),
        ("year: processor time of those who make it", 1e6 * done.cpu_s / done.cases, "µs/case"),
        ("year: processor time of the database", 1e6 * database_s / done.cases, "µs/case"),
    ]
