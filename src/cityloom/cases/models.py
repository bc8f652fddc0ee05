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
    complained_about = ArrayField(_text(), default=list)
    imported = models.BooleanField()
    import_key = _text(200, null=True)
    outcome = models.JSONField()
    escalation = models.IntegerField(default=0)
    extension_count = models.IntegerField(default=0)
    urge_count = models.IntegerField(default=0)
    urged_at = models.DateTimeField(null=True)
    merged_into = _text(40, null=True)
    repeat_of = _text(40, null=True)
    repeat_why = models.JSONField(null=True)
    partner = _text(null=True)
    partner_number = _text(null=True)
    trace = _text(default="")
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
    ruled = _text(10, default="")
    caller = _text(default="")
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
    contacted = _text(10, null=True)
    unsatisfied_why = _text(30, null=True)
    callback_channel = _text(10, null=True)
    callback_result = _text(20, null=True)
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
    consents = ArrayField(_text(20), default=list)
    language = _text(10, default="")
    quiet_hours = _text(30, default="")
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
    case = _case()
    by_login = _text(150)
    by_role = _text(30)
    by_unit = _text(default="")
    reason = _text(60)
    fields = ArrayField(_text(20), default=list)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_reporter_read"
        indexes = [
            models.Index(fields=["reporter_id"], name="cases_reporter_read_who"),
            models.Index(fields=["at"], name="cases_reporter_read_at"),
        ]


class Request(Kept):
    """A move that somebody asked for; a second person decides it."""

    case = _case()
    move = _text(30)
    state = _text(20)
    asked_by = _text(150)
    asked_role = _text(30)
    asked_at = models.DateTimeField()
    asked_unit = _text(default="")
    asked_for = _text(150, default="")
    reason = models.JSONField()
    asked = models.JSONField()
    note = models.TextField()
    decided_by = _text(150, default="")
    decided_role = _text(30, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_request"
        indexes = [
            models.Index(fields=["case"], name="cases_request_case"),
            models.Index(fields=["city", "asked_at", "id"], condition=Q(state="asked"), name="cases_request_open"),
        ]


class Precedent(Kept):
    """A ruling on whose work a matter is, and the duty it proposes."""

    case = _case()
    number = _text(40)
    class_code = _text(null=True)
    area = _text(null=True)
    component_code = _text(null=True)
    from_unit = _text()
    to_unit = _text()
    kind = _text(10)
    reason = models.JSONField()
    rule = models.TextField()
    request_id = models.BigIntegerField(null=True)
    proposed = models.JSONField()
    state = _text(10)
    ruled_by = _text(150)
    ruled_role = _text(30)
    ruled_at = models.DateTimeField()
    settled_by = _text(150)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_precedent"
        indexes = [
            models.Index(fields=["city", "class_code", "ruled_at"], name="cases_precedent_class"),
            models.Index(fields=["city", "state", "ruled_at"], name="cases_precedent_state"),
            models.Index(fields=["case"], name="cases_precedent_case"),
        ]


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
    screened = models.BooleanField(default=False)
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


# --- people's data: relay, rights requests, holds, files to remove ----------------------------------------------


class RelayMessage(Kept):
    """What handler and resident say to each other through the case; its digest stands in the chain.

    `side`: resident or unit. `hidden` counts the numbers and addresses that were masked. `salt` goes with an erased
    text, so that the digest tells nothing any more.
    """

    case = _case()
    report_id = models.BigIntegerField()
    side = _text(10)
    by_login = _text(150)
    by_unit = _text()
    text_sealed = models.BinaryField()
    key_mark = models.BinaryField()
    salt = models.BinaryField(null=True)
    digest = models.BinaryField()
    hidden = models.IntegerField()
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_relay"
        indexes = [
            models.Index(fields=["case", "id"], name="cases_relay_case"),
            models.Index(fields=["key_mark", "id"], name="cases_relay_key"),
        ]


class RightsRequest(Kept):
    """A resident asks to see, correct or erase what is kept about him or her; a data steward decides."""

    kind = _text(10)
    case = _case()
    report_id = models.BigIntegerField()
    reporter_ids = ArrayField(models.BigIntegerField())
    asked_by = _text(150)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    wish_sealed = models.BinaryField(default=b"")
    key_mark = models.BinaryField(default=b"")
    state = _text(10)
    reason = _text(60)
    decided_by = _text(150)
    decided_at = models.DateTimeField(null=True)
    done = models.JSONField(default=dict)

    class Meta:
        db_table = "cases_rights_request"
        indexes = [
            models.Index(fields=["city", "due_at", "id"], condition=Q(state="open"), name="cases_rights_open"),
            models.Index(fields=["report_id"], name="cases_rights_report"),
            models.Index(fields=["key_mark", "id"], name="cases_rights_key"),
        ]


class LegalHold(Kept):
    """A case whose data must stay for now: retention and erasure pass it over until the hold is lifted."""

    case = _case()
    reason = _text(60)
    by_login = _text(150)
    set_at = models.DateTimeField()
    lifted_by = _text(150)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_hold"
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(lifted_at=None), name="cases_hold_one"),
        ]


