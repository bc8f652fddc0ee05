"""What happened at a place: three statements over the stored cells, whatever the city's size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from cityloom.cases.permissions import visible_to
from cityloom.cases.place_history import Contradiction, PastCase, PastPromise, contradictions, judge_promise
from cityloom.cases.places import cells_around, metres_between
from cityloom.cases.twins import METRES_A_DEGREE
from cityloom.cases.values import Place
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

LOOKED_BACK = timedelta(days=2 * 365)
MOST_CASES = 30


@dataclass(frozen=True)
class PlaceHistory:
    """The cases of a place, newest first, the days that were promised, and what contradicts."""

    cases: tuple[PastCase, ...] = ()
    promises: tuple[PastPromise, ...] = ()
    clashes: tuple[Contradiction, ...] = ()


def place_history(
    cursor: CursorWrapper, city: City, place: Place, post: Post, at: datetime, component: str | None = None
) -> PlaceHistory:
    """What the post may see of the last two years within the city's twin radius, or at the same component."""
    if place.cell is None or place.lon is None or place.lat is None:
        return PlaceHistory()
    cases = _cases(cursor, city, place, post, at, component)
    if not cases:
        return PlaceHistory()
    promises = _promises(cursor, cases, at)
    return PlaceHistory(tuple(cases), tuple(promises), tuple(contradictions(cases)))


def _cases(
    cursor: CursorWrapper, city: City, place: Place, post: Post, at: datetime, component: str | None
) -> list[PastCase]:
    """The nearest cases first read by cell, with callbacks, units that disowned them, and the newest answer."""
    assert place.lon is not None
    assert place.lat is not None
    assert place.cell is not None
    radius = city.settings.twin_radius_m
    up = radius / METRES_A_DEGREE
    aside = up / max(0.01, math.cos(math.radians(place.lat)))
    seen, params = visible_to(post)
    cursor.execute(
        f"WITH near AS (SELECT c.* FROM cases_case c WHERE c.city_id = %s AND c.cell = ANY(%s) "  # noqa: S608
        "AND c.opened_at BETWEEN %s AND %s AND (c.component_code = %s OR "
        f"(c.lon BETWEEN %s AND %s AND c.lat BETWEEN %s AND %s)) AND {seen} "
        "ORDER BY c.opened_at DESC LIMIT %s) "
        "SELECT n.id, n.number, n.class_code, n.state, n.opened_at, n.closed_at, n.lead_unit, n.lon, n.lat, "
        "n.component_code, "
        "ARRAY(SELECT r.solved FROM cases_report r WHERE r.case_id = n.id AND r.solved IS NOT NULL), "
        "ARRAY(SELECT t.unit FROM cases_task t WHERE t.case_id = n.id AND t.role = 'lead' "
        "AND (t.state = 'returned' OR t.ruled = 'not_ours')), a.text, a.occurred_at "
        "FROM near n LEFT JOIN LATERAL (SELECT e.text, e.occurred_at FROM cases_entry e WHERE e.case_id = n.id "
        "AND e.move IN ('reply', 'answer') AND e.subject = 'case' ORDER BY e.seq DESC LIMIT 1) a ON TRUE "
        "ORDER BY n.opened_at DESC",
        [
            city.id,
            cells_around(place.cell, radius),
            *(at - LOOKED_BACK, at),
            component or "",
            *(place.lon - aside, place.lon + aside, place.lat - up, place.lat + up),
            *params,
            MOST_CASES,
        ],
    )
    found = []
    for (
        case_id,
        number,
        kind,
        state,
        opened,
        closed,
        unit,
        lon,
        lat,
        part,
        solved,
        returned,
        text,
        said,
    ) in cursor.fetchall():
        same_part = component is not None and part == component
        if not same_part and metres_between(place.lon, place.lat, lon, lat) > radius:
            continue
        found.append(
            PastCase(
                case_id, number, kind, state, opened, closed, unit, tuple(solved), tuple(returned), text or "", said
            )
        )
    return found


def _promises(cursor: CursorWrapper, cases: list[PastCase], at: datetime) -> list[PastPromise]:
    """Dated promises of these cases with the words of the entry that started each, the newest day first."""
    cursor.execute(
        "SELECT c.number, k.owed_by, k.due_at, k.stopped_at, e.text FROM cases_clock k "
        "JOIN cases_case c ON c.id = k.case_id "
        "LEFT JOIN cases_entry e ON e.case_id = k.case_id AND e.move = 'promise_date' "
        "AND e.changes -> 'clocks' ? k.id::text "
        "WHERE k.case_id = ANY(%s) AND k.kind = 'dated' ORDER BY k.due_at DESC",
        [[c.id for c in cases]],
    )
    return [
        PastPromise(number, unit, due, kept, text or "", judge_promise(due, kept, at))
        for number, unit, due, kept, text in cursor.fetchall()
    ]
