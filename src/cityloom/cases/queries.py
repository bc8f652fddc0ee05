"""Reading cases for lists, maps and figures: light rows, few statements, never a page by counting (OFFSET).

Every list asks `permissions.visible_to`; the statements lean on the indexes of `models/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.cases.filters import CaseFilter, Condition, all_of, condition_of, reach_of
from cityloom.cases.permissions import visible_to
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

WORDS_SHOWN = 80


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list. `clock` is the kind of the running clock that falls due first, of `owed_by`."""

    id: int
    number: str
    path: str
    state: str
    source: str
    nature: str
    urgency: str
    class_code: str | None
    address: str
    area: str | None
    lead_unit: str | None
    opened_at: datetime
    closed_at: datetime | None
    next_due_at: datetime | None
    promise_due_at: datetime | None
    overdue_raw: bool
    report_count: int
    confidential: bool
    escalation: int
    urge_count: int
    title: str = ""
    repeat_of: str | None = None
    words: str = ""
    clock: str = ""
    owed_by: str = ""
    clock_started_at: datetime | None = None


# The columns of `cases_case` that a row begins with, in the order of its fields.
COLUMNS = (
    "id", "number", "path", "state", "source", "nature", "urgency", "class_code", "address", "area", "lead_unit",
    "opened_at", "closed_at", "next_due_at", "promise_due_at", "overdue_raw", "report_count", "confidential",
    "escalation", "urge_count", "title", "repeat_of",
)  # fmt: skip
_SELECT = f"SELECT {', '.join('c.' + name for name in COLUMNS)} FROM cases_case c WHERE "  # noqa: S608


class Mark(NamedTuple):
    """Where a page ended: the order's moment (None: those without one) and the id of its last row."""

    moment: datetime | None
    id: int

    def as_text(self) -> str:
        return f"{self.moment.isoformat() if self.moment else ''}~{self.id}"

    @staticmethod
    def from_text(text: str) -> Mark | None:
        """The mark again; None for a text that is none."""
        moment, _, last = text.partition("~")
        try:
            mark = Mark(datetime.fromisoformat(moment) if moment else None, int(last))
        except ValueError:
            return None
        return None if mark.moment is not None and mark.moment.tzinfo is None else mark


class CasePage(NamedTuple):
    rows: list[CaseRow]
    next: Mark | None


def list_cases(
    cursor: CursorWrapper, city: City, post: Post, asked: CaseFilter, at: datetime, after: Mark | None, limit: int
) -> CasePage:
    """One page of what the post may see: open work by what falls due first, history by what came last.

    At most four statements: the page (for a unit: what it leads and what it assists with; for open work at its
    end: what has no due moment), the clocks, the first words.
    """
    seen = [condition_of(asked, city, at), Condition(*_seen(post))]
    roads = [all_of([*seen, road]) for road in reach_of(post, city, asked)]
    if asked.is_open_work:
        (road,) = roads
        rows = _open_rows(cursor, road, after, limit + 1)
    else:
        found = {row.id: row for road in roads for row in _history_rows(cursor, road, after, limit + 1)}
        rows = sorted(found.values(), key=lambda r: (r.opened_at, r.id), reverse=True)[: limit + 1]
    more = len(rows) > limit
    rows = _with_clocks(cursor, _with_words(cursor, rows[:limit]))
    return CasePage(rows, _mark(rows[-1], asked) if more else None)


def _mark(last: CaseRow, asked: CaseFilter) -> Mark:
    return Mark(last.next_due_at if asked.is_open_work else last.opened_at, last.id)


def _seen(post: Post) -> tuple[str, tuple[Any, ...]]:
    sql, params = visible_to(post)
    return sql, tuple(params)


def _open_rows(cursor: CursorWrapper, where: Condition, after: Mark | None, limit: int) -> list[CaseRow]:
    """By (next_due_at, id); those without a due moment come last."""
    if after is None:
        return _rows(cursor, where, "TRUE", (), "c.next_due_at, c.id", limit)
    rows: list[CaseRow] = []
    if after.moment is not None:
        rows = _rows(cursor, where, "(c.next_due_at, c.id) > (%s, %s)", after, "c.next_due_at, c.id", limit)
    if len(rows) < limit:
        last = after.id if after.moment is None else 0
        undated = "c.next_due_at IS NULL AND c.id > %s"
        rows += _rows(cursor, where, undated, (last,), "c.id", limit - len(rows))
    return rows


def _history_rows(cursor: CursorWrapper, where: Condition, after: Mark | None, limit: int) -> list[CaseRow]:
    order = "c.opened_at DESC, c.id DESC"
    if after is None or after.moment is None:
        return _rows(cursor, where, "TRUE", (), order, limit)
    return _rows(cursor, where, "(c.opened_at, c.id) < (%s, %s)", after, order, limit)


