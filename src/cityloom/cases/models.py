"""The stored case: tables, keys and indexes. Rows are written by `keeping.py` only; `values.py` has their meaning."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from cityloom.city.models import City


def _text(size: int = 100, **more: Any) -> models.CharField:
    return models.CharField(max_length=size, **more)


def _city(checked: bool = False) -> models.ForeignKey:
    """The city of a row. The database checks it on the case alone: what belongs to a case has its city, and every
    check of it would lock the one row of the city."""
    return models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=checked)


def _case() -> models.ForeignKey:
    return models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+", db_index=False)


class Kept(models.Model):
    """A table whose ids come from `base.ids`."""

    id = models.BigIntegerField(primary_key=True)
    city = _city()

    class Meta:
        abstract = True


class Case(Kept):
    city = _city(checked=True)
    number = _text(40)
    path = _text(40)
    state = _text(20)
    source = _text(20)
    nature = _text(20)
    opened_at = models.DateTimeField()
    city_version = models.IntegerField()
    version = models.IntegerField()
    class_code = _text(null=True)
    standard_code = _text(null=True)
    urgency = _text(20)
    component_code = _text(null=True)
    title = _text(300)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    area = _text(null=True)
    areas = ArrayField(_text())
    cell = models.BigIntegerField(null=True)
    address = _text(300)
    lead_unit = _text(null=True)
    state_since = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    promise_due_at = models.DateTimeField(null=True)
    promise_provisional = models.BooleanField()
    next_due_at = models.DateTimeField(null=True)
    overdue_raw = models.BooleanField()
    overdue_assessed = models.BooleanField()
    report_count = models.IntegerField()
    return_count = models.IntegerField()
    rework_count = models.IntegerField()
    reopen_count = models.IntegerField()
    confidential = models.BooleanField()
    imported = models.BooleanField()
    import_key = _text(200, null=True)
    outcome = models.JSONField()
    seq = models.IntegerField()
    head = models.BinaryField()

    class Meta:
        db_table = "cases_case"
        constraints = [
            models.UniqueConstraint(fields=["city", "id"], name="cases_case_city_id"),
            models.UniqueConstraint(fields=["city", "number"], name="cases_case_number"),
            models.UniqueConstraint(
                fields=["city", "import_key"], condition=~Q(import_key=None), name="cases_case_import_key"
            ),
        ]
        indexes = [
            # Open work, a small part of all: by state, by unit, by due moment.
            models.Index(
                fields=["city", "state", "next_due_at", "id"], condition=Q(closed_at=None), name="cases_open_state"
            ),
            models.Index(
                fields=["city", "lead_unit", "next_due_at", "id"], condition=Q(closed_at=None), name="cases_open_unit"
            ),
            models.Index(fields=["city", "next_due_at", "id"], condition=Q(closed_at=None), name="cases_open_due"),
            # Twins: near cells, recent first.
            models.Index(fields=["city", "cell", "opened_at"], name="cases_cell"),
            # All history, newest first, under each usual filter.
            models.Index(fields=["city", "opened_at", "id"], name="cases_opened"),
            models.Index(fields=["city", "class_code", "opened_at", "id"], name="cases_class"),
            models.Index(fields=["city", "lead_unit", "opened_at", "id"], name="cases_unit"),
            models.Index(fields=["city", "state", "opened_at", "id"], name="cases_state"),
            models.Index(fields=["city", "source", "opened_at", "id"], name="cases_source"),
            # Filters that few cases pass, where walking history to find fifty would take seconds.
            models.Index(fields=["city", "opened_at", "id"], condition=Q(lead_unit=None), name="cases_nobodys"),
            models.Index(fields=["city", "opened_at", "id"], condition=Q(overdue_raw=True), name="cases_overdue"),
            GinIndex(fields=["areas"], name="cases_areas"),
        ]


class Task(Kept):
    case = _case()
    unit = _text()
    role = _text(10)
    state = _text(20)
    sent_at = models.DateTimeField()
    parent_id = models.BigIntegerField(null=True)
    hop = models.IntegerField()
    signed_at = models.DateTimeField(null=True)
    contacted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    done_by = _text(150)
    upheld = models.BooleanField()
    objected_at = models.DateTimeField(null=True)
    reason = models.JSONField()

    class Meta:
        db_table = "cases_task"
        indexes = [
            models.Index(fields=["case"], name="cases_task_case"),
            models.Index(fields=["city", "unit", "case"], condition=Q(ended_at=None), name="cases_task_unit"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(role="lead", state__in=["sent", "signed", "contacted"]),
                name="cases_task_one_lead",
            ),
        ]


class Report(Kept):
    case = _case()
    source = _text(20)
    state = _text(20)
    words = models.TextField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    tracking_hash = models.BinaryField(null=True)
    idempotency_key = _text(200, null=True)
    external_id = _text(200, null=True)
    language = _text(10)
    class_code = _text(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    area = _text(null=True)
    address = _text(300)
    reporter_id = models.BigIntegerField(null=True)
    received_by = _text(150)
    confidential = models.BooleanField()
    callback_attempts = models.IntegerField()
    callback_at = models.DateTimeField(null=True)
    solved = _text(20, null=True)
    satisfied = _text(20, null=True)
    exempt_reason = _text(60, null=True)
    version = models.IntegerField()

    class Meta:
        db_table = "cases_report"
        indexes = [
            models.Index(fields=["case"], name="cases_report_case"),
            models.Index(fields=["reporter_id"], condition=~Q(reporter_id=None), name="cases_report_reporter"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tracking_hash"], condition=~Q(tracking_hash=None), name="cases_report_tracking"
            ),
            models.UniqueConstraint(
                fields=["city", "idempotency_key"], condition=~Q(idempotency_key=None), name="cases_report_once"
            ),
            models.UniqueConstraint(
                fields=["city", "external_id"], condition=~Q(external_id=None), name="cases_report_external"
            ),
        ]


class Reporter(Kept):
    """A person's name and phone, apart from all else, sealed; found again by the blind index of the phone."""

    name_sealed = models.BinaryField()
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField()
    purpose = _text(60)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "cases_reporter"
        indexes = [models.Index(fields=["city", "phone_index"], name="cases_reporter_phone")]


