"""Give everybody who verifies registers the checks of the day; asked at any time it adds only what still fits."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases import models
from cityloom.cases.register_checks import Planned, Waiting, Worker, plan_rounds
from cityloom.cases.register_rows import list_registers
from cityloom.cases.register_values import Register
from cityloom.city.held_posts import posts_of_everybody
from cityloom.city.snapshot_values import City

_LOCK = 0x526F756E  # "Roun": two workers that plan at once wait for each other
MOST_WAITING = 20_000  # of one register looked at in one planning, the longest due


def plan_register_checks(city: City, clock: Clock) -> int:
    """How many checks were added to today's rounds; what is open or was answered today counts against the day."""
    at = clock.now()
    today = at.astimezone(city.calendar().tz).date()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, city.id])
        return sum(_plan(city, each, today, at) for each in list_registers(city).values())


def _plan(city: City, register: Register, today: date, at: datetime) -> int:
    workers = _workers(city, register, today)
    if not any(worker.free for worker in workers):
        return 0
    planned = plan_rounds(_waiting(city, register, today), workers)
    models.RegisterCheck.objects.bulk_create(_row(city, register, each, today, at) for each in planned)
    return len(planned)


def _workers(city: City, register: Register, today: date) -> list[Worker]:
    """Everybody with the verifying role today, and how much of the day is left for this register."""
    midnight = datetime.combine(today, time(), city.calendar().tz)
    rows = models.RegisterCheck.objects.filter(city_id=city.id, kind=register.kind)
    busy = Counter(rows.filter(outcome="").values_list("worker", flat=True))
    busy.update(rows.filter(at__gte=midnight).values_list("worker", flat=True))
    found: dict[str, Worker] = {}
    for login, posts in posts_of_everybody(city, today).items():
        for post in posts:
            if post.role is register.by and login not in found:
                found[login] = Worker(login, post.area, max(0, register.per_day - busy[login]))
    return list(found.values())


def _waiting(city: City, register: Register, today: date) -> list[Waiting]:
    rows = models.RegisterRecord.objects.filter(city_id=city.id, kind=register.kind, due_on__lte=today)
    checked = models.RegisterCheck.objects.filter(city_id=city.id, kind=register.kind, outcome="")
    rows = rows.exclude(id__in=checked.values("record_id")).order_by("due_on", "id")[:MOST_WAITING]
    return [
        Waiting(record_id, tuple(areas), lon, lat, due_on)
        for record_id, areas, lon, lat, due_on in rows.values_list("id", "areas", "lon", "lat", "due_on")
        if due_on is not None
    ]


def _row(city: City, register: Register, planned: Planned, today: date, at: datetime) -> models.RegisterCheck:
    return models.RegisterCheck(
        id=ids.one(), city_id=city.id, record_id=planned.record_id, kind=register.kind,
        why=Reason("register.frequency").as_json(), asked_by="system", asked_at=at, due_on=today,
        worker=planned.worker, rank=planned.rank, outcome="", corrections={}, note="", by_login="", by_role="",
        case_number="", photo="",
    )  # fmt: skip
