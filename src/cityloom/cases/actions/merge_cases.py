"""Merge one case into another, or undo it: both are held, in the order of their ids, and kept in one transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft
from cityloom.cases.deciding import decide
from cityloom.cases.errors import CannotMerge, NoSuchCase
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file, keep_moves, list_entries, refuse_stale
from cityloom.cases.merging import merge, unmerge
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.values import CaseFile, Details
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post


def merge_cases(
    city: City, number: str, by: Post, details: Details, clock: Clock, *, version: int | None
) -> CaseFile:
    """The case after it was merged into `details.case`; its reports go on there, each with its own callback.

    Raises what `move_case` raises, for either case, and CannotMerge; then nothing has changed.
    """
    at = clock.now()
    into = (details.case or "").strip()
    with transaction.atomic(), connection.cursor() as cursor:
        source, target = _hold_both(cursor, city, number, into)
        refuse_stale(cursor, source.case, version)
        _require_fit(source, target)
        source_city, target_city = _cities(city, source, target)
        step = decide(source, "merge", by, details, at, source_city)
        taking = decide(target, "take_in", by, Details(), at, target_city)
        ours, theirs = merge(source, target, step, taking, by, details, at, source_city, ids.one)
        kept = keep_moves(cursor, source, *ours, at)
        after, drafts = theirs
        after, more = follow(after, at, target_city, ids.one)
        keep_moves(cursor, target, after, [*drafts, *more], at)
        _move_what_hangs_on(cursor, [r.id for r in after.reports], target.case.id)
        return kept


def can_merge_alone(cursor: CursorWrapper, city: City, number: str, nature: str | None, at: datetime) -> bool:
    """Whether the system may merge a new report into this case now; the case stays locked until the report is kept.

    Not into one that is confidential or about a unit, of another kind, or held up to be decided.
    """
    target = get_file(cursor, city.id, number, lock=True)
    case = target.case
    if case.confidential or case.complained_about or any(r.confidential for r in target.reports):
        return False
    if case.nature != (nature or Nature.MATTER) or any(r.is_open for r in target.requests):
        return False
    try:
        decide(target, "take_in", SYSTEM, Details(), at, city_of_case(city, case.city_version))
    except CityloomError:  # where the case stands now it takes nothing in: the twin is shown to a person
        return False
    return True


def goes_alone(file: CaseFile, into: str, at: datetime, city: City) -> bool:
    """Whether the city's table lets the system end a new case in another where it stands."""
    reason = Reason("merged.by_itself", {"number": into})
    try:
        decide(file, "merge", SYSTEM, Details(reason=reason, case=into), at, city)
    except CityloomError:  # the table of its path knows no such step of the system
        return False
    return True


def unmerge_case(
    city: City, number: str, by: Post, details: Details, clock: Clock, *, version: int | None
) -> CaseFile:
    """The merged case open again with its reports and its promise; the other one goes on without them."""
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        merged_into = get_file(cursor, city.id, number).case.merged_into
        if merged_into is None:
            merged_into = number  # not merged: the status table refuses below
        source, target = _hold_both(cursor, city, number, merged_into)
        refuse_stale(cursor, source.case, version)
        source_city, target_city = _cities(city, source, target)
        step = decide(source, "unmerge", by, details, at, source_city)
        letting = decide(target, "let_go", by, Details(), at, target_city)
        merging = next(e for e in reversed(list_entries(cursor, source.case.id)) if e.move == "merge")
        ours, theirs = unmerge(source, target, merging, step, letting, by, details, at, source_city, ids.one)
        keep_moves(cursor, target, *theirs, at)
        after, drafts = _followed(*ours, at, source_city)
        kept = keep_moves(cursor, source, after, drafts, at)
        _move_what_hangs_on(cursor, [r.id for r in after.reports], source.case.id)
        return kept


def _followed(after: CaseFile, drafts: list[Draft], at: datetime, city: City) -> tuple[CaseFile, list[Draft]]:
    after, more = follow(after, at, city, ids.one)
    return after, [*drafts, *more]


def _hold_both(cursor: CursorWrapper, city: City, number: str, other: str) -> tuple[CaseFile, CaseFile]:
    """Both cases, locked by ascending id so that two people merging crosswise wait for each other."""
    cursor.execute(
        "SELECT number FROM cases_case WHERE city_id = %s AND number = ANY(%s) ORDER BY id FOR UPDATE",
        [city.id, [number, other]],
    )
    there = {n for (n,) in cursor.fetchall()}
    for wanted in (number, other):
        if wanted not in there:
            raise NoSuchCase("error.no_case", number=wanted)
    return get_file(cursor, city.id, number), get_file(cursor, city.id, other)


def _require_fit(source: CaseFile, target: CaseFile) -> None:
    if source.case.id == target.case.id:
        raise CannotMerge("error.merge_itself")
    about = set(source.case.complained_about)
    if about != set(target.case.complained_about):
        raise CannotMerge("error.merge_conflict")
    if source.case.nature != target.case.nature:
        raise CannotMerge("error.merge_nature")


def _cities(city: City, source: CaseFile, target: CaseFile) -> tuple[City, City]:
    return city_of_case(city, source.case.city_version), city_of_case(city, target.case.city_version)


def _move_what_hangs_on(cursor: CursorWrapper, report_ids: list[int], case_id: int) -> None:
    """Photos and relayed messages go with the report they belong to."""
    for table in ("cases_photo", "cases_relay"):
        cursor.execute(
            f"UPDATE {table} SET case_id = %s WHERE report_id = ANY(%s) AND case_id <> %s",  # noqa: S608
            [case_id, report_ids, case_id],
        )
