"""What stands beside the readings: late ones, results that are no number, offsets, closed days, problems."""

from __future__ import annotations

from django.db import models

from cityloom.city.models import City
from cityloom.sensing.models.columns import city_key

# sensing_reading (stream, at, value) is partitioned by day and has no model: migration 0002 makes it, `keeping.py`
# writes and `series.py` reads it.


class LateReading(models.Model):
    """A reading beside the partitions: older than the newest of its stream when it came, or brought by a door.

    `generation`: which writing of the doors brought it, 0 for the ingest process itself; `judged`: rules need not
    look at it any more.
    """

    pk = models.CompositePrimaryKey("stream", "at")
    stream = models.BigIntegerField()
    at = models.DateTimeField()
    value = models.FloatField()
    generation = models.BigIntegerField(default=0)
    judged = models.BooleanField(default=True)

    class Meta:
        db_table = "sensing_late"
        indexes = [
            models.Index(fields=["generation"], condition=models.Q(generation__gt=0), name="sensing_late_generation"),
        ]


class ExtraOfReading(models.Model):
    """What a reading says besides time and number: a result that is no number, times, quality, its feature."""

    pk = models.CompositePrimaryKey("stream", "at")
    stream = models.BigIntegerField()
    at = models.DateTimeField()
    result = models.JSONField(null=True)
    result_time = models.DateTimeField(null=True)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    phenomenon_until = models.DateTimeField(null=True)
    parameters = models.JSONField(null=True)
    quality = models.JSONField(null=True)
    feature = models.BigIntegerField(null=True)

    class Meta:
        db_table = "sensing_extra"
        indexes = [
            models.Index(fields=["feature"], condition=models.Q(feature__isnull=False), name="sensing_extra_feature"),
        ]


class Writer(models.Model):
    """How often doors have written readings of a city (`generation`) and changed its register (`registry`).

    Ingest compares the first at each batch, the second every few seconds.
    """

    city = models.OneToOneField(City, on_delete=models.PROTECT, related_name="+", primary_key=True)
    generation = models.BigIntegerField(default=0)
    registry = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "sensing_writer"


class Offset(models.Model):
    """How far the log of a part of the devices is stored; changed only together with its readings.

    `sequence` of the message log, `generation` of the doors' writings that were judged; `log` names the log, so
    that a log made anew is not taken for the one before. `flushed_…`: where both stood when the newest values, the
    state of the gate and of the rules were written last; from there on the log is read again after a restart.
    """

    city = city_key()
    part = models.CharField(max_length=40, default="")
    log = models.CharField(max_length=100, blank=True, default="")
    sequence = models.BigIntegerField(default=0)
    generation = models.BigIntegerField(default=0)
    flushed_sequence = models.BigIntegerField(default=0, db_default=0)
    flushed_generation = models.BigIntegerField(default=0, db_default=0)
    gate = models.JSONField(default=dict, db_default={})
    at = models.DateTimeField(null=True)
    heard_ms = models.BigIntegerField(default=0, db_default=0)  # the city's time of that message

    class Meta:
        db_table = "sensing_offset"
        constraints = [models.UniqueConstraint(fields=["city", "part"], name="sensing_offset_once")]


class Archive(models.Model):
    """A closed day that lies in Parquet: the file, how many readings, their digest."""

    day = models.DateField(primary_key=True)
    file = models.CharField(max_length=300)
    readings = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    dropped = models.BooleanField(default=False)

    class Meta:
        db_table = "sensing_archive"


class RollUp(models.Model):
    """An hour of a stream after its readings were dropped: how many, lowest, highest, sum, last."""

    pk = models.CompositePrimaryKey("stream", "hour")
    stream = models.BigIntegerField()
    hour = models.DateTimeField()
    count = models.IntegerField()
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    total = models.FloatField()
    last = models.FloatField(null=True)

    class Meta:
        db_table = "sensing_roll_up"


class Problem(models.Model):
    """What ingest refused, counted by kind and by the device or topic it was about; bounded by `ingesting.py`."""

    city = city_key()
    kind = models.CharField(max_length=60)
    about = models.CharField(max_length=200, blank=True, default="")
    count = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    sample = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "sensing_problem"
        constraints = [models.UniqueConstraint(fields=["city", "kind", "about"], name="sensing_problem_once")]
