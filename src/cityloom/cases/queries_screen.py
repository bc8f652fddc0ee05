"""The figures of the one screen: few statements over partial indexes, each count by the very filter of its list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from cityloom.cases.filters import CaseFilter, Condition, View, all_of, condition_of
from cityloom.cases.permissions import visible_to
from cityloom.cases.screen_values import AGES, HOT_DAYS, STEP_S, WEEK, Below, Course, Flow, Hot, Mark, NewCase, Scope
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

DAY_S = 24 * 3600
MOST_MARKS = 60


def count_lists(
    cursor: CursorWrapper, city: City, post: Post, asked: Mapping[str, CaseFilter], at: datetime
) -> dict[str, int]:
    """How many cases each list has that the post would see, by name; one statement."""
    wheres = [_where(city, post, each, at) for each in asked.values()]
    counts = ", ".join(f"(SELECT count(*) FROM cases_case c WHERE {w.sql})" for w in wheres)  # noqa: S608
    cursor.execute(f"SELECT {counts}", [value for w in wheres for value in w.params])
    return dict(zip(asked, map(int, cursor.fetchone()), strict=True))


def count_day(cursor: CursorWrapper, city: City, post: Post, scope: Scope, at: datetime) -> Flow:
    """The five figures of today; one statement."""
    lists = {
        "came": scope.came(), "open": scope.open(), "due": scope.due(), "overdue": scope.overdue(),
        "closed": scope.closed(),
    }  # fmt: skip
    return Flow(**count_lists(cursor, city, post, lists, at))


def count_ages(cursor: CursorWrapper, city: City, post: Post, scope: Scope, at: datetime) -> list[int]:
    """Open work by the age bands of AGES; one statement."""
    bands = {str(first): scope.aged(first, last) for first, last in AGES}
    return list(count_lists(cursor, city, post, bands, at).values())


def course_of_day(
    cursor: CursorWrapper, city: City, post: Post, scope: Scope, until: datetime, at: datetime, open_now: int
) -> Course:
    """The day up to `until`, told from what is open at the moment `at`; two statements.

    What was open at an earlier moment is what is open now, less what came since, more what was closed since; a case
    that was closed and opened again in between counts as open throughout.
    """
    steps = max(0, min(DAY_S // STEP_S, -int((scope.begins - until).total_seconds() // STEP_S)))
    came = _by_step(cursor, city, post, scope, "opened_at", at)
    gone = _by_step(cursor, city, post, scope, "closed_at", at)
    stock, stocks = open_now, []
    for step in range(max([*came, *gone, steps]), -1, -1):
        if step < steps:
            stocks.append(stock)
        stock -= came.get(step, 0) - gone.get(step, 0)
    span = range(steps)
    return Course(tuple(came.get(n, 0) for n in span), tuple(gone.get(n, 0) for n in span), tuple(reversed(stocks)))


def _by_step(
    cursor: CursorWrapper, city: City, post: Post, scope: Scope, column: str, at: datetime
) -> dict[int, int]:
    """Counts by the quarter of an hour since the day began, up to the moment."""
    where = _where(city, post, CaseFilter(View.ALL, area=scope.area), at)
    cursor.execute(
        f"SELECT floor(extract(epoch FROM c.{column} - %s) / %s)::int, count(*) FROM cases_case c "  # noqa: S608
        f"WHERE {where.sql} AND c.{column} >= %s AND c.{column} <= %s GROUP BY 1",
        [scope.begins, STEP_S, *where.params, scope.begins, at],
    )
    return {int(step): int(count) for step, count in cursor.fetchall()}


def list_marks(cursor: CursorWrapper, city: City, post: Post, scope: Scope, at: datetime) -> list[Mark]:
    """What the day's thread shows, in order: promises that passed, sensors that spoke; one statement."""
    where = _where(city, post, CaseFilter(View.ALL, area=scope.area), at)
    told = "c.number, c.class_code, {moment}, CASE WHEN c.confidential THEN NULL ELSE c.lon END, c.lat"
    begins, ends = scope.begins, min(scope.ends, at)
    cursor.execute(
        f"SELECT 'overdue', {told.format(moment='c.promise_due_at')} FROM cases_case c WHERE {where.sql} "  # noqa: S608
        "AND (c.closed_at IS NULL OR c.closed_at >= %s) AND c.promise_due_at >= %s AND c.promise_due_at < %s "
        "AND (c.closed_at IS NULL OR c.closed_at > c.promise_due_at) UNION ALL "
        f"SELECT 'alarm', {told.format(moment='c.opened_at')} FROM cases_case c WHERE {where.sql} "
        "AND c.source = 'sensor' AND c.opened_at >= %s AND c.opened_at < %s ORDER BY 4 LIMIT %s",
        [*where.params, begins, begins, ends, *where.params, begins, ends, MOST_MARKS],
    )
    return [Mark(*row) for row in cursor.fetchall()]


