"""Who read personal data: one list over the logs of reads, with what is out of the ordinary about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django.db import connection

from cityloom.city.snapshot_values import City

MANY = 30  # readings of one person on one day of the city from which each of them counts as many
NIGHT = (time(22), time(6))
FOLLOWS_WITHIN = timedelta(hours=24)  # a reading for a callback is followed by something written on the case
UNUSUAL = ("many", "night", "alone")
MOST = 500


@dataclass(frozen=True)
class ReadFilter:
    """Which readings; an empty part leaves it open. `until` is the first moment that is left out."""

    person: str = ""
    number: str = ""
    role: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Reading:
    """One reading. `what`: a case's number, a record's code, a walker's login, a building's code; `log` says which.

    `unusual`: words of UNUSUAL.
    """

    log: str
    id: int
    at: datetime
    by_login: str
    by_role: str
    by_unit: str
    reason: str
    what: str
    fields: tuple[str, ...]
    followed: bool
    unusual: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "at": self.at.isoformat(), "fields": list(self.fields), "unusual": list(self.unusual)}


# The logs, each as ten columns: log, id, at, by_login, by_role, by_unit, reason, what, fields, followed. A reading is
# followed when its reader wrote something on the case within a day; looking at a walk asks for nothing to be written.
_LOGS = [
    """SELECT 'reporter_read' AS log, r.id, r.at, r.by_login, r.by_role, r.by_unit, r.reason, c.number AS what,
        r.fields, EXISTS (SELECT 1 FROM cases_entry e WHERE e.case_id = r.case_id AND e.by_login = r.by_login
            AND e.recorded_at >= r.at AND e.recorded_at <= r.at + %(within)s) AS followed
    FROM cases_reporter_read r JOIN cases_case c ON c.id = r.case_id WHERE c.city_id = %(city)s""",
    """SELECT 'register_read', r.id, r.at, r.by_login, r.by_role, '', 'register_check', d.kind || ' ' || d.code,
        '{}'::varchar[], k.outcome <> '' AND k.by_login = r.by_login
    FROM cases_register_read r JOIN cases_register_record d ON d.id = r.record_id
        LEFT JOIN cases_register_check k ON k.id = r.check_id WHERE d.city_id = %(city)s""",
    """SELECT 'patrol_read', r.id, r.at, r.by_login, r.by_role, '', 'patrol', r.login, '{}'::varchar[], TRUE
    FROM cases_patrol_read r WHERE r.city_id = %(city)s""",
]


def add_log(select: str) -> None:
    """Let the auditor see one more log of reads: a SELECT of those ten columns for `%(city)s` and `%(within)s`."""
    if select not in _LOGS:
        _LOGS.append(select)


def _all_logs() -> str:
    return f"SELECT * FROM ({' UNION ALL '.join(_LOGS)}) l WHERE "  # noqa: S608 (the parts are written by us)


def list_reads(city: City, asked: ReadFilter, now: datetime | None = None, most: int = MOST) -> list[Reading]:
    """The newest readings that fit. `now`: readings younger than a day may still be followed by something."""
    wanted: dict[str, tuple[str, str | datetime | None]] = {
        "person": ("by_login = %(person)s", asked.person),
        "number": ("what = %(number)s", asked.number),
        "role": ("by_role = %(role)s", asked.role),
        "since": ("at >= %(since)s", asked.since),
        "until": ("at < %(until)s", asked.until),
    }
    conditions = ["TRUE", *(condition for condition, value in wanted.values() if value)]
    values: dict[str, Any] = {name: value for name, (_, value) in wanted.items()}
    values.update(most=most, within=FOLLOWS_WITHIN, city=city.id)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_all_logs()}{' AND '.join(conditions)} ORDER BY at DESC, log, id DESC LIMIT %(most)s",
            values,
        )
        found = [_reading(row) for row in cursor.fetchall()]
        counts = _per_day(cursor, city, found)
    return mark_unusual(found, counts, city.calendar().tz, now)


def _reading(row: Sequence[Any]) -> Reading:
    log, row_id, at, login, role, unit, reason, what, fields, followed = row
    return Reading(log, row_id, at, login, role, unit, reason, what, tuple(fields), bool(followed))


def _per_day(cursor: Any, city: City, found: Sequence[Reading]) -> Counter[tuple[str, date]]:
    """How often each of these readers read on the days of these readings, also beyond the list."""
    if not found:
        return Counter()
    tz = city.calendar().tz
    days = [each.at.astimezone(tz).date() for each in found]
    begins = datetime.combine(min(days), time(), tz)
    ends = datetime.combine(max(days) + timedelta(days=1), time(), tz)
    cursor.execute(
        f"{_all_logs()} by_login = ANY(%(readers)s) AND at >= %(begins)s AND at < %(ends)s",
        {
            "within": FOLLOWS_WITHIN,
            "city": city.id,
            "readers": list({each.by_login for each in found}),
            "begins": begins,
            "ends": ends,
        },
    )
    return Counter((row[3], row[2].astimezone(tz).date()) for row in cursor.fetchall())


def mark_unusual(
    found: Iterable[Reading], counts: Mapping[tuple[str, date], int], tz: tzinfo, now: datetime | None = None
) -> list[Reading]:
    """The readings with what is out of the ordinary: `many` a day, at `night`, `alone` (nothing written after it).

    The system reads by rules of its own and is never out of the ordinary. Pure.
    """
    return [replace(each, unusual=_unusual(each, counts, tz, now)) for each in found]


def _unusual(
    each: Reading, counts: Mapping[tuple[str, date], int], tz: tzinfo, now: datetime | None
) -> tuple[str, ...]:
    if each.by_role == "system":
        return ()
    local = each.at.astimezone(tz)
    over = now is None or now - each.at > FOLLOWS_WITHIN
    holds = {
        "many": counts.get((each.by_login, local.date()), 0) >= MANY,
        "night": local.time() >= NIGHT[0] or local.time() < NIGHT[1],
        "alone": over and not each.followed,
    }
    return tuple(word for word in UNUSUAL if holds[word])


def on_day(asked: ReadFilter, day: date, tz: tzinfo) -> ReadFilter:
    """The same, on one day of the city."""
    begins = datetime.combine(day, time(), tz)
    return replace(asked, since=begins, until=datetime.combine(day + timedelta(days=1), time(), tz))
