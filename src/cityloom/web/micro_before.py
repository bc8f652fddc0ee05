"""What wardens solved on the spot before at the place of a case: whoever works there should know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from cityloom.cases.permissions import SCOPE, Scope
from cityloom.cases.queries_micro import list_solved_before
from cityloom.cases.values import Case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web.naming import names


@dataclass(frozen=True)
class SolvedBefore:
    """One thing solved on the spot; `number` is blank for a post that may not open its page."""

    number: str
    matter: str
    at: datetime


def solved_before(city: City, case: Case, post: Post) -> tuple[SolvedBefore, ...]:
    """What was solved within the twin radius in the year before the case was opened, newest first."""
    named, opens = names(city), SCOPE[post.role] is not Scope.UNIT
    with connection.cursor() as cursor:
        rows = list_solved_before(cursor, city, case.place, case.opened_at, besides=case.number)
    return tuple(SolvedBefore(r.number if opens else "", named.matter(r.class_code), r.opened_at) for r in rows)