def _rows(
    cursor: CursorWrapper, where: Condition, beyond: str, mark: Sequence[Any], order: str, limit: int
) -> list[CaseRow]:
    cursor.execute(
        f"{_SELECT}{where.sql} AND {beyond} ORDER BY {order} LIMIT %s",  # the parts are written by us
        [*where.params, *mark, limit],
    )
    return [CaseRow(*row) for row in cursor.fetchall()]


def _with_clocks(cursor: CursorWrapper, rows: list[CaseRow]) -> list[CaseRow]:
    if not rows:
        return rows
    cursor.execute(
        "SELECT DISTINCT ON (case_id) case_id, kind, owed_by, started_at FROM cases_clock "
        "WHERE case_id = ANY(%s) AND state = 'running' ORDER BY case_id, due_at, id",
        [[r.id for r in rows]],
    )
    found = {case_id: rest for case_id, *rest in cursor.fetchall()}
    return [_clocked(r, *found[r.id]) if r.id in found else r for r in rows]


def _clocked(row: CaseRow, kind: str, owed_by: str, started_at: datetime) -> CaseRow:
    return replace(row, clock=kind, owed_by=owed_by, clock_started_at=started_at)


def _with_words(cursor: CursorWrapper, rows: list[CaseRow]) -> list[CaseRow]:
    """The first words said about each matter, cut short; the words of a confidential report stay out of lists."""
    asked = [r.id for r in rows if not r.confidential]
    if not asked:
        return rows
    cursor.execute(
        "SELECT DISTINCT ON (case_id) case_id, left(words, %s) FROM cases_report "
        "WHERE case_id = ANY(%s) ORDER BY case_id, id",
        [WORDS_SHOWN, asked],
    )
    found = dict(cursor.fetchall())
    return [replace(r, words=found.get(r.id, "")) for r in rows]


# --- photos -----------------------------------------------------------------------------------------------------


class PhotoRow(NamedTuple):
    """A kept photo. `kind`: report, before, after, check; `file` is its name in the storage."""

    id: int
    city_id: int
    case_id: int
    report_id: int | None
    kind: str
    file: str
    width: int
    height: int
    by_login: str
    taken_at: datetime


_PHOTO = "SELECT id, city_id, case_id, report_id, kind, file, width, height, by_login, taken_at FROM cases_photo "


def list_photos(cursor: CursorWrapper, case_id: int) -> list[PhotoRow]:
    """The photos of a case in the order they came."""
    cursor.execute(_PHOTO + "WHERE case_id = %s ORDER BY id", [case_id])
    return [PhotoRow(*row) for row in cursor.fetchall()]


def find_photo(cursor: CursorWrapper, city: City, photo_id: int) -> PhotoRow | None:
    """The photo of that id, or None."""
    cursor.execute(_PHOTO + "WHERE id = %s AND city_id = %s", [photo_id, city.id])
    row = cursor.fetchone()
    return PhotoRow(*row) if row else None


# --- figures and the map ----------------------------------------------------------------------------------------


class Flow(NamedTuple):
    """Counts over the stored cases: open now; opened and closed since a moment."""

    open: int
    opened: int
    closed: int


def count_flow(cursor: CursorWrapper, city: City, since: datetime) -> Flow:
    """How much is open, and what came and went since that moment."""
    cursor.execute(
        "SELECT (SELECT count(*) FROM cases_case WHERE city_id = %s AND closed_at IS NULL), "
        "(SELECT count(*) FROM cases_case WHERE city_id = %s AND opened_at >= %s), "
        "(SELECT count(*) FROM cases_case WHERE city_id = %s AND closed_at >= %s)",
        [city.id, city.id, since, city.id, since],
    )
    return Flow(*cursor.fetchone())


class Dot(NamedTuple):
    """An open case on the map."""

    number: str
    class_code: str | None
    state: str
    lon: float
    lat: float
    next_due_at: datetime | None


Box = tuple[float, float, float, float]  # west, south, east, north; degrees


def list_dots(
    cursor: CursorWrapper, city: City, post: Post | None, paths: Sequence[str], box: Box, limit: int = 2000
) -> list[Dot]:
    """Open cases inside the box that the post may see; without a post those of the named paths.

    Confidential ones are never among them.
    """
    sql, params = visible_to(post) if post else ("c.path = ANY(%s)", [list(paths)])
    west, south, east, north = box
    cursor.execute(
        "SELECT c.number, c.class_code, c.state, c.lon, c.lat, c.next_due_at FROM cases_case c "  # noqa: S608
        "WHERE c.city_id = %s AND c.closed_at IS NULL AND NOT c.confidential "
        f"AND c.lon BETWEEN %s AND %s AND c.lat BETWEEN %s AND %s AND {sql} "
        "ORDER BY c.next_due_at, c.id LIMIT %s",
        [city.id, west, east, south, north, *params, limit],
    )
    return [Dot(*row) for row in cursor.fetchall()]