class GoneFile(models.Model):
    """A file whose row is erased and which must still go from the storage; the row goes when the file is gone."""

    file = _text(200)
    since = models.DateTimeField()

    class Meta:
        db_table = "cases_gone_file"


# --- supervision orders ------------------------------------------------------------------------------------------


class Order(Kept):
    """A supervision order (督办), numbered within its city and year; `order_values.py` has the meaning."""

    year = models.IntegerField()
    serial = models.IntegerField()
    subject = _text(10)
    title = _text(200)
    level = _text(20)
    issuer_login = _text(150)
    issuer_role = _text(30)
    issuer_unit = _text()
    state = _text(20)
    units = ArrayField(_text())
    areas = ArrayField(_text())
    issued_at = models.DateTimeField()
    amount = models.FloatField()
    limit_unit = _text(20)
    due_at = models.DateTimeField()
    case_id = models.BigIntegerField(null=True)
    case_number = _text(40, null=True)
    topic = models.JSONField()
    provisional = models.BooleanField()
    answers = models.JSONField()
    asked = models.JSONField()
    overdue = models.BooleanField()
    warn_at = models.JSONField()
    fires_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = _text(150)
    version = models.IntegerField()
    seq = models.IntegerField()
    head = models.BinaryField()

    class Meta:
        db_table = "cases_order"
        indexes = [
            models.Index(fields=["case_id"], condition=~Q(case_id=None), name="cases_order_case"),
            models.Index(fields=["fires_at", "id"], condition=~Q(fires_at=None), name="cases_order_fires"),
            models.Index(fields=["city", "due_at"], condition=Q(closed_at=None), name="cases_order_open"),
        ]
        constraints = [models.UniqueConstraint(fields=["city", "year", "serial"], name="cases_order_number")]


