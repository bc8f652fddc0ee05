"""Registers that are verified, not collected."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from cityloom.cases.models.columns import Kept, text_field


class Register(Kept):
    """What a register holds: its table of `registers.toml` as it was loaded last."""

    kind = text_field(40)
    spec = models.JSONField()
    loaded_at = models.DateTimeField()

    class Meta:
        db_table = "cases_register"
        constraints = [models.UniqueConstraint(fields=["city", "kind"], name="cases_register_kind")]


class RegisterRecord(Kept):
    """One record as it stands. `fields` are open, `sealed` holds the personal ones; `said` marks what its source
    said last, so that a correction outlives a load that says nothing new."""

    kind = text_field(40)
    code = text_field()
    fields = models.JSONField()
    sealed = models.BinaryField(null=True)
    said = models.BinaryField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    area = text_field(null=True)
    areas = ArrayField(text_field())
    address = text_field(300)
    state = text_field(10)
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
    kind = text_field(40)
    why = models.JSONField()
    asked_by = text_field(150)
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    worker = text_field(150)
    rank = models.IntegerField()
    outcome = text_field(20)
    corrections = models.JSONField()
    sealed_corrections = models.BinaryField(null=True)
    note = models.TextField()
    by_login = text_field(150)
    by_role = text_field(30)
    at = models.DateTimeField(null=True)
    case_number = text_field(40)
    photo = text_field(200)
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
    by_login = text_field(150)
    by_role = text_field(30)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_register_read"
        indexes = [models.Index(fields=["record_id"], name="cases_register_read_of")]
