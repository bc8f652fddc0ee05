"""Split a case in which two matters were said: a second case of its own class, with its own unit and clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.deciding import decide
from cityloom.cases.errors import CannotMerge
from cityloom.cases.following import follow
from cityloom.cases.keeping import chain_seed, get_file, keep_moves, keep_new, refuse_stale
from cityloom.cases.merging import split
from cityloom.cases.moves import open_case
from cityloom.cases.places import component_at
from cityloom.cases.values import Case, CaseFile, Details, Report
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post, Urgency


def split_case(
    city: City, number: str, by: Post, details: Details, clock: Clock, *, version: int | None
) -> tuple[CaseFile, CaseFile]:
    """The case and the new one. `details.class_code` is the new matter's class, `place` its place where it differs.

    `report_ids` go along to the new case, but not all of them; without any, the first report is said to both, and
    the same person is called back for each. Raises what `move_case` raises.
    """
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file(cursor, city.id, number, lock=True)
        refuse_stale(cursor, before.case, version)
        its_city = city_of_case(city, before.case.city_version)
        step = decide(before, "split", by, details, at, its_city)
        fresh = _fresh(city, before, details, at)
        matter = city.classes[details.class_code or ""]
        path = city.paths.choose(fresh.case.source, matter.kind, fresh.case.nature)
        fresh, first = open_case(fresh, path, by, at, city, ids.one)
        reason = Reason("split.from", {"number": number})
        others = [replace(first, subject="report", subject_id=r.id, move="take_in", from_state=path.start,
                          changes={}, words_of=r.id, reason=reason) for r in fresh.reports[1:]]  # fmt: skip
        fresh, more = follow(fresh, at, city, ids.one)
        after, draft = split(before, fresh, step, by, details, at, its_city, ids.one)
        after, rest = follow(after, at, its_city, ids.one)
        after = keep_moves(cursor, before, after, [draft, *rest], at)
        seed = chain_seed(city.code, fresh.case.number)
        told = [replace(first, reason=reason), *others, *more]
        fresh = keep_new(fresh, told, at, seed, moved_reports=bool(details.report_ids))
        cursor.execute(
            "UPDATE cases_photo SET case_id = %s WHERE report_id = ANY(%s)",
            [fresh.case.id, list(details.report_ids)],
        )
        return after, fresh


def _fresh(city: City, before: CaseFile, details: Details, at: datetime) -> CaseFile:
    """The new case with the reports that go along, or with the first report said to it as well."""
    going = [r for r in before.reports if r.id in set(details.report_ids)]
    if len(going) != len(set(details.report_ids)) or (going and len(going) == len(before.reports)):
        raise CannotMerge("error.split_reports")
    local = at.astimezone(city.calendar().tz)
    case_id, old = ids.one(), before.case
    place = details.place or old.place
    standard = city.standard(details.class_code or "", local.date(), details.standard_code)
    matter = city.classes[details.class_code or ""]
    case = Case(
        id=case_id,
        city_id=old.city_id,
        number=f"{local:%y%m%d}-{case_id}",
        path="",
        state="",
        source=old.source,
        nature=matter.nature.value if matter.nature else Nature.MATTER.value,
        opened_at=at,
        city_version=city.version,
        class_code=details.class_code,
        standard_code=standard.code if standard else None,
        urgency=standard.urgency.value if standard else Urgency.ORDINARY.value,
        component_code=component_at(city, details.class_code, place.lon, place.lat),
        lon=place.lon,
        lat=place.lat,
        area=place.area,
        areas=place.areas,
        cell=place.cell,
        address=place.address,
        confidential=old.confidential,
        complained_about=old.complained_about,
        report_count=max(1, len(going)),
    )
    reports = [_moved(r, case_id) for r in going] or [_said_again(before.reports[0], case_id)]
    return CaseFile(case, reports=tuple(reports))


def _moved(report: Report, case_id: int) -> Report:
    return replace(report, case_id=case_id, state="received", version=report.version + 1)


def _said_again(report: Report, case_id: int) -> Report:
    """The same words for the other matter; followed by the first report's code, called back on its own."""
    return replace(
        report,
        id=ids.one(),
        case_id=case_id,
        state="received",
        tracking_hash=None,
        idempotency_key=None,
        external_id=None,
        callback_attempts=0,
        callback_at=None,
        solved=None,
        satisfied=None,
        exempt_reason=None,
        split_from=report.split_from or report.id,
        version=1,
    )
