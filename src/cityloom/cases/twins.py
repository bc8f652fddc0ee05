"""Cases that may be the same matter as a report: near in space and time, alike in class and words.

Open ones are twins, closed ones are what a report may repeat. One statement over the stored cells and the index of
the phone finds both; `triage/twinning.py` weighs them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.base.keys import vault
from cityloom.base.reasons import Reason
from cityloom.cases.places import cells_around, metres_between
from cityloom.cases.reporters import plain_phone
from cityloom.cases.values import CaseFile, Place
from cityloom.city.snapshot_values import City
from cityloom.triage.repeats import Earlier, Repeat, find_repeat
from cityloom.triage.twinning import PROPOSED, READ_CHARS, Likeness, Told, same_matter
from cityloom.triage.values import Proposal, Subject

METRES_A_DEGREE = 111_195.0  # of latitude, on the sphere that distances are measured on
REPEAT_DAYS = 90  # after the end of a case; `limits.repeat_days` changes it
LONGEST_CASE = timedelta(days=180)  # a case that was open for longer is not looked for among the closed ones
MOST_NEAR, MOST_THEIRS = 30, 10
NEVER = 2.0  # no probability reaches it


class Twin(NamedTuple):
    """An open case that may be the same matter, how likely it is, and why (the words of both, for pages)."""

    number: str
    class_code: str | None
    state: str
    opened_at: datetime
    distance_m: float
    likeness: Likeness

    @property
    def reason(self) -> Reason:
        return self.likeness.reason


class Found(NamedTuple):
    """What a report may tell of once more."""

    twins: tuple[Twin, ...] = ()
    repeat: Repeat | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """What is compared with the stored cases: class and words may be open, the phone finds a person's own."""

    place: Place
    class_code: str | None = None
    words: str = ""
    component: str | None = None
    phone: str = ""
    told_at: datetime | None = None  # of a case that is stored already; else the moment of the search


@dataclass(frozen=True, slots=True)
class _Stored:
    number: str
    class_code: str | None
    component: str | None
    state: str
    opened_at: datetime
    closed_at: datetime | None
    lon: float | None
    lat: float | None
    theirs: bool
    words: str | None


def list_twins(
    cursor: CursorWrapper,
    city: City,
    place: Place,
    class_code: str | None,
    at: datetime,
    most: int = 5,
    words: str = "",
) -> list[Twin]:
    """Open cases within the city's twin radius and hours that may be the same matter, the likeliest first.

    One statement over the stored cells; a place without a point has no twins.
    """
    if place.cell is None:
        return []
    return list(find_same(cursor, city, Saying(place, class_code, words), at, most).twins)


def find_same(cursor: CursorWrapper, city: City, said: Saying, at: datetime, most: int = 5) -> Found:
    """The open cases that may be the same matter, and the closed one that is told again; one statement."""
    rows = _read(cursor, city, said, at)
    since = at - timedelta(hours=city.settings.twin_hours)
    twins = [
        Twin(row.number, row.class_code, row.state, row.opened_at, like.metres, like)
        for row in rows
        if row.closed_at is None and not row.theirs and row.opened_at >= since
        if (like := _likeness(row, said, at, city)) is not None and like.probability >= PROPOSED
    ]
    twins.sort(key=lambda twin: (-twin.likeness.probability, twin.distance_m))
    return Found(tuple(twins[:most]), find_repeat(at, _earlier(rows, said, at, city)))


def list_alike(cursor: CursorWrapper, city: City, file: CaseFile, at: datetime, most: int = 5) -> list[Twin]:
    """Other open cases that may be the same matter as a stored one, the likeliest first; one statement."""
    words = file.reports[0].words if file.reports else ""
    said = Saying(file.case.place, file.case.class_code, words, told_at=file.case.opened_at)
    found = find_same(cursor, city, said, at, most + 1).twins
    return [twin for twin in found if twin.number != file.case.number][:most]


def surely_same(twins: Sequence[Twin], city: City) -> Twin | None:
    """The one twin that a report is merged into without a person, at the confidence that the city sets.

    Only where class, words and numbers do not speak against it, and no second case is nearly as likely.
    """
    least = float(city.settings.limits.get("twin_merge", NEVER))
    sure = [t for t in twins if t.likeness.probability >= least and t.likeness.is_undisputed]
    return sure[0] if len(sure) == 1 else None