class ReporterRead(models.Model):
    """Who looked at whose name and phone, when and why."""

    reporter_id = models.BigIntegerField()
    case = _case()
    by_login = _text(150)
    by_role = _text(30)
    reason = _text(60)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_reporter_read"
        indexes = [models.Index(fields=["reporter_id"], name="cases_reporter_read_who")]


class RunningClock(Kept):
    case = _case()
    kind = _text(30)
    owed_by = _text(150)
    unit = _text(20)
    amount = models.FloatField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = _text(10)
    task_id = models.BigIntegerField(null=True)
    hours = _text(60)
    after_hours = _text(30)
    due_time = _text(30)
    provisional = models.BooleanField()
    paused_at = models.DateTimeField(null=True)
    pauses = models.JSONField()
    stopped_at = models.DateTimeField(null=True)
    warn_at = models.JSONField()
    fires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_clock"
        indexes = [
            models.Index(fields=["case"], name="cases_clock_case"),
            models.Index(fields=["fires_at", "id"], condition=~Q(fires_at=None), name="cases_clock_fires"),
        ]


class Entry(Kept):
    """History. The database itself refuses to change a row, except to erase its text."""

    case = _case()
    seq = models.IntegerField()
    subject = _text(10)
    subject_id = models.BigIntegerField()
    move = _text(30)
    from_state = _text(20)
    to_state = _text(20)
    by_login = _text(150)
    by_role = _text(30)
    by_unit = _text()
    reason = models.JSONField()
    changes = models.JSONField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    text = models.TextField(null=True)
    text_salt = models.BinaryField(null=True)
    text_digest = models.BinaryField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        db_table = "cases_entry"
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="cases_entry_seq")]


class Photo(Kept):
    """A picture of a case, re-encoded before anybody sees it. `kind`: report, before, after, check."""

    case = _case()
    report_id = models.BigIntegerField(null=True)
    kind = _text(10)
    file = _text(200)
    sha256 = models.BinaryField()
    width = models.IntegerField()
    height = models.IntegerField()
    by_login = _text(150)
    taken_at = models.DateTimeField()

    class Meta:
        db_table = "cases_photo"
        indexes = [models.Index(fields=["case"], name="cases_photo_case")]


# --- shift handover ------------------------------------------------------------------------------------------------


class Handover(Kept):
    """What one shift left to the next at a desk (role, unit, area): the note, the queue's figures, who took it."""

    role = _text(40)
    unit = _text(blank=True)
    area = _text(blank=True)
    note = models.TextField()
    counts = models.JSONField()
    marked = models.JSONField()
    by_login = _text(150)
    written_at = models.DateTimeField()
    taken_by = _text(150, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_handover"
        indexes = [models.Index(fields=["city", "role", "unit", "area", "-id"], name="cases_handover_desk")]
