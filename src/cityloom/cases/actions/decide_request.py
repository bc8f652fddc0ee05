"""Decide what somebody asked for: grant it and carry it out, refuse it, or take one's own request back."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.statements import Statement
from cityloom.cases.changes import Draft
from cityloom.cases.deciding import choose_row, path_of
from cityloom.cases.errors import ImpossibleMove, MissingNeed
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file, keep_moves, refuse_stale
from cityloom.cases.moves import carry_out
from cityloom.cases.precedents import keeping_precedent, ruling_of
from cityloom.cases.requests import OBJECTION, as_details, asker, decided, require_decider, row_asked
from cityloom.cases.values import CaseFile, Details, Request
from cityloom.cases.working_city import city_of_case
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

RULED_WITH_UNIT = frozenset({OBJECTION})


def decide_request(
    city: City,
    number: str,
    request_id: int,
    verdict: str,
    by: Post,
    ruling: Details,
    clock: Clock,
    *,
    version: int | None,
) -> CaseFile:
    """The case after the verdict: `grant`, `refuse` or `take_back`.

    What is granted is carried out at once, as its asker's move; if the case has gone where that is not possible any
    more, nothing changes and the refusal says so. Ruling on an objection keeps a precedent.
    """
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file(cursor, city.id, number, lock=True)
        refuse_stale(cursor, before.case, version)
        its_city = city_of_case(city, before.case.city_version)
        request = next((r for r in before.requests if r.id == request_id), None)
        if request is None:
            raise ImpossibleMove("error.impossible_move", what="request", state="", move=verdict, possible=[])
        rows = [s for s in path_of(before.case, its_city).steps_from(before.case.state) if s.move == request.move]
        require_decider(before, request, verdict, row_asked(rows, request), by)
        if verdict != "take_back" and not ruling.note.strip():
            raise MissingNeed("error.missing_need", move=verdict, needs=["note"])
        after, first = decided(before, request, verdict, by, ruling, at)
        drafts: list[Draft] = [first]
        also: list[Statement] = []
        details = as_details(request, ruling)
        if verdict == "grant":
            step = _row_for(rows, before, request, details, its_city)
            after, done = carry_out(after, step, asker(request), details, at, its_city, ids.one)
            after, more = follow(after, at, its_city, ids.one)
            drafts += [done, *more]
        if request.move == OBJECTION and verdict != "take_back":
            to_unit = details.unit if verdict == "grant" else None
            if (ruled := ruling_of(before, to_unit, ruling, request.id)) is not None:
                also.append(keeping_precedent(city, before.case, ruled, by, at))
        return keep_moves(cursor, before, after, drafts, at, also)


def _row_for(rows: list[Step], before: CaseFile, request: Request, details: Details, city: City) -> Step:
    """The row of what is granted, by its asker, as of the moment it was asked: a window that has closed since
    does not undo an objection made in time."""
    if request.move in RULED_WITH_UNIT and details.unit is None and rows and rows[0].task == "sent":
        raise MissingNeed("error.missing_need", move=request.move, needs=["unit"])
    post = asker(request)
    case = before.case
    return choose_row(rows, before, "case", case.state, request.move, post, details, request.asked_at, city)
