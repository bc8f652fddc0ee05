"""Shifts handed over."""

from __future__ import annotations

from django.db import models

from cityloom.cases.models.columns import Kept, text_field


class Handover(Kept):
    """What one shift left to the next at a desk (role, unit, area): the note, the queue's figures, who took it."""

    role = text_field(40)
    unit = text_field(blank=True)
    area = text_field(blank=True)
    note = models.TextField()
    counts = models.JSONField()
    marked = models.JSONField()
    by_login = text_field(150)
    written_at = models.DateTimeField()
    taken_by = text_field(150, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_handover"
        indexes = [models.Index(fields=["city", "role", "unit", "area", "-id"], name="cases_handover_desk")]
