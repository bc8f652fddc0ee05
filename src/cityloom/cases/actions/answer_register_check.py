"""Answer a check on the spot: as it says, corrected, gone or nobody met; a trouble seen there is reported along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.cases import models
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.photos import Picture, store_picture
from cityloom.cases.register_checks import (
    Answer,
    CheckAnswered,
    NotYourCheck,
    corrections_of,
    divided,
    may_answer,
    next_due,
)
from cityloom.cases.register_rows import check_of, get_check_row, get_register, new_id, open_sealed, record_of, seal
from cityloom.cases.register_values import Check, Record, Register
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Source

LONGEST_NOTE = 2000


@dataclass(frozen=True)
class Trouble:
    """What was seen there besides: reported with the record's place, without anything personal of it."""

    words: str
    class_code: str | None = None


def answer_register_check(
    city: City,
    check_id: int,
    answer: Answer,
    by: Post,
    clock: Clock,
    picture: Picture | None = None,
    trouble: Trouble | None = None,
) -> Check:
    """The answered check; the record's present values change with it, old and new kept in the check.

    Raises NoSuchCheck, NotYourCheck, CheckAnswered or BadValue, and BadReport or UnknownWord for the trouble; then
    nothing has changed.
    """
    at = clock.now()
    with transaction.atomic():
        row = get_check_row(city, check_id, lock=True)
        register = get_register(city, row.kind)
        if (refusal := may_answer(by, register, row.record.areas)) is not None:
            raise NotYourCheck(refusal.code, **refusal.params)
        if row.outcome:
            raise CheckAnswered("register.answered")
        record = record_of(row.record, opened=True)
        corrections = corrections_of(answer, record, register)
        number = _report(city, trouble, record, by, clock) if trouble is not None and trouble.words.strip() else ""
        _keep_answer(city, row, answer, corrections, register, by, at, picture, number)
        _keep_record(city, row.record, answer.outcome, corrections, register, at)
    return check_of(row)


def _keep_answer(
    city: City,
    row: models.RegisterCheck,
    answer: Answer,
    corrections: dict[str, tuple[str, str]],
    register: Register,
    by: Post,
    at: datetime,
    picture: Picture | None,
    number: str,
) -> None:
    plain, personal = divided({key: list(pair) for key, pair in corrections.items()}, register)
    row.outcome, row.corrections, row.sealed_corrections = answer.outcome, plain, seal(personal)
    row.note, row.case_number = answer.note.replace("\x00", "").strip()[:LONGEST_NOTE], number
    row.by_login, row.by_role, row.at = by.login, by.role.value, at
    row.worker = row.worker or by.login
    if picture is not None:
        row.photo, row.photo_sha256 = store_picture(picture, city.code, new_id()), picture.sha256
    row.save()


def _keep_record(
    city: City,
    row: models.RegisterRecord,
    outcome: str,
    corrections: dict[str, tuple[str, str]],
    register: Register,
    at: datetime,
) -> None:
    new: dict[str, Any] = {key: value for key, (_, value) in corrections.items()}
    row.address = new.pop("address", row.address)
    plain, personal = divided(new, register)
    row.fields = {**row.fields, **plain}
    if personal:
        row.sealed = seal({**open_sealed(row.sealed), **personal})
    if outcome in ("confirmed", "corrected"):
        row.verified_at, row.state = at, "current"
    elif outcome == "gone":
        row.verified_at, row.state = at, "gone"
    row.due_on = next_due(outcome, at.astimezone(city.calendar().tz).date(), register.every_days)
    row.save()


def _report(city: City, trouble: Trouble, record: Record, by: Post, clock: Clock) -> str:
    """The number of the case that the trouble opens; place and address come from the record."""
    new = NewReport(
        source=Source.GRID_WORKER.value,
        words=trouble.words,
        class_code=trouble.class_code or None,
        lon=record.lon,
        lat=record.lat,
        area=record.area,
        address=record.address,
        component_code=_component(city, record),
    )
    return receive_report(city, new, by, clock).number


def _component(city: City, record: Record) -> str | None:
    """A record whose code is a component's (a hydrant, a lamp) means that component."""
    return record.code if record.code in city.components else None