def twin_proposals(twins: Sequence[Twin]) -> list[Proposal]:
    """The twins as proposals, to be kept with what else the words seemed to say."""
    return [
        Proposal(Subject.TWIN, t.number, t.likeness.probability, t.likeness.kept_reason, t.likeness.both)
        for t in twins
    ]


def _earlier(rows: Sequence[_Stored], said: Saying, at: datetime, city: City) -> list[Earlier]:
    found: dict[str, Earlier] = {}
    for row in rows:
        if row.closed_at is None:
            continue
        known = found.get(row.number)
        found[row.number] = Earlier(
            row.number,
            row.closed_at,
            same_person=row.theirs or (known is not None and known.same_person),
            same_component=said.component is not None and row.component == said.component,
            same_class=said.class_code is not None and row.class_code == said.class_code,
            likeness=_likeness(row, said, at, city, settled=True),
        )
    return list(found.values())


def _likeness(row: _Stored, said: Saying, at: datetime, city: City, *, settled: bool = False) -> Likeness | None:
    place = said.place
    if row.lon is None or row.lat is None or place.lon is None or place.lat is None:
        return None
    metres = metres_between(place.lon, place.lat, row.lon, row.lat)
    if metres > city.settings.twin_radius_m:
        return None
    return same_matter(
        Told(said.told_at or at, _chain(city, said.class_code), said.words),
        Told(row.opened_at, _chain(city, row.class_code), row.words or ""),
        metres,
        settled=settled,
    )


def _chain(city: City, code: str | None) -> tuple[str, ...]:
    return tuple(city.class_chain(code)) if code is not None and code in city.classes else ()


# --- the statement ----------------------------------------------------------------------------------------------

_COLUMNS = "c.id, c.number, c.class_code, c.component_code, c.state, c.opened_at, c.closed_at, c.lon, c.lat"
_PUBLIC = "NOT c.confidential AND c.complained_about = '{}'"  # nobody learns of another's confidential case
_NEAR = (
    f"SELECT * FROM (SELECT {_COLUMNS}, FALSE AS theirs FROM cases_case c "  # noqa: S608 (the parts are ours)
    "WHERE c.city_id = %s AND c.cell = ANY(%s) AND c.opened_at BETWEEN %s AND %s "
    "AND (c.closed_at IS NULL OR (c.closed_at >= %s AND c.state = 'closed')) "
    f"AND c.lon BETWEEN %s AND %s AND c.lat BETWEEN %s AND %s AND {_PUBLIC} "
    "ORDER BY c.opened_at DESC LIMIT %s) AS around"
)
_THEIRS = (
    f"SELECT * FROM (SELECT {_COLUMNS}, TRUE AS theirs FROM cases_reporter p "  # noqa: S608 (the parts are ours)
    "JOIN cases_report r ON r.reporter_id = p.id JOIN cases_case c ON c.id = r.case_id "
    "WHERE p.city_id = %s AND p.phone_index = ANY(%s) AND c.closed_at BETWEEN %s AND %s AND c.state = 'closed' "
    f"AND {_PUBLIC} ORDER BY c.closed_at DESC LIMIT %s) AS own"
)
_WORDS = (
    "SELECT f.*, w.words FROM ({found}) f LEFT JOIN LATERAL (SELECT left(r.words, %s) AS words FROM cases_report r "
    "WHERE r.case_id = f.id AND NOT r.confidential ORDER BY r.id LIMIT 1) w ON TRUE"
)


def _read(cursor: CursorWrapper, city: City, said: Saying, at: datetime) -> list[_Stored]:
    ended_since = at - timedelta(days=float(city.settings.limits.get("repeat_days", REPEAT_DAYS)))
    parts: list[str] = []
    params: list[Any] = []
    place = said.place
    if place.cell is not None and place.lon is not None and place.lat is not None:
        radius = city.settings.twin_radius_m
        up = radius / METRES_A_DEGREE
        aside = up / max(0.01, math.cos(math.radians(place.lat)))
        parts.append(_NEAR)
        params += [
            *(city.id, cells_around(place.cell, radius), ended_since - LONGEST_CASE, at, ended_since),
            *(place.lon - aside, place.lon + aside, place.lat - up, place.lat + up, MOST_NEAR),
        ]
    if digits := plain_phone(said.phone):
        parts.append(_THEIRS)
        params += [city.id, vault().blind_indexes(digits), ended_since, at, MOST_THEIRS]
    if not parts:
        return []
    cursor.execute(_WORDS.format(found=" UNION ALL ".join(parts)), [*params, READ_CHARS])
    return [_Stored(*row[1:]) for row in cursor.fetchall()]
