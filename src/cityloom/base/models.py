"""Outbox rows: what other parts must be told, committed together with what happened."""

from __future__ import annotations

from django.db import models


class Outbox(models.Model):
    """One thing to tell. It waits until the relay has told it."""

    id = models.BigIntegerField(primary_key=True)
    city = models.CharField(max_length=40)
    topic = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    waiting = models.BooleanField(default=True)

    class Meta:
        db_table = "base_outbox"
        indexes = [
            models.Index(fields=["id"], name="base_outbox_waiting", condition=models.Q(waiting=True)),
        ]


class Rate(models.Model):
    """How far a key's allowance at a public door is used up; see `rate_limits.py`. Lost in a crash, which is fine."""

    key = models.CharField(max_length=64, primary_key=True)
    free_at = models.DateTimeField()
    step = models.DurationField()
    span = models.DurationField()

    class Meta:
        db_table = "base_rate"
