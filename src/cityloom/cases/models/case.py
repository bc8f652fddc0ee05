"""The case: its tasks, reports and people, its clocks, its history, its photos."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from cityloom.cases.models.columns import Kept, case_key, city_key, text_field


class Case(Kept):
    city = city_key(checked=True)
    number = text_field(40)
    path = text_field(40)
    state = text_field(20)
    source = text_field(20)
    nature = text_field(20)
    opened_at = models.DateTimeField()
    city_version = models.IntegerField()
    version = models.IntegerField()
    class_code = text_field(null=True)
    standard_code = text_field(null=True)
    urgency = text_field(20)
    component_code = text_field(null=True)
    title = text_field(300)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    area = text_field(null=True)
    areas = ArrayField(text_field())
    cell = models.BigIntegerField(null=True)
    address = text_field(300)
    lead_unit = text_field(null=True)
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
    complained_about = ArrayField(text_field(), default=list)
    imported = models.BooleanField()
    import_key = text_field(200, null=True)
    outcome = models.JSONField()
    escalation = models.IntegerField(default=0)
    extension_count = models.IntegerField(default=0)
    urge_count = models.IntegerField(default=0)
    urged_at = models.DateTimeField(null=True)
    merged_into = text_field(40, null=True)
    repeat_of = text_field(40, null=True)
    repeat_why = models.JSONField(null=True)
    partner = text_field(null=True)
    partner_number = text_field(null=True)
    trace = text_field(default="")
    sign_stands = models.BooleanField(default=False, db_default=False)
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
            models.Index(fields=["city", "closed_at"], condition=~Q(closed_at=None), name="cases_closed_day"),
            models.Index(fields=["city", "opened_at", "id"], condition=Q(overdue_raw=True), name="cases_overdue"),
            GinIndex(fields=["areas"], name="cases_areas"),
        ]


class Task(Kept):
    case = case_key()
    unit = text_field()
    role = text_field(10)
    state = text_field(20)
    sent_at = models.DateTimeField()
    parent_id = models.BigIntegerField(null=True)
    hop = models.IntegerField()
    signed_at = models.DateTimeField(null=True)
    contacted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    done_by = text_field(150)
    upheld = models.BooleanField()
    objected_at = models.DateTimeField(null=True)
    reason = models.JSONField()
    ruled = text_field(10, default="")
    caller = text_field(default="")
    arrived_at = models.DateTimeField(null=True)
    arrived_lon = models.FloatField(null=True)
    arrived_lat = models.FloatField(null=True)
    rating = models.IntegerField(null=True)

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
    case = case_key()
    source = text_field(20)
    state = text_field(20)
    words = models.TextField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    tracking_hash = models.BinaryField(null=True)
    idempotency_key = text_field(200, null=True)
    external_id = text_field(200, null=True)
    language = text_field(10)
    class_code = text_field(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    area = text_field(null=True)
    address = text_field(300)
    reporter_id = models.BigIntegerField(null=True)
    received_by = text_field(150)
    confidential = models.BooleanField()
    callback_attempts = models.IntegerField()
    callback_at = models.DateTimeField(null=True)
    solved = text_field(20, null=True)
    satisfied = text_field(20, null=True)
    exempt_reason = text_field(60, null=True)
    contacted = text_field(10, null=True)
    unsatisfied_why = text_field(30, null=True)
    callback_channel = text_field(10, null=True)
    callback_result = text_field(20, null=True)
    callback_next_at = models.DateTimeField(null=True)
    version = models.IntegerField()
    split_from = models.BigIntegerField(null=True)
    reading = models.JSONField(null=True)
    words_masked = models.BooleanField(default=False)

    class Meta:
        db_table = "cases_report"
        indexes = [
            models.Index(fields=["case"], name="cases_report_case"),
            models.Index(fields=["reporter_id"], condition=~Q(reporter_id=None), name="cases_report_reporter"),
            models.Index(fields=["split_from"], condition=~Q(split_from=None), name="cases_report_split"),
            models.Index(fields=["id"], condition=Q(words_masked=False), name="cases_report_unmasked"),
            models.Index(fields=["city", "id"], condition=Q(state="due_callback"), name="cases_report_callback"),
            models.Index(fields=["city", "callback_at"], condition=~Q(callback_at=None), name="cases_report_called"),
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


class Original(Kept):
    """What was said word for word, sealed, where the shown text was masked; `id` is the report's or the entry's."""

    sealed = models.BinaryField()
    key_mark = models.BinaryField()
    kept_at = models.DateTimeField()

    class Meta:
        db_table = "cases_original"
        indexes = [models.Index(fields=["key_mark", "id"], name="cases_original_key")]


class Reporter(Kept):
    """A person's name, phone and address, apart from all else, sealed; found again by the blind index of the phone.

    `purposes`: field → what it may be used for; `key_mark` names the key that sealed the row and made its index.
    """

    name_sealed = models.BinaryField()
    phone_sealed = models.BinaryField()
    address_sealed = models.BinaryField(default=b"")
    phone_index = models.BinaryField()
    key_mark = models.BinaryField(default=b"")
    purposes = models.JSONField(default=dict)
    consents = ArrayField(text_field(20), default=list)
    language = text_field(10, default="")
    quiet_hours = text_field(30, default="")
    sensitive = models.BooleanField(default=False)
    under_14 = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "cases_reporter"
        indexes = [
            models.Index(fields=["city", "phone_index"], name="cases_reporter_phone"),
            models.Index(fields=["key_mark", "id"], name="cases_reporter_key"),
        ]


class ReporterRead(models.Model):
    """Who looked at which of whose data, when and why."""

    reporter_id = models.BigIntegerField()
    case = case_key()
    by_login = text_field(150)
    by_role = text_field(30)
    by_unit = text_field(default="")
    reason = text_field(60)
    fields = ArrayField(text_field(20), default=list)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_reporter_read"
        indexes = [
            models.Index(fields=["reporter_id"], name="cases_reporter_read_who"),
            models.Index(fields=["at"], name="cases_reporter_read_at"),
        ]


class Request(Kept):
    """A move that somebody asked for; a second person decides it."""

    case = case_key()
    move = text_field(30)
    state = text_field(20)
    asked_by = text_field(150)
    asked_role = text_field(30)
    asked_at = models.DateTimeField()
    asked_unit = text_field(default="")
    asked_for = text_field(150, default="")
    reason = models.JSONField()
    asked = models.JSONField()
    note = models.TextField()
    decided_by = text_field(150, default="")
    decided_role = text_field(30, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_request"
        indexes = [
            models.Index(fields=["case"], name="cases_request_case"),
            models.Index(fields=["city", "asked_at", "id"], condition=Q(state="asked"), name="cases_request_open"),
        ]


class Precedent(Kept):
    """A ruling on whose work a matter is, and the duty it proposes."""

    case = case_key()
    number = text_field(40)
    class_code = text_field(null=True)
    area = text_field(null=True)
    component_code = text_field(null=True)
    from_unit = text_field()
    to_unit = text_field()
    kind = text_field(10)
    reason = models.JSONField()
    rule = models.TextField()
    request_id = models.BigIntegerField(null=True)
    proposed = models.JSONField()
    state = text_field(10)
    ruled_by = text_field(150)
    ruled_role = text_field(30)
    ruled_at = models.DateTimeField()
    settled_by = text_field(150)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_precedent"
        indexes = [
            models.Index(fields=["city", "class_code", "ruled_at"], name="cases_precedent_class"),
            models.Index(fields=["city", "state", "ruled_at"], name="cases_precedent_state"),
            models.Index(fields=["case"], name="cases_precedent_case"),
        ]


class RunningClock(Kept):
    case = case_key()
    kind = text_field(30)
    owed_by = text_field(150)
    unit = text_field(20)
    amount = models.FloatField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = text_field(10)
    task_id = models.BigIntegerField(null=True)
    hours = text_field(60)
    after_hours = text_field(30)
    due_time = text_field(30)
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

    case = case_key()
    seq = models.IntegerField()
    subject = text_field(10)
    subject_id = models.BigIntegerField()
    move = text_field(30)
    from_state = text_field(20)
    to_state = text_field(20)
    by_login = text_field(150)
    by_role = text_field(30)
    by_unit = text_field()
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

    case = case_key()
    report_id = models.BigIntegerField(null=True)
    kind = text_field(10)
    file = text_field(200)
    sha256 = models.BinaryField()
    width = models.IntegerField()
    height = models.IntegerField()
    screened = models.BooleanField(default=False)
    by_login = text_field(150)
    taken_at = models.DateTimeField()

    class Meta:
        db_table = "cases_photo"
        indexes = [models.Index(fields=["case"], name="cases_photo_case")]
