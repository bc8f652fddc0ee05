"""Move a case one step, as its status table allows, and go on as far as the system goes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.cases.actions.merge_cases import merge_cases, unmerge_case
from cityloom.cases.actions.split_case import split_case
from cityloom.cases.deciding import decide
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file, keep_moves, refuse_stale
from cityloom.cases.moves import carry_out
from cityloom.cases.photo_rows import keep_photos
from cityloom.cases.photos import Picture
from cityloom.cases.precedents import keeping_precedent, ruling_of
from cityloom.cases.requests import ask
from cityloom.cases.values import CaseFile, Details
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

PHOTO_KINDS = {
    "handle": "after", "sign": "before", "contact": "before", "pass_check": "check", "verify": "check",
    "rework": "check", "not_accept": "check", "delist": "after",
}  # fmt: skip


def move_case(
    city: City,
    number: str,
    move: str,
    by: Post,
    details: Details,
    clock: Clock,
    *,
    version: int | None,
    pictures: Sequence[Picture] = (),
    before_pictures: Sequence[Picture] = (),
    owns: bool = False,
) -> CaseFile:
    """The case after the move; `version` is the one that was seen (None only for the system itself).

    A move that a second person must agree to is asked for: the case stays as it is until `decide_request`.
    Raises NoSuchCase, StaleVersion, ImpossibleMove, NotAllowed, GuardHolds, MissingNeed or UnknownWord, and then
    nothing has changed. Photos come along with the move that needs them; `before_pictures` show how it was before.
    """
    if move in OF_TWO_CASES:
        return OF_TWO_CASES[move](city, number, by, details, clock, version=version)
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file(cursor, city.id, number, lock=True)
        refuse_stale(cursor, before.case, version)
        its_city = _city_for(city, before, move)
        shown = replace(details, photos=(-1,)) if pictures else details  # ids are drawn after the decision
        step = decide(before, move, by, shown, at, its_city, owns)
        photos = []
        for kind, shown_ones in (("before", before_pictures), (_kind_of(move, by), pictures)):
            photos += keep_photos(cursor, city, before.case.id, details.report_id, kind, shown_ones, by, at)
        if step.approved_by:
            after, draft = ask(before, step, by, details, at, its_city, ids.one)
            draft = replace(draft, changes={**draft.changes, "photos": photos}) if photos else draft
            return keep_moves(cursor, before, after, [draft], at)
        details = replace(details, photos=(*details.photos, *photos))
        after, draft = carry_out(before, step, by, details, at, its_city, ids.one)
        if its_city is city:
            after = after.with_case(city_version=city.version) if move == "reclassify" else after
        after, more = follow(after, at, its_city, ids.one)
        ruled = ruling_of(before, details.unit, details) if move in RULINGS else None
        also = [keeping_precedent(city, before.case, ruled, by, at)] if ruled is not None else []
        return keep_moves(cursor, before, after, [draft, *more], at, also)


def _kind_of(move: str, by: Post) -> str:
    """What the photos of a move show; what a unit adds later shows its work."""
    if move == "supplement" and by.role is Role.HANDLER:
        return "after"
    return PHOTO_KINDS.get(move, "report")


def _split(city: City, number: str, by: Post, details: Details, clock: Clock, *, version: int | None) -> CaseFile:
    return split_case(city, number, by, details, clock, version=version)[0]


RULINGS = frozenset({"redispatch", "uphold"})  # on a return; an objection is ruled on in decide_request
OF_TWO_CASES = {"merge": merge_cases, "unmerge": unmerge_case, "split": _split}


def _city_for(city: City, file: CaseFile, move: str) -> City:
    """A corrected class is judged by today's catalogue, all else by the one the case was filed under."""
    if move == "reclassify" and file.case.path in city.paths.paths:
        return city
    return city_of_case(city, file.case.city_version)