class OrderEntry(Kept):
    """The history of an order. The database itself refuses to change a row, except to erase its text."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.IntegerField()
    move = _text(30)
    from_state = _text(20)
    to_state = _text(20)
    by_login = _text(150)
    by_role = _text(30)
    by_unit = _text()
    reason = models.JSONField()
    changes = models.JSONField()
    recorded_at = models.DateTimeField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    version = models.IntegerField()
    text = models.TextField(null=True)
    text_salt = models.BinaryField(null=True)
    text_digest = models.BinaryField(null=True)

    class Meta:
        db_table = "cases_order_entry"
        constraints = [models.UniqueConstraint(fields=["order", "seq"], name="cases_order_entry_seq")]


# --- callbacks --------------------------------------------------------------------------------------------------


class CallbackLink(Kept):
    """A link by which a resident answers once. Its code is stored as a hash; `report_ids` are all the answer counts
    for. It ends when it is used, when its time is over, or when the callback is settled otherwise."""

    case = _case()
    report_ids = ArrayField(models.BigIntegerField())
    code_hash = models.BinaryField()
    kind = _text(10)
    made_at = models.DateTimeField()
    made_by = _text(150)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    message_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "cases_callback_link"
        indexes = [models.Index(fields=["case"], name="cases_link_case")]
        constraints = [models.UniqueConstraint(fields=["code_hash"], name="cases_link_code")]


# --- registers that are verified, not collected -----------------------------------------------------------------


class Register(Kept):
    """What a register holds: its table of `registers.toml` as it was loaded last."""

    kind = _text(40)
    spec = models.JSONField()
    loaded_at = models.DateTimeField()

    class Meta:
        db_table = "cases_register"
        constraints = [models.UniqueConstraint(fields=["city", "kind"], name="cases_register_kind")]


class RegisterRecord(Kept):
    """One record as it stands. `fields` are open, `sealed` holds the personal ones; `said` marks what its source
    said last, so that a correction outlives a load that says nothing new."""

    kind = _text(40)
    code = _text()
    fields = models.JSONField()
    sealed = models.BinaryField(null=True)
    said = models.BinaryField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    area = _text(null=True)
    areas = ArrayField(_text())
    address = _text(300)
    state = _text(10)
    verified_at = models.DateTimeField(null=True)
    due_on = models.DateField(null=True)
    loaded_at = models.DateTimeField()

    class Meta:
        db_table = "cases_register_record"
        constraints = [models.UniqueConstraint(fields=["city", "kind", "code"], name="cases_register_code")]
        indexes = [
            models.Index(
                fields=["city", "kind", "due_on", "id"], condition=~Q(due_on=None), name="cases_register_due"
            ),
            GinIndex(fields=["areas"], name="cases_register_areas"),
        ]


class RegisterCheck(Kept):
    """A check of a record; once answered the database refuses to change it, except to erase what was sealed."""

    record = models.ForeignKey(RegisterRecord, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = _text(40)
    why = models.JSONField()
    asked_by = _text(150)
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    worker = _text(150)
    rank = models.IntegerField()
    outcome = _text(20)
    corrections = models.JSONField()
    sealed_corrections = models.BinaryField(null=True)
    note = models.TextField()
    by_login = _text(150)
    by_role = _text(30)
    at = models.DateTimeField(null=True)
    case_number = _text(40)
    photo = _text(200)
    photo_sha256 = models.BinaryField(null=True)

    class Meta:
        db_table = "cases_register_check"
        constraints = [
            models.UniqueConstraint(fields=["record"], condition=Q(outcome=""), name="cases_register_one_check")
        ]
        indexes = [
            models.Index(fields=["record", "id"], name="cases_register_checks_of"),
            models.Index(fields=["city", "worker", "rank"], condition=Q(outcome=""), name="cases_register_round"),
            models.Index(fields=["city", "by_login", "at"], condition=~Q(outcome=""), name="cases_register_done"),
        ]


class RegisterRead(models.Model):
    """Who saw the personal fields of which record, for which check, when."""

    record_id = models.BigIntegerField()
    check_id = models.BigIntegerField()
    by_login = _text(150)
    by_role = _text(30)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_register_read"
        indexes = [models.Index(fields=["record_id"], name="cases_register_read_of")]


# --- audit: daily roots, samples, exports -----------------------------------------------------------------------


class Root(Kept):
    """One signed root over all chains of a city; the database refuses to change or delete it.

    `tree`: over the latest leaf of every chain; `leaves`: over those that are new with this root. `accepts_late`: why
    what says it is older than the root before may come with this one, such as a load of old cases.
    """

    serial = models.IntegerField()
    day = models.DateField()
    cases = models.BigIntegerField()
    orders = models.BigIntegerField()
    logs = models.BigIntegerField()
    highest_case_id = models.BigIntegerField()
    entries = models.BigIntegerField()
    tree = models.BinaryField()
    leaves = models.BinaryField()
    previous = models.BinaryField()
    accepts_late = _text(300, default="")
    made_at = models.DateTimeField()
    hash = models.BinaryField()
    key = _text(60)
    signature = models.BinaryField()

    class Meta:
        db_table = "cases_root"
        constraints = [models.UniqueConstraint(fields=["city", "serial"], name="cases_root_serial")]


class RootLeaf(models.Model):
    """How far a chain had come when a root was made; only chains that had grown since the root before have one."""

    pk = models.CompositePrimaryKey("city", "kind", "chain_id", "serial")
    city = _city()
    kind = _text(20)
    chain_id = models.BigIntegerField()
    serial = models.IntegerField()
    number = _text(60)
    seq = models.IntegerField()
    head = models.BinaryField()

    class Meta:
        db_table = "cases_root_leaf"
        indexes = [models.Index(fields=["city", "serial"], name="cases_root_leaf_serial")]


class AuditSample(Kept):
    """Cases drawn for an audit by a seed that is written down, so that anybody can draw them again."""

    seed = _text(100)
    asked = models.JSONField()
    found = models.IntegerField()
    numbers = ArrayField(_text(40))
    root_serial = models.IntegerField(null=True)
    by_login = _text(150)
    drawn_at = models.DateTimeField()

    class Meta:
        db_table = "cases_audit_sample"
        indexes = [models.Index(fields=["city", "-id"], name="cases_audit_sample_city")]


class AuditNote(Kept):
    """What an auditor found in a sampled case; a later note stands beside the earlier one."""

    sample = models.ForeignKey(AuditSample, on_delete=models.PROTECT, related_name="+", db_index=False)
    case_number = _text(40)
    result = _text(20)
    note = models.TextField()
    by_login = _text(150)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_audit_note"
        indexes = [models.Index(fields=["sample", "id"], name="cases_audit_note_sample")]


class AuditExport(Kept):
    """That something was exported: what, how many rows, the digest of the file and its signature."""

    what = _text(20)
    asked = models.JSONField()
    rows = models.IntegerField()
    digest = models.BinaryField()
    key = _text(60)
    signature = models.BinaryField()
    by_login = _text(150)
    by_role = _text(40)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_audit_export"
        indexes = [models.Index(fields=["city", "-id"], name="cases_audit_export_city")]


# --- open cases on the map -----------------------------------------------------------------------------------------


class Counted(models.Model):
    """How many open cases lie in an H3 cell: all, overdue, urgent, and those that stand in the street.

    Neither confidential cases nor complaints about a unit are counted, so every number may be shown to whoever may
    see the area.
    """

    id = models.BigAutoField(primary_key=True)
    city = _city()
    cell = models.BigIntegerField()
    area = _text(blank=True)
    open = models.IntegerField()
    overdue = models.IntegerField()
    urgent = models.IntegerField()
    street = models.IntegerField()

    class Meta:
        abstract = True


class CellCount(Counted):
    """The folded counts: at resolution 10 by the smallest area, at coarser ones of the whole city (area empty)."""

    res = models.SmallIntegerField()

    class Meta:
        db_table = "cases_cell_count"
        constraints = [models.UniqueConstraint(fields=["city", "res", "cell", "area"], name="cases_cell_once")]


class CellDelta(Counted):
    """What a write to the cases changed in a cell (resolution 10); added by a trigger, folded by a chore."""

    class Meta:
        db_table = "cases_cell_delta"


# --- what reads the reports ----------------------------------------------------------------------------------------


class TrainedModel(models.Model):
    """A trained classifier of a city: its file as it was made, and the card of it."""

    id = models.BigAutoField(primary_key=True)
    city = _city()
    name = _text()
    card = models.JSONField()
    content = models.BinaryField()
    added_at = models.DateTimeField()
    added_by = _text(150)

    class Meta:
        db_table = "cases_model"
        constraints = [models.UniqueConstraint(fields=["city", "name"], name="cases_model_once")]


class ModelUse(models.Model):
    """From when on a model reads a city's reports; an empty name: the city folder alone. The newest row holds."""

    id = models.BigAutoField(primary_key=True)
    city = _city()
    name = _text(blank=True)
    at = models.DateTimeField()
    by_login = _text(150)

    class Meta:
        db_table = "cases_model_use"
        indexes = [models.Index(fields=["city", "-id"], name="cases_model_use_last")]


