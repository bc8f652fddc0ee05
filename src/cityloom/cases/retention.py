"""How long each kind of personal data is kept, and what has been kept long enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from cityloom.city.snapshot_values import City


@dataclass(frozen=True)
class Kind:
    """A kind of data: its span in days, the key of `limits` that changes it, the least the law allows, what goes.

    The span runs from the end of the case; of a rights request from its decision, of a patrol's point from its
    moment. The log of who read what is none: an audit stands on it (CSL 21 asks for six months at least).
    """

    name: str
    limit: str
    days: int
    least_days: int = 1
    parts: frozenset[str] = frozenset()


KINDS: tuple[Kind, ...] = (
    Kind("contact", "keep_contact_days", 1095, parts=frozenset({"contact"})),
    Kind("relay", "keep_relay_days", 1095, parts=frozenset({"relay"})),
    Kind("photos", "keep_photos_days", 1095, parts=frozenset({"photos"})),
    Kind("words", "keep_words_days", 3650, parts=frozenset({"words"})),
    Kind("requests", "keep_requests_days", 1095, least_days=1095),  # proof of what was done with personal data
    Kind("patrols", "keep_patrol_days", 30),  # from the moment of each point
)

# Which reports of ended cases still hold data of a kind.
_HOLDS_DATA = {
    "contact": "(r.reporter_id IS NOT NULL OR EXISTS (SELECT 1 FROM cases_original o WHERE o.id = r.id))",
    "relay": "EXISTS (SELECT 1 FROM cases_relay y WHERE y.report_id = r.id AND y.text_sealed <> ''::bytea)",
    "photos": "EXISTS (SELECT 1 FROM cases_photo p WHERE p.report_id = r.id)",
    "words": "(r.words <> '' OR r.address <> '')",
}


@dataclass(frozen=True)
class Due:
    """A case whose reports hold data that was kept long enough; `held`: a legal hold keeps it."""

    case_id: int
    report_ids: tuple[int, ...]
    held: bool


def days_kept(kind: Kind, city: City) -> int:
    """The span of a kind in this city, never below the least that the law allows."""
    return max(kind.least_days, int(city.settings.limits.get(kind.limit, kind.days)))


def kept_until(kind: Kind, city: City, at: datetime) -> datetime:
    """What ended before this moment has been kept long enough."""
    return at - timedelta(days=days_kept(kind, city))


def list_due(
    cursor: CursorWrapper, city: City, kind: Kind, at: datetime, most: int, after_case_id: int = 0
) -> list[Due]:
    """Cases with data of this kind to erase now, by ascending id, those on hold among them."""
    holds_data = _HOLDS_DATA[kind.name]
    cursor.execute(
        "SELECT r.case_id, array_agg(r.id ORDER BY r.id), "  # noqa: S608
        "EXISTS (SELECT 1 FROM cases_hold h WHERE h.case_id = r.case_id AND h.lifted_at IS NULL) "
        "FROM cases_report r JOIN cases_case c ON c.id = r.case_id "
        f"WHERE c.city_id = %s AND c.closed_at < %s AND c.id > %s AND {holds_data} "
        "GROUP BY r.case_id ORDER BY r.case_id LIMIT %s",
        [city.id, kept_until(kind, city, at), after_case_id, most],
    )
    return [Due(case_id, tuple(reports), held) for case_id, reports, held in cursor.fetchall()]


_ROWS = {
    "requests": ("cases_rights_request", "decided_at < %s AND city_id = %s"),
    "patrols": ("cases_patrol_point", "at < %s AND city_id = %s"),
}


def count_rows(cursor: CursorWrapper, city: City, kind: Kind, at: datetime) -> int:
    """How many log lines or requests have been kept long enough."""
    table, condition = _ROWS[kind.name]
    cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}", [kept_until(kind, city, at), city.id])  # noqa: S608
    return int(cursor.fetchone()[0])


def delete_rows(cursor: CursorWrapper, city: City, kind: Kind, at: datetime) -> int:
    """Delete those lines; how many went."""
    table, condition = _ROWS[kind.name]
    cursor.execute(f"DELETE FROM {table} WHERE {condition}", [kept_until(kind, city, at), city.id])  # noqa: S608
    return int(cursor.rowcount)
