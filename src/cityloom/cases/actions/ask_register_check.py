"""A department asks for a check of chosen records: whoever verifies there finds it first in the round."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases import models
from cityloom.cases.register_checks import ASKED_DAYS, NoSuchRecord, NotYourCheck, may_ask
from cityloom.cases.register_rows import get_register
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

LONGEST_WHY = 200


def ask_register_check(city: City, kind: str, codes: Sequence[str], by: Post, why: str, clock: Clock) -> int:
    """How many checks were made; a record that has an open one already gets none.

    Raises NoSuchRegister, NotYourCheck, or NoSuchRecord with the codes that are not there (or not in the post's
    area), and then nothing was made.
    """
    register = get_register(city, kind)
    if (refusal := may_ask(by, register)) is not None:
        raise NotYourCheck(refusal.code, **refusal.params)
    at = clock.now()
    day = at.astimezone(city.calendar().tz).date()
    wanted = list(dict.fromkeys(code.strip()[:100] for code in codes if code.strip()))
    rows = models.RegisterRecord.objects.filter(city_id=city.id, kind=kind, code__in=wanted)
    if by.area is not None:
        rows = rows.filter(areas__contains=[by.area])
    with transaction.atomic():
        found = {row.code: row for row in rows.select_for_update()}
        missing = [code for code in wanted if code not in found]
        if missing or not wanted:
            raise NoSuchRecord("register.no_record", kind=kind, codes=missing[:10])
        ids_found = [row.pk for row in found.values()]
        open_now = models.RegisterCheck.objects.filter(record_id__in=ids_found, outcome="")
        busy = set(open_now.values_list("record_id", flat=True))
        reason = Reason("register.asked", {"unit": by.unit or "", "why": why.strip()[:LONGEST_WHY]}).as_json()
        made = [
            models.RegisterCheck(
                id=ids.one(), city_id=city.id, record=row, kind=kind, why=reason, asked_by=by.login, asked_at=at,
                due_on=day + timedelta(days=ASKED_DAYS), worker="", rank=0, outcome="", corrections={}, note="",
                by_login="", by_role="", case_number="", photo="",
            )
            for row in found.values()
            if row.pk not in busy
        ]  # fmt: skip
        models.RegisterCheck.objects.bulk_create(made)
    return len(made)