# --- work in the street: what phones sent, patrols ------------------------------------------------------------------


class FieldSending(Kept):
    """Something a phone sent, by the phone's own key: what comes again is answered as the first time.

    `done_at` is the phone's own moment, `metres` how far it was from the matter when its person arrived.
    """

    key = models.UUIDField()
    by_login = _text(150)
    what = _text(20)
    subject = _text(60)
    answer = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    metres = models.IntegerField(null=True)
    sent_at = models.DateTimeField()

    class Meta:
        db_table = "cases_field_sending"
        indexes = [models.Index(fields=["sent_at"], name="cases_field_sent")]
        constraints = [models.UniqueConstraint(fields=["city", "key"], name="cases_field_key")]


class Patrol(Kept):
    """A walk that its person let be recorded: what was agreed to, when it began and ended. `whole` unit grids lie in
    the person's area; `touched` of them had a point when it ended."""

    login = _text(150)
    area = _text(null=True)
    areas = ArrayField(_text())
    day = models.DateField()
    consent = _text(20)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    touched = models.IntegerField(null=True)
    whole = models.IntegerField(null=True)

    class Meta:
        db_table = "cases_patrol"
        indexes = [models.Index(fields=["city", "day", "login"], name="cases_patrol_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "login"], condition=Q(ended_at=None), name="cases_patrol_one_at_a_time"
            )
        ]


class PatrolPoint(models.Model):
    """Where somebody was on a patrol; kept apart, for some days. `grid` is the unit grid around it."""

    pk = models.CompositePrimaryKey("patrol", "at")
    patrol = models.ForeignKey(Patrol, on_delete=models.PROTECT, related_name="+", db_index=False)
    city = _city()
    at = models.DateTimeField()
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy_m = models.IntegerField()
    grid = _text(null=True)

    class Meta:
        db_table = "cases_patrol_point"
        indexes = [models.Index(fields=["city", "at"], name="cases_patrol_point_at")]


class PatrolRead(models.Model):
    """Who looked at whose patrol, besides its own person, when."""

    patrol_id = models.BigIntegerField()
    city = _city()
    login = _text(150)
    by_login = _text(150)
    by_role = _text(30)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_patrol_read"
        indexes = [models.Index(fields=["city", "at"], name="cases_patrol_read_at")]
