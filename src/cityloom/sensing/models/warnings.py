"""Public warnings by CAP."""

from __future__ import annotations

from django.db import models

from cityloom.sensing.models.columns import city_key, code_field


class Warning(models.Model):
    """A public warning by CAP 1.2, of others or our own; `content` is the message as values, `told` as it came.

    `state`: standing, replaced, cancelled; expiry is a matter of the moment. `replaced_by`: the identifier of the
    message that updated or cancelled it.
    """

    city = city_key()
    identifier = models.CharField(max_length=300)
    sender = models.CharField(max_length=300)
    sent = models.DateTimeField()
    own = models.BooleanField(default=False)
    feed = code_field()
    kind = models.CharField(max_length=10)
    status = models.CharField(max_length=10)
    scope = models.CharField(max_length=12)
    severity = models.CharField(max_length=10)
    begins = models.DateTimeField()
    expires = models.DateTimeField(null=True)
    state = models.CharField(max_length=12)
    replaced_by = models.CharField(max_length=300, blank=True, default="")
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    content = models.JSONField()
    told = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "sensing_warning"
        constraints = [
            models.UniqueConstraint(fields=["city", "sender", "identifier"], name="sensing_warning_once"),
        ]
        indexes = [
            models.Index(
                fields=["city", "expires"], condition=models.Q(state="standing"), name="sensing_warning_standing"
            ),
        ]
