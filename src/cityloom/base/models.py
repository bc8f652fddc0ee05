"""Outbox rows: what other parts must be told, committed together with what happened."""

from __future__ import annotations

from django.db import models


class Outbox(models.Model):
    """One thing to tell. It waits for each of its consumers by itself: one that is silent holds up no other.

    `waiting`: until the relay has told the message server; `for_hooks`: until webhooks have their deliveries of it.
    """

    id = models.BigIntegerField(primary_key=True)
    city = models.CharField(max_length=40)
    topic = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    waiting = models.BooleanField(default=True)
    for_hooks = models.BooleanField(db_default=True)

    class Meta:
        db_table = "base_outbox"
        indexes = [
            models.Index(fields=["id"], name="base_outbox_waiting", condition=models.Q(waiting=True)),
            models.Index(fields=["id"], name="base_outbox_for_hooks", condition=models.Q(for_hooks=True)),
        ]


class Rate(models.Model):
    """How far a key's allowance at a public door is used up; see `rate_limits.py`. Lost in a crash, which is fine."""

    key = models.CharField(max_length=64, primary_key=True)
    free_at = models.DateTimeField()
    step = models.DurationField()
    span = models.DurationField()

    class Meta:
        db_table = "base_rate"


class Message(models.Model):
    """A message to a person; see `messages.py`. Address and parameters are sealed, and gone once it has ended.

    `state`: waiting, sending, sent, failed, dropped.
    """

    id = models.BigIntegerField(primary_key=True)
    city = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)
    purpose = models.CharField(max_length=20)
    template = models.CharField(max_length=60)
    params_sealed = models.BinaryField()
    language = models.CharField(max_length=10)
    to_sealed = models.BinaryField()
    to_index = models.BinaryField()
    case_number = models.CharField(max_length=40)
    report_id = models.BigIntegerField(null=True)
    once = models.CharField(max_length=200, null=True)
    state = models.CharField(max_length=10)
    attempts = models.IntegerField()
    reason = models.JSONField()
    next_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200)

    class Meta:
        db_table = "base_message"
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="base_message_due",
            ),
            models.Index(fields=["city", "to_index", "sent_at"], name="base_message_to"),
            models.Index(fields=["city", "id"], name="base_message_city"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "once"], condition=~models.Q(once=None), name="base_message_once"
            ),
        ]


class MessageWish(models.Model):
    """What an address said about messages of a purpose: wanted or not."""

    city = models.CharField(max_length=40)
    to_index = models.BinaryField()
    purpose = models.CharField(max_length=20)
    allowed = models.BooleanField()
    said_at = models.DateTimeField()

    class Meta:
        db_table = "base_message_wish"
        constraints = [
            models.UniqueConstraint(fields=["city", "to_index", "purpose"], name="base_message_wish_one"),
        ]


class ChoreNote(models.Model):
    """When a chore of the worker was done last, what it found to do, and how long it took; see `chore_notes.py`."""

    name = models.CharField(max_length=60, primary_key=True)
    done_at = models.DateTimeField()
    took_ms = models.IntegerField()
    found = models.JSONField()

    class Meta:
        db_table = "base_chore_note"
