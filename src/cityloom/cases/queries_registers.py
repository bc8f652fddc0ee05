"""Reading registers: a worker's round, a list of records without anything personal, figures of each register."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import NamedTuple

from django.db.models import Count, Q

from cityloom.base.reasons import Reason
from cityloom.cases import models
from cityloom.cases.register_checks import NotYourCheck, Waiting, may_answer, walk_order
from cityloom.cases.register_rows import get_check_row, get_register, list_registers, note_read, record_of
from cityloom.cases.register_values import Record, Register
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


class OpenCheck(NamedTuple):
    """A check that waits in somebody's round; nothing personal is in it."""

    id: int
    kind: str
    code: str
    address: str
    lon: float | None
    lat: float | None
    why: Reason
    due_on: date


class Round(NamedTuple):
    """A person's round: what waits, in the order to walk it, and how much was answered today."""

    waiting: list[OpenCheck]
    done_today: int


def round_of(city: City, post: Post, now: datetime, most: int = 50) -> Round:
    """The open checks of a post: those asked for in its area first, then its own round."""
    kinds = [kind for kind, each in list_registers(city).items() if each.by is post.role]
    rows = models.RegisterCheck.objects.filter(city_id=city.id, kind__in=kinds, outcome="")
    rows = rows.filter(Q(worker=post.login) | Q(worker=""))
    if post.area is not None:
        rows = rows.filter(record__areas__contains=[post.area])
    midnight = datetime.combine(now.astimezone(city.calendar().tz).date(), time(), city.calendar().tz)
    done = models.RegisterCheck.objects.filter(city_id=city.id, by_login=post.login, at__gte=midnight)
    found = list(rows.select_related("record").order_by("worker", "rank", "id")[:most])
    last = done.exclude(by_role="").select_related("record").order_by("-at", "-id").first()
    return Round([_open_check(row) for row in _walked(found, last)], done.exclude(by_role="").count())


def _walked(rows: list[models.RegisterCheck], last: models.RegisterCheck | None) -> list[models.RegisterCheck]:
    """What was asked for first, then the person's own round, from where the last answer was given."""
    asked, own = [row for row in rows if not row.worker], {row.pk: row for row in rows if row.worker}
    stops = [Waiting(pk, (), row.record.lon, row.record.lat, row.due_on) for pk, row in own.items()]
    start = (last.record.lon, last.record.lat) if last and last.record.lon and last.record.lat else None
    return [*asked, *(own[stop.record_id] for stop in walk_order(stops, start))]


def _open_check(row: models.RegisterCheck) -> OpenCheck:
    record = row.record
    return OpenCheck(
        row.pk, row.kind, record.code, record.address, record.lon, record.lat, Reason.from_json(row.why), row.due_on
    )


def open_record_for(city: City, check_id: int, by: Post, at: datetime) -> tuple[Register, Record]:
    """The record of an open check with its personal fields, for who answers it; the reading is recorded.

    Raises NoSuchCheck, or NotYourCheck for every other post and for a check that was answered already.
    """
    row, register = _open_row(city, check_id, by)
    if any(each.personal for each in register.fields):
        note_read(row.record.pk, row.pk, by, at)
    return register, record_of(row.record, opened=True)


def record_for(city: City, check_id: int, by: Post, _: datetime) -> tuple[Register, Record]:
    """The same without the personal fields, for who may answer it: nothing is opened and nothing recorded."""
    row, register = _open_row(city, check_id, by)
    return register, record_of(row.record)


def why_looked_at(city: City, check_id: int) -> tuple[Reason, date]:
    """Why a check was made and by which day it is owed; raises NoSuchCheck."""
    row = get_check_row(city, check_id)
    return Reason.from_json(row.why), row.due_on


def _open_row(city: City, check_id: int, by: Post) -> tuple[models.RegisterCheck, Register]:
    row = get_check_row(city, check_id)
    register = get_register(city, row.kind)
    refusal = may_answer(by, register, row.record.areas)
    if refusal is None and row.outcome:
        refusal = Reason("register.answered")
    if refusal is not None:
        raise NotYourCheck(refusal.code, **refusal.params)
    return row, register


class RecordRow(NamedTuple):
    """A record in a list, its personal fields left out, with whether a check of it is open."""

    record: Record
    is_asked: bool


def list_records(
    city: City, kind: str, post: Post, text: str = "", after: str = "", most: int = 50
) -> list[RecordRow]:
    """Records in the post's area by code, after one code; `text` is looked for in code and address."""
    rows = models.RegisterRecord.objects.filter(city_id=city.id, kind=kind, code__gt=after)
    if post.area is not None:
        rows = rows.filter(areas__contains=[post.area])
    if text:
        rows = rows.filter(Q(code__icontains=text) | Q(address__icontains=text))
    found = list(rows.order_by("code")[:most])
    checks = models.RegisterCheck.objects.filter(record_id__in=[row.pk for row in found], outcome="")
    asked = set(checks.values_list("record_id", flat=True))
    return [RecordRow(record_of(row), row.pk in asked) for row in found]


class RegisterFigures(NamedTuple):
    """Figures of one register: records that stand, those due today or before, open checks, answers by outcome."""

    records: int
    due: int
    waiting: int
    outcomes: dict[str, int]


def figures_of(city: City, kind: str, today: date, area: str | None = None) -> RegisterFigures:
    """What stands in a register and what its checks found, in an area if one is given; all counted from the rows."""
    records = models.RegisterRecord.objects.filter(city_id=city.id, kind=kind)
    checks = models.RegisterCheck.objects.filter(city_id=city.id, kind=kind)
    if area is not None:
        records, checks = records.filter(areas__contains=[area]), checks.filter(record__areas__contains=[area])
    counted = checks.exclude(outcome="").values_list("outcome").annotate(count=Count("id"))
    return RegisterFigures(
        records=records.filter(state="current").count(),
        due=records.filter(due_on__lte=today).count(),
        waiting=checks.filter(outcome="").count(),
        outcomes=dict(counted),
    )
