"""Reading what waits for its callback: the list of a callback agent, who is one person, how much is done today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.cases.callback_turns import HELD, Waiting
from cityloom.cases.callbacks import DISPUTED, WORKING_MOVES
from cityloom.cases.permissions import visible_to
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

MOST = 500
_SELECT = """
SELECT r.id, c.id, c.number, c.version, c.class_code, c.area, c.address, c.lead_unit, c.urgency, r.language,
    coalesce(p.consents, '{callback}'), coalesce(p.quiet_hours, ''), coalesce(length(p.phone_index) > 0, false),
    (SELECT min(k.due_at) FROM cases_clock k WHERE k.case_id = c.id AND k.kind = 'callback' AND k.state = 'running'),
    r.callback_attempts, coalesce(r.callback_result, ''),
    CASE WHEN r.callback_result IS NULL THEN NULL ELSE r.callback_at END, r.callback_next_at, c.opened_at,
    (SELECT max(l.expires_at) FROM cases_callback_link l WHERE l.case_id = c.id AND l.used_at IS NULL
        AND l.made_at >= c.state_since AND l.report_ids @> ARRAY[r.id]),
    coalesce((SELECT d.by_login FROM cases_reporter_read d WHERE d.reporter_id = r.reporter_id AND d.at > %s
        AND d.at <= %s AND d.by_login <> %s AND d.reason = 'callback' ORDER BY d.at DESC LIMIT 1), ''),
    c.state_since
FROM cases_report r JOIN cases_case c ON c.id = r.case_id LEFT JOIN cases_reporter p ON p.id = r.reporter_id
WHERE r.city_id = %s AND r.state = 'due_callback'"""
# As `callbacks.why_not_independent` refuses it: own units or logins worked on it, or the own callback is doubted.
_INDEPENDENT = """
NOT EXISTS (SELECT 1 FROM cases_task t WHERE t.case_id = c.id AND (t.unit = ANY(%s) OR t.done_by = ANY(%s)))
AND NOT EXISTS (SELECT 1 FROM cases_entry e WHERE e.case_id = c.id AND e.subject IN ('case', 'task')
    AND e.move = ANY(%s) AND e.by_login = ANY(%s))
AND NOT EXISTS (SELECT 1 FROM cases_entry e JOIN cases_entry d ON d.case_id = e.case_id AND d.seq > e.seq
    AND d.move = 'reopen' AND d.reason ->> 'code' = %s
    WHERE e.case_id = c.id AND e.move = 'call_back' AND e.subject_id = r.id AND e.by_login = %s)"""


def list_waiting(cursor: CursorWrapper, city: City, post: Post, at: datetime, most: int = MOST) -> list[Waiting]:
    """Reports that wait for a callback which this post may make, those due soonest first; at most `most`."""
    seen, seen_params = visible_to(post)
    own = [u for u in post.units if u not in city.units or city.units[u].kind != "hotline"]
    persons = sorted(post.persons)
    cursor.execute(
        f"{_SELECT} AND ({seen}) AND {_INDEPENDENT} ORDER BY c.next_due_at NULLS LAST, r.id LIMIT %s",
        [
            *(at - HELD, at, post.login, city.id, *seen_params),
            *(own, persons, sorted(WORKING_MOVES), persons, DISPUTED, post.login, most),
        ],
    )
    return [_waiting(row) for row in cursor.fetchall()]


def list_waiting_of_all(cursor: CursorWrapper, city: City, at: datetime, most: int) -> list[Waiting]:
    """The same for the system, which sees all."""
    cursor.execute(
        f"{_SELECT} ORDER BY c.next_due_at NULLS LAST, r.id LIMIT %s", [at - HELD, at, "system", city.id, most]
    )
    return [_waiting(row) for row in cursor.fetchall()]


def _waiting(row: Sequence[Any]) -> Waiting:
    (
        report_id, case_id, number, version, class_code, area, address, lead_unit, urgency, language, consents,
        quiet_hours, has_phone, due_at, attempts, last, last_at, next_at, opened_at, link_until, held_by, due_since,
    ) = row  # fmt: skip
    return Waiting(
        report_id=report_id,
        case_id=case_id,
        number=number,
        version=version,
        class_code=class_code,
        area=area,
        address=address,
        lead_unit=lead_unit,
        urgency=urgency,
        language=language,
        consents=tuple(consents),
        quiet_hours=quiet_hours,
        has_phone=has_phone,
        due_at=due_at,
        attempts=attempts,
        last=last,
        last_at=last_at,
        next_at=next_at,
        opened_at=opened_at,
        link_until=link_until,
        held_by=held_by,
        due_since=due_since,
    )


def same_person(cursor: CursorWrapper, case_id: int, report_id: int) -> list[int]:
    """The reports of this case that wait for a callback and were left by the same number, the given one among them.

    Found by the blind index: nobody's data is opened.
    """
    cursor.execute(
        "SELECT r.id FROM cases_report r JOIN cases_reporter p ON p.id = r.reporter_id WHERE r.case_id = %s "
        "AND r.state = 'due_callback' AND length(p.phone_index) > 0 AND p.phone_index = (SELECT q.phone_index FROM "
        "cases_report s JOIN cases_reporter q ON q.id = s.reporter_id WHERE s.id = %s) ORDER BY r.id",
        [case_id, report_id],
    )
    found = [i for (i,) in cursor.fetchall()]
    return found if report_id in found else [report_id]


class DoneToday(NamedTuple):
    """Callbacks of a login since a moment: with an outcome, and tries in vain."""

    heard: int
    tried: int


def count_done(cursor: CursorWrapper, city: City, login: str, since: datetime) -> DoneToday:
    """What this login has recorded since that moment."""
    cursor.execute(
        "SELECT count(*) FILTER (WHERE e.move = 'call_back'), count(*) FILTER (WHERE e.move = 'attempt_callback') "
        "FROM cases_report r JOIN cases_entry e ON e.case_id = r.case_id AND e.subject_id = r.id "
        "WHERE r.city_id = %s AND r.callback_at >= %s AND e.by_login = %s AND e.recorded_at >= %s",
        [city.id, since, login, since],
    )
    return DoneToday(*cursor.fetchone())
