"""Erase what is kept about the person behind reports of a case: the chain keeps standing, figures stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.erasing import (
    ERASERS,
    PARTS,
    Erasing,
    choose_entries,
    erase_person,
    erase_photos,
    erase_relay,
    erase_texts,
)
from cityloom.cases.errors import OnHold
from cityloom.cases.following import follow
from cityloom.cases.gone_files import remove_gone_files
from cityloom.cases.guards import PUBLIC
from cityloom.cases.holds import find_hold
from cityloom.cases.keeping import get_file_by_id, keep_moves, list_entries
from cityloom.cases.reporters import open_rows, plain_phone
from cityloom.cases.values import CaseFile, Entry, Report
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


@dataclass(frozen=True)
class Erased:
    """What went, in rows; `number` is the case."""

    number: str
    texts: int = 0
    reports: int = 0
    relay: int = 0
    photos: int = 0
    persons: int = 0
    others: int = 0


def erase_reporter(
    city: City,
    case_id: int,
    report_ids: Sequence[int],
    reason: Reason,
    by: Post,
    clock: Clock,
    *,
    why: str = "rights_request",
    parts: frozenset[str] = PARTS,
    known_by: Sequence[int] = (),
) -> Erased:
    """Erase these parts of these reports of a case, for good, with an entry that says what and why.

    `parts`: contact, words, relay, photos. `known_by`: persons to look for in texts although their reports have gone
    on to another case (this one was merged into it). Who may ask for it is decided by the caller. Raises OnHold when
    the case is on hold. Files go after the commit; one that will not go is tried again by the worker.
    """
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file_by_id(cursor, case_id, lock=True)
        if find_hold(cursor, case_id) is not None:
            raise OnHold("error.on_hold", number=before.case.number)
        history = list_entries(cursor, case_id)
        erasing = _erasing(cursor, before, history, tuple(report_ids), tuple(known_by), parts, by, why, clock)
        entries = choose_entries(history, erasing) if parts & {"contact", "words"} else []
        photos = erase_photos(cursor, erasing, at) if "photos" in parts else []
        after = _without(before, erasing)
        done = Erased(
            number=before.case.number,
            texts=erase_texts(cursor, entries),
            reports=sum(a != b for a, b in zip(before.reports, after.reports, strict=True)),
            relay=erase_relay(cursor, erasing) if "relay" in parts else 0,
            photos=len(photos),
            persons=erase_person(cursor, erasing) if "contact" in parts else 0,
            others=sum(eraser(cursor, erasing) for eraser in ERASERS) if parts & {"contact", "words"} else 0,
        )
        gone = {"texts": sorted(e.seq for e in entries), "photos": photos, **_counts(done)}
        draft = _entry(before, after, erasing, gone, reason, by, at)
        after, more = follow(after, at, city_of_case(city, before.case.city_version), ids.one)
        keep_moves(cursor, before, after, [draft, *more], at)
        if photos:
            transaction.on_commit(remove_gone_files)
    return done


def _erasing(
    cursor: CursorWrapper,
    file: CaseFile,
    history: Sequence[Entry],
    report_ids: tuple[int, ...],
    known_by: tuple[int, ...],
    parts: frozenset[str],
    by: Post,
    why: str,
    clock: Clock,
) -> Erasing:
    theirs = [r for r in file.reports if r.id in report_ids]
    reporter_ids = tuple(r.reporter_id for r in theirs if r.reporter_id is not None)
    sought = sorted({*reporter_ids, *known_by})
    opened = open_rows(cursor, file.case.id, sought, by, why, clock) if parts & {"contact", "words"} else []
    names = {p.name.strip() for p in opened if len(p.name.strip()) > 1}
    phones = {digits for p in opened if len(digits := plain_phone(p.phone)) >= 7}
    addresses = {p.address.strip() for p in opened if len(p.address.strip()) > 3}
    said_by: set[int | None] = {r.id for r in file.reports if r.source in PUBLIC}
    said_by = said_by or {e.changes.get("words_of") for e in history}
    whole = said_by - {None} <= set(report_ids)
    return Erasing(file, report_ids, reporter_ids, parts, whole, tuple(sorted(names | phones | addresses)))


def _without(file: CaseFile, erasing: Erasing) -> CaseFile:
    """The case and its reports without what tells of the person."""
    file = file.with_reports(*(_emptied(r, erasing) for r in file.reports if r.id in erasing.report_ids))
    case = file.case
    if ("words" in erasing.parts and erasing.whole) or erasing.tells(case.title) or erasing.tells(case.address):
        file = file.with_case(title="", address="")
    return file


def _emptied(report: Report, erasing: Erasing) -> Report:
    if "words" in erasing.parts:
        report = replace(report, words="", address="", lon=None, lat=None, external_id=None, idempotency_key=None)
        report = replace(report, reading=None)
    elif erasing.tells(report.words) or erasing.tells(report.address):
        report = replace(report, words="", address="", reading=None)
    if "contact" not in erasing.parts:
        return report
    report = replace(report, reporter_id=None)
    if report.state == "due_callback":  # nobody is left to call
        report = replace(report, state="exempt", exempt_reason="exempt.no_contact", version=report.version + 1)
    return report


def _counts(done: Erased) -> dict[str, int]:
    return {"relay": done.relay, "persons": done.persons, "others": done.others}


def _entry(
    before: CaseFile,
    after: CaseFile,
    erasing: Erasing,
    gone: dict[str, Any],
    reason: Reason,
    by: Post,
    at: datetime,
) -> Draft:
    told = {"reports": list(erasing.report_ids), "parts": sorted(erasing.parts), **gone}
    return Draft(
        subject="people",
        subject_id=before.case.id,
        move="erase",
        from_state=before.case.state,
        to_state=after.case.state,
        by=by,
        reason=reason,
        text="",
        occurred_at=at,
        changes={**changes_between(before, after), "erased": told},
    )
