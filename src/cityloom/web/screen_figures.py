"""Everything that the screen counts, in a dozen statements; what changes slowly is kept for half a minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.backends.utils import CursorWrapper

from cityloom.assess.rates import Callbacks, Share, ThreeRates, on_time_share, three_rates
from cityloom.cases.queries import CaseRow, list_cases
from cityloom.cases.queries_screen import (
    count_ages,
    count_below,
    count_day,
    count_lists,
    course_of_day,
    heard_by_callbacks,
    list_hot,
    list_marks,
    week_before,
)
from cityloom.cases.screen_values import RATES_DAYS, Below, Course, Flow, Hot, Mark, Scope
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.vital_rows import newest_run
from cityloom.web.context import language
from cityloom.web.vital_panel import VitalPanel, vital_panel

T = TypeVar("T")
KEPT_S = 30.0
MOST_KEPT = 200
CASES_SHOWN = 10


@dataclass(frozen=True)
class Slow:
    """What may be half a minute old."""

    rates: ThreeRates
    on_time: Share
    kept: int
    hot: Sequence[Hot]
    week_before: Course


@dataclass(frozen=True)
class Figures:
    """All figures of a scope at a moment."""

    flow: Flow
    course: Course
    below: Sequence[Below]
    cases: Sequence[CaseRow]  # of an area that has none below
    ages: Sequence[int]
    marks: Sequence[Mark]
    slow: Slow
    vital: VitalPanel


def figures_of(cursor: CursorWrapper, city: City, post: Post, scope: Scope, now: datetime) -> Figures:
    """The figures for what the post may see; at most twelve statements, six of them once in half a minute."""
    until = min(now, scope.ends)
    flow = count_day(cursor, city, post, scope, now)
    return Figures(
        flow=flow,
        course=course_of_day(cursor, city, post, scope, until, now, flow.open),
        below=(below := count_below(cursor, city, post, scope, now)),
        cases=[] if below else list_cases(cursor, city, post, scope.open(), now, None, CASES_SHOWN).rows,
        ages=count_ages(cursor, city, post, scope, now),
        marks=list_marks(cursor, city, post, scope, now),
        slow=_kept.get(
            (city.id, city.version, post, scope), lambda: _slow(cursor, city, post, scope, now, flow.open)
        ),
        vital=_signs(cursor, city, scope, now),
    )


def _signs(cursor: CursorWrapper, city: City, scope: Scope, now: datetime) -> VitalPanel:
    """The vital signs, made anew as soon as they were worked out anew."""
    until = min(now, scope.ends - timedelta(seconds=1))
    stamp = newest_run(cursor, city.id)
    key = (city.id, city.version, scope, language(), stamp, until.replace(minute=0, second=0, microsecond=0))
    return _kept.get(key, lambda: vital_panel(cursor, city, scope.area, until, now, stamp))


def _slow(cursor: CursorWrapper, city: City, post: Post, scope: Scope, now: datetime, open_now: int) -> Slow:
    heard = heard_by_callbacks(cursor, city, post, scope, now, RATES_DAYS)
    closed = count_lists(cursor, city, post, {"kept": scope.kept(), "missed": scope.missed()}, now)
    before = week_before(scope)
    return Slow(
        rates=three_rates(Callbacks(*heard)),
        on_time=on_time_share(closed["kept"], closed["missed"]),
        kept=closed["kept"],
        hot=list_hot(cursor, city, post, scope, now),
        week_before=course_of_day(cursor, city, post, before, before.ends, now, open_now),
    )


@dataclass
class KeptForAWhile:
    """Values by key, made anew when they are older than `kept_s`; the oldest go when there are too many."""

    kept_s: float = KEPT_S
    now_s: Callable[[], float] = time.monotonic
    _values: dict[Any, tuple[float, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Any, make: Callable[[], T]) -> T:
        with self._lock:
            made = self._values.get(key)
        if made is not None and self.now_s() - made[0] < self.kept_s:
            value: T = made[1]
            return value
        value = make()
        with self._lock:
            self._values[key] = (self.now_s(), value)
            while len(self._values) > MOST_KEPT:
                self._values.pop(next(iter(self._values)))
        return value

    def clear(self) -> None:
        with self._lock:
            self._values.clear()


_kept = KeptForAWhile()
forget_slow_figures = _kept.clear
