"""Name the units that a complaint is about: from then on they and their staff keep away, their work on it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.conflicts import check_named, is_barred
from cityloom.cases.deciding import decide
from cityloom.cases.errors import ImpossibleMove, NotAllowed
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file, keep_moves, refuse_stale
from cityloom.cases.moves import carry_out
from cityloom.cases.permissions import may_see
from cityloom.cases.values import CaseFile, Details
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

MAY_NAME = (Role.HOTLINE_AGENT, Role.SHIFT_LEAD, Role.DISPATCHER)


def name_complained_units(
    city: City, number: str, units: Sequence[str], by: Post, clock: Clock, *, version: int | None
) -> CaseFile:
    """The case with these units complained about (none: it was a mistake).

    A lead that has to keep away loses the case: it goes back to where it is dispatched from, and on to the unit above
    or to the dispatcher. Where the path has no such row any more (the work is done), it stays where it is. Raises
    NotAllowed, UnknownWord or StaleVersion.
    """
    at = clock.now()
    if by.role not in MAY_NAME:
        roles = [role.value for role in MAY_NAME]
        raise NotAllowed("error.not_allowed", role=by.role.value, move="name_units", roles=roles)
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file(cursor, city.id, number, lock=True)
        refuse_stale(cursor, before.case, version)
        if (refusal := may_see(by, before)) is not None:
            raise NotAllowed(refusal.code, **refusal.params)
        its_city = city_of_case(city, before.case.city_version)
        about = check_named(units, its_city)
        after, drafts = _named(before, about, by, at, its_city)
        after, again = _taken_back(after, by, at, its_city)
        after, more = follow(after, at, its_city, ids.one) if again else (after, [])
        return keep_moves(cursor, before, after, [*drafts, *again, *more], at)


def _named(
    before: CaseFile, about: tuple[str, ...], by: Post, at: datetime, city: City
) -> tuple[CaseFile, list[Draft]]:
    """The case about these units, their assisting tasks ended."""
    ended = [
        replace(t, state="cancelled", ended_at=at)
        for t in before.assisting()
        if t.is_alive and is_barred(t.unit, about, city)
    ]
    confidential = before.case.confidential or bool(about)
    after = before.with_tasks(*ended).with_case(complained_about=about, confidential=confidential)
    reason = Reason("conflict.named", {"units": list(about)}) if about else Reason("conflict.unnamed")
    draft = Draft(
        subject="case",
        subject_id=before.case.id,
        move="name_units",
        from_state=before.case.state,
        to_state=before.case.state,
        by=by,
        reason=reason,
        text="",
        occurred_at=at,
        changes=changes_between(before, after),
    )
    return after, [draft]


def _taken_back(file: CaseFile, by: Post, at: datetime, city: City) -> tuple[CaseFile, list[Draft]]:
    """The case taken from a lead that has to keep away, by the row that corrects a class for another unit's duty."""
    lead = file.lead
    if lead is None or not lead.is_alive or not is_barred(lead.unit, file.case.complained_about, city):
        return file, []
    details = Details(reason=Reason("corrected.class"), class_code=file.case.class_code)
    try:
        step = decide(file, "reclassify", by, details, at, city)
    except ImpossibleMove:  # the work is done; who checks and calls back is somebody else
        return file, []
    told = replace(details, reason=Reason("conflict.taken_back", {"unit": lead.unit}))
    after, draft = carry_out(file, step, by, told, at, city, ids.one)
    return after, [draft]
