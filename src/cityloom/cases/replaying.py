"""Run stored history through other rules; nothing is written, and the database itself would refuse it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from cityloom.cases.queries_replay import count_past, read_past, reading_only
from cityloom.cases.rule_replay import SAMPLES, Replayer, held_always
from cityloom.cases.rule_values import RuleReplay
from cityloom.city.snapshot_values import City

Progress = Callable[[int, int], None]


def untold(done: int, of: int) -> None:
    """Progress that nobody asked for."""


def replay_rules(
    before: City,
    after: City,
    since: datetime,
    at: datetime,
    *,
    most: int | None = None,
    as_of: date | None = None,
    samples: int = SAMPLES,
    progress: Progress = untold,
) -> RuleReplay:
    """What `after` would have changed in the cases of `before` opened since, the newest `most` of them.

    With `as_of` the duties and standards of that day hold on every day, on both sides: for rules of the future.
    `progress` is told how many of how many cases are done.
    """
    if as_of is not None:
        before, after = held_always(before, as_of), held_always(after, as_of)
    replayer = Replayer(before, after, at, samples)
    with reading_only() as cursor:
        whole = count_past(cursor, before, since, most)
        for batch in read_past(cursor, before, since, most):
            progress(replayer.take(batch).cases, whole)
    return replayer.result
