"""Reading what an auditor sampled: the cases to draw from, the drawn samples, their checklists and notes."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases import models
from cityloom.cases.keeping import chain_seed, get_file, list_entries
from cityloom.cases.permissions import may_see, visible_to
from cityloom.cases.sampling import Asked, Check, checklist
from cityloom.cases.verifying import verify_chain
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

register({"audit.no_sample": ("没有这个抽样", "there is no sample of that number")})


class NoSuchSample(CityloomError):
    """A sample that nobody drew."""

    status = 404


class Sample(NamedTuple):
    """Cases drawn by a seed. `found`: out of how many; `root_serial`: the last root when they were drawn."""

    id: int
    seed: str
    asked: Asked
    found: int
    numbers: tuple[str, ...]
    root_serial: int | None
    by_login: str
    drawn_at: datetime


class Note(NamedTuple):
    """What an auditor found in a sampled case."""

    case_number: str
    result: str
    note: str
    by_login: str
    at: datetime


class Checked(NamedTuple):
    """A sampled case with its checklist and the notes about it; `checks` is empty for one that is gone or hidden."""

    number: str
    class_code: str | None
    unit: str | None
    opened_at: datetime | None
    checks: tuple[Check, ...]
    notes: tuple[Note, ...]


def numbers_to_draw(cursor: CursorWrapper, city: City, post: Post, asked: Asked) -> list[str]:
    """The numbers of all cases that fit and that the post may see."""
    seen, params = visible_to(post)
    tz = city.calendar().tz
    conditions, values = ["c.city_id = %s", f"({seen})"], [city.id, *params]
    if asked.begins is not None:
        conditions.append("c.opened_at >= %s")
        values.append(datetime.combine(asked.begins, time(), tz))
    if asked.ends is not None:
        conditions.append("c.opened_at < %s")
        values.append(datetime.combine(asked.ends + timedelta(days=1), time(), tz))
    for column, value in (("lead_unit", asked.unit), ("class_code", asked.class_code)):
        if value:
            conditions.append(f"c.{column} = %s")
            values.append(value)
    cursor.execute(f"SELECT c.number FROM cases_case c WHERE {' AND '.join(conditions)}", values)  # noqa: S608
    return [number for (number,) in cursor.fetchall()]


def get_sample(city: City, sample_id: int) -> Sample:
    """The sample of that number; raises NoSuchSample."""
    row = models.AuditSample.objects.filter(city_id=city.id, pk=sample_id).first()
    if row is None:
        raise NoSuchSample("audit.no_sample")
    return _sample(row)


def list_samples(city: City, most: int = 20) -> list[Sample]:
    """The samples drawn last."""
    return [_sample(row) for row in models.AuditSample.objects.filter(city_id=city.id).order_by("-id")[:most]]


def _sample(row: models.AuditSample) -> Sample:
    return Sample(
        row.pk, row.seed, Asked.from_json(row.asked), row.found, tuple(row.numbers), row.root_serial, row.by_login,
        row.drawn_at,
    )  # fmt: skip


def list_notes(sample_id: int) -> list[Note]:
    """What was noted about the cases of a sample, oldest first."""
    rows = models.AuditNote.objects.filter(sample_id=sample_id).order_by("id")
    return [Note(row.case_number, row.result, row.note, row.by_login, row.at) for row in rows]


def check_sample(city: City, sample: Sample, post: Post | None = None) -> list[Checked]:
    """The checklists of a sample's cases, in the order they were drawn; a case the post may not see stays empty."""
    notes = list_notes(sample.id)
    with connection.cursor() as cursor:
        return [
            _checked(cursor, city, number, tuple(n for n in notes if n.case_number == number), post)
            for number in sample.numbers
        ]


def _checked(cursor: CursorWrapper, city: City, number: str, notes: tuple[Note, ...], post: Post | None) -> Checked:
    if not models.Case.objects.filter(city_id=city.id, number=number).exists():
        return Checked(number, None, None, None, (Check("chain", "no"),), notes)  # it was there when it was drawn
    file = get_file(cursor, city.id, number)
    case = file.case
    if post is not None and may_see(post, file) is not None:
        return Checked(number, None, None, None, (), notes)
    entries = list_entries(cursor, case.id)
    photographers = models.Photo.objects.filter(case_id=case.id).values_list("by_login", flat=True)
    broken = bool(verify_chain(file, entries, chain_seed(city.code, number)))
    checks = checklist(file, entries, photographers, broken, city.paths.paths.get(case.path))
    return Checked(number, case.class_code, case.lead_unit, case.opened_at, checks, notes)
