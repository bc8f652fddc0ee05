"""Lists of hard cases: what waits for a second person, the long-term list, the precedents; one statement each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.cases.permissions import visible_to
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

MOST = 200


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """Something asked for that nobody has decided, with the case it belongs to."""

    id: int
    number: str
    class_code: str | None
    address: str
    area: str | None
    path: str
    state: str
    move: str
    asked_by: str
    asked_unit: str
    asked_at: datetime
    reason: dict[str, Any]
    due_at: datetime | None


def list_waiting_requests(cursor: CursorWrapper, city: City, post: Post) -> list[WaitingRequest]:
    """Open requests on cases that the post may see, the one whose decision falls due first on top."""
    seen, params = visible_to(post)
    cursor.execute(
        "SELECT r.id, c.number, c.class_code, c.address, c.area, c.path, c.state, r.move, r.asked_by, "  # noqa: S608
        "r.asked_unit, r.asked_at, r.reason, (SELECT min(k.due_at) FROM cases_clock k WHERE k.case_id = c.id "
        "AND k.kind = 'approval' AND k.state = 'running') AS due "
        "FROM cases_request r JOIN cases_case c ON c.id = r.case_id "
        f"WHERE r.city_id = %s AND r.state = 'asked' AND {seen} ORDER BY due NULLS LAST, r.asked_at LIMIT %s",
        [city.id, *params, MOST],
    )
    return [WaitingRequest(*(*row[:11], json.loads(row[11]), row[12])) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class LongTermCase:
    """A case on the long-term list: its age never shrinks; the plan is what was said last."""

    number: str
    class_code: str | None
    address: str
    area: str | None
    lead_unit: str | None
    opened_at: datetime
    listed_at: datetime | None
    plan: str
    review_at: datetime | None
    reviews: int


def list_long_term(cursor: CursorWrapper, city: City, post: Post) -> list[LongTermCase]:
    """Cases on the long-term list that the post may see, the next review first."""
    seen, params = visible_to(post)
    cursor.execute(
        "SELECT c.number, c.class_code, c.address, c.area, c.lead_unit, c.opened_at, c.state_since, "  # noqa: S608
        "coalesce(e.text, ''), k.due_at, (SELECT count(*) FROM cases_entry v WHERE v.case_id = c.id "
        "AND v.subject = 'case' AND v.move = 'review') FROM cases_case c "
        "LEFT JOIN LATERAL (SELECT text FROM cases_entry e WHERE e.case_id = c.id AND e.subject = 'case' "
        "AND e.move IN ('list', 'review') ORDER BY e.seq DESC LIMIT 1) e ON TRUE "
        "LEFT JOIN LATERAL (SELECT due_at FROM cases_clock k WHERE k.case_id = c.id AND k.kind = 'review' "
        "AND k.state = 'running' LIMIT 1) k ON TRUE "
        f"WHERE c.city_id = %s AND c.state = 'listed' AND c.closed_at IS NULL AND {seen} "
        "ORDER BY k.due_at NULLS LAST, c.opened_at LIMIT %s",
        [city.id, *params, MOST],
    )
    return [LongTermCase(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class PrecedentRow:
    """A ruling on whose work a matter is, with the duty it proposes."""

    id: int
    number: str
    case_number: str
    class_code: str | None
    area: str | None
    from_unit: str
    to_unit: str
    kind: str
    rule: str
    proposed: dict[str, str]
    state: str
    ruled_by: str
    ruled_at: datetime
    evidence: str
    settled_by: str


_PRECEDENTS = (
    "SELECT p.id, p.number, c.number, p.class_code, p.area, p.from_unit, p.to_unit, p.kind, p.rule, p.proposed, "
    "p.state, p.ruled_by, p.ruled_at, coalesce(r.note, ''), p.settled_by FROM cases_precedent p "
    "JOIN cases_case c ON c.id = p.case_id LEFT JOIN cases_request r ON r.id = p.request_id "
)


def list_precedents(
    cursor: CursorWrapper, city: City, post: Post, state: str = "", class_code: str = ""
) -> list[PrecedentRow]:
    """Rulings on cases that the post may see, newest first; of one state or class if given."""
    seen, params = visible_to(post)
    cursor.execute(
        f"{_PRECEDENTS} WHERE p.city_id = %s AND (%s = '' OR p.state = %s) AND (%s = '' OR p.class_code = %s) "
        f"AND {seen} ORDER BY p.ruled_at DESC, p.id DESC LIMIT %s",
        [city.id, state, state, class_code, class_code, *params, MOST],
    )
    return [PrecedentRow(*(*row[:9], json.loads(row[9]), *row[10:])) for row in cursor.fetchall()]
