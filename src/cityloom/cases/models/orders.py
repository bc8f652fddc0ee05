"""Supervision orders and their history."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cityloom.cases.models.columns import Kept, text_field


class Order(Kept):
    """A supervision order (督办), numbered within its city and year; `order_values.py` has the meaning."""

    year = models.IntegerField()
    serial = models.IntegerField()
    subject = text_field(10)
    title = text_field(200)
    level = text_field(20)
    issuer_login = text_field(150)
    issuer_role = text_field(30)
    issuer_unit = text_field()
    state = text_field(20)
    units = ArrayField(text_field())
    areas = ArrayField(text_field())
    issued_at = models.DateTimeField()
    amount = models.FloatField()
    limit_unit = text_field(20)
    due_at = models.DateTimeField()
    case_id = models.BigIntegerField(null=True)
    case_number = text_field(40, null=True)
    topic = models.JSONField()
    provisional = models.BooleanField()
    answers = models.JSONField()
    asked = models.JSONField()
    overdue = models.BooleanField()
    warn_at = models.JSONField()
    fires_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = text_field(150)
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
    move = text_field(30)
    from_state = text_field(20)
    to_state = text_field(20)
    by_login = text_field(150)
    by_role = text_field(30)
    by_unit = text_field()
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