def week_before(scope: Scope) -> Scope:
    """The same day of the week before."""
    return Scope(scope.area, scope.day - WEEK, scope.tz)


def count_below(cursor: CursorWrapper, city: City, post: Post, scope: Scope, at: datetime) -> list[Below]:
    """The areas one level below, the fullest first: open and overdue, of a past day came and late; one statement."""
    top = scope.area or next((a.code for a in city.areas.values() if a.parent is None), "")
    children = city.children.get(top, ())
    if not children:
        return []
    depth = len(city.ancestors(top)) + 1
    is_today = scope.begins <= at < scope.ends
    where = _where(city, post, scope.open() if is_today else scope.came(), at)
    late = "c.next_due_at < %s" if is_today else "c.overdue_raw"
    cursor.execute(
        f"SELECT c.areas[%s], count(*), count(*) FILTER (WHERE {late}) FROM cases_case c "  # noqa: S608
        f"WHERE {where.sql} GROUP BY 1",
        [depth, *([at] if is_today else []), *where.params],
    )
    found = {code: (int(count), int(late)) for code, count, late in cursor.fetchall()}
    rows = [Below(code, *found.get(code, (0, 0))) for code in children]
    return sorted(rows, key=lambda row: (-row.open, row.code))


def list_hot(cursor: CursorWrapper, city: City, post: Post, scope: Scope, at: datetime, most: int = 6) -> list[Hot]:
    """The classes of which most came in the last days, against as many days before; one statement."""
    where = _where(city, post, CaseFilter(View.ALL, area=scope.area), at)
    middle = scope.ends - timedelta(days=HOT_DAYS)
    cursor.execute(
        "SELECT c.class_code, count(*) FILTER (WHERE c.opened_at >= %s) AS now, "  # noqa: S608
        "count(*) FILTER (WHERE c.opened_at < %s) FROM cases_case c "
        f"WHERE {where.sql} AND c.class_code IS NOT NULL AND c.opened_at >= %s AND c.opened_at < %s "
        "GROUP BY 1 ORDER BY now DESC, 1 LIMIT %s",
        [middle, middle, *where.params, middle - timedelta(days=HOT_DAYS), scope.ends, most],
    )
    return [Hot(code, int(now), int(before)) for code, now, before in cursor.fetchall() if now]


def heard_by_callbacks(
    cursor: CursorWrapper, city: City, post: Post, scope: Scope, at: datetime, days: int
) -> tuple[int, ...]:
    """What callbacks heard: contacted of asked, solved of asked, satisfied and basically of asked; one statement."""
    where = _where(city, post, CaseFilter(View.ALL, area=scope.area), at)
    cursor.execute(
        "SELECT count(*) FILTER (WHERE r.contacted = 'yes'), "  # noqa: S608
        "count(*) FILTER (WHERE r.contacted IN ('yes', 'no')), "
        "count(*) FILTER (WHERE r.solved = 'yes'), count(r.solved), "
        "count(*) FILTER (WHERE r.satisfied = 'satisfied'), count(*) FILTER (WHERE r.satisfied = 'basically'), "
        "count(*) FILTER (WHERE r.satisfied IN ('satisfied', 'basically', 'unsatisfied')) "
        "FROM cases_report r JOIN cases_case c ON c.id = r.case_id "
        f"WHERE {where.sql} AND r.city_id = %s AND r.state = 'called_back' "
        "AND r.callback_at >= %s AND r.callback_at < %s",
        [*where.params, city.id, scope.ends - timedelta(days=days), scope.ends],
    )
    return tuple(map(int, cursor.fetchone()))


def list_new(
    cursor: CursorWrapper,
    city: City,
    post: Post,
    scope: Scope,
    at: datetime,
    *,
    since: datetime | None = None,
    numbers: Sequence[str] = (),
    most: int = 20,
) -> list[NewCase]:
    """The newest cases with a place that came after a moment, or have these numbers; none that is confidential."""
    if since is None and not numbers:
        return []
    where = _where(city, post, CaseFilter(View.ALL, area=scope.area), at)
    which = "c.number = ANY(%s)" if since is None else "c.opened_at > %s"
    cursor.execute(
        "SELECT c.number, c.class_code, c.area, c.lead_unit, c.urgency = 'urgent', c.lon, c.lat "  # noqa: S608
        f"FROM cases_case c WHERE {where.sql} AND {which} AND NOT c.confidential AND c.lon IS NOT NULL "
        "ORDER BY c.opened_at DESC, c.id DESC LIMIT %s",
        [*where.params, since if since is not None else list(numbers), most],
    )
    return [NewCase(*row) for row in cursor.fetchall()]


def _where(city: City, post: Post, asked: CaseFilter, at: datetime) -> Condition:
    seen, params = visible_to(post)
    return all_of([condition_of(asked, city, at), Condition(seen, tuple(params))])
