"""Vital signs by hour and day, and the feeds they rest on."""

from __future__ import annotations

from django.db import models

from cityloom.sensing.models.columns import city_key, code_field, link_to, name_field


class FigureRow(models.Model):
    """A vital sign in an area; the columns are those of `indicators.Figure`."""

    city = city_key()
    area = models.CharField(max_length=100)
    sign = models.CharField(max_length=100)
    value = models.FloatField(null=True)
    band = models.CharField(max_length=12)
    streams = models.IntegerField()
    heard = models.IntegerField()
    grids = models.IntegerField()
    measured = models.IntegerField()
    known = models.IntegerField()
    parts = models.IntegerField()

    class Meta:
        abstract = True


class VitalHour(FigureRow):
    """A vital sign over the hour that begins `at`; one that runs holds the sixty minutes before `VitalRun.at`."""

    pk = models.CompositePrimaryKey("city", "area", "sign", "at")
    at = models.DateTimeField()

    class Meta:
        db_table = "sensing_vital_hour"
        indexes = [models.Index(fields=["city", "at"], name="sensing_vital_hour_at")]


class VitalDay(FigureRow):
    """A vital sign over a day of the city's zone, made of its hours: `hours` of them have a value."""

    pk = models.CompositePrimaryKey("city", "area", "sign", "day")
    day = models.DateField()
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    hours = models.IntegerField()

    class Meta:
        db_table = "sensing_vital_day"
        indexes = [models.Index(fields=["city", "day"], name="sensing_vital_day_day")]


class VitalRun(models.Model):
    """That an hour was worked out: from how many readings, had it ended, how often again for late readings."""

    pk = models.CompositePrimaryKey("city", "hour")
    city = city_key()
    hour = models.DateTimeField()
    at = models.DateTimeField()
    readings = models.BigIntegerField()
    ended = models.BooleanField()
    revised = models.IntegerField(default=0)

    class Meta:
        db_table = "sensing_vital_run"


class Feed(models.Model):
    """Something that brings data regularly: devices of a type, a partner's server, a list that is pulled.

    `kind`: mqtt, http, sensorthings, open311, gbfs, cap, other. `expected_s`: after so long without anything it is
    late; `stale_at`: since when it is stale, told by `stale_note` to whom it may concern; empty while it is not.
    """

    city = city_key()
    code = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    name_zh = name_field()
    name_en = name_field()
    owner = code_field()
    expected_s = models.FloatField(null=True)
    made_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    received = models.BigIntegerField(default=0, db_default=0)
    refused = models.BigIntegerField(default=0, db_default=0)
    last_error = models.JSONField(null=True)
    last_error_at = models.DateTimeField(null=True)
    stale_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sensing_feed"
        constraints = [models.UniqueConstraint(fields=["city", "code"], name="sensing_feed_once")]


class FeedHour(models.Model):
    """What a feed brought in an hour, against what was expected of it (null: nothing definite)."""

    pk = models.CompositePrimaryKey("feed", "at")
    feed = link_to("Feed", db_index=False)
    at = models.DateTimeField()
    expected = models.BigIntegerField(null=True)
    received = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        db_table = "sensing_feed_hour"


class FeedSilence(models.Model):
    """A time in which a feed was stale: since when, noticed when, until when."""

    feed = link_to("Feed")
    began_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sensing_feed_silence"
        constraints = [
            models.UniqueConstraint(
                fields=["feed"], condition=models.Q(ended_at=None), name="sensing_feed_silence_open"
            ),
        ]
