"""The life of a device: calibrations and replacements."""

from __future__ import annotations

from django.db import models

from cityloom.sensing.models.columns import city_key, code_field, link_to
from cityloom.sensing.models.registry import Device


class KnownStreams(models.Model):
    """Since when streams should have been heard: those up to `highest` that no lower row has.

    Noted once, so that reading the log again judges alike; numbers of streams only grow.
    """

    city = city_key()
    highest = models.BigIntegerField()
    since = models.DateTimeField()

    class Meta:
        db_table = "sensing_known_streams"
        constraints = [models.UniqueConstraint(fields=["city", "highest"], name="sensing_known_streams_once")]


class Calibration(models.Model):
    """A calibration of a stream: what it counts by from `recorded_at` on; only ever added.

    `day`: when it was done; `points`: pairs of shown and reference value from which factor and offset follow, if any.
    """

    city = city_key()
    stream = link_to("Stream", db_index=False, db_constraint=False)  # with this no door deletes the stream
    day = models.DateField()
    factor = models.FloatField()
    offset = models.FloatField()
    factor_before = models.FloatField()
    offset_before = models.FloatField()
    points = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True, default="")
    next_due = models.DateField(null=True)
    by_login = models.CharField(max_length=150)
    by_role = models.CharField(max_length=30)
    by_unit = code_field()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "sensing_calibration"
        indexes = [models.Index(fields=["stream", "-id"], name="sensing_calibration_stream")]


class Replacement(models.Model):
    """That a device took another's place: when, by whom, why; only ever added. A device is replaced once."""

    city = city_key()
    old = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    new = link_to("Device", db_constraint=False)
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    by_login = models.CharField(max_length=150)
    by_role = models.CharField(max_length=30)
    by_unit = code_field()

    class Meta:
        db_table = "sensing_replacement"
