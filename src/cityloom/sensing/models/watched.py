"""Buildings under fire watch, with their points, plans and verdicts, and footfall by day."""

from __future__ import annotations

from django.db import models

from cityloom.sensing.models.columns import city_key, code_field, link_to, name_field
from cityloom.sensing.models.registry import Device


class FireSite(models.Model):
    """A building that is watched: its floors with their plans, and the sealed contacts that are called."""

    city = city_key()
    code = models.CharField(max_length=100)
    name_zh = name_field()
    name_en = name_field()
    address = name_field()
    area = code_field()
    owner = code_field()
    lon = models.FloatField()
    lat = models.FloatField()
    floors = models.JSONField(default=list)
    contacts_sealed = models.BinaryField(null=True)
    key_mark = models.BinaryField(default=b"")
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "sensing_fire_site"
        constraints = [models.UniqueConstraint(fields=["city", "code"], name="sensing_fire_site_once")]


class FirePoint(models.Model):
    """Where in a building a device hangs; `x`, `y` from 0 to 1 on the plan of its floor, from its upper left."""

    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="+", primary_key=True)
    site = link_to("FireSite")
    kind = models.CharField(max_length=20)
    floor = models.CharField(max_length=40, blank=True, default="")
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)

    class Meta:
        db_table = "sensing_fire_point"


class FireVerdict(models.Model):
    """What an alarm of fire watch was: fire, false, test, unclear; the newest verdict counts. Never deleted."""

    city = city_key()
    alarm = models.BigIntegerField()
    verdict = models.CharField(max_length=12)
    cause = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=300, blank=True, default="")
    by_login = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "sensing_fire_verdict"
        indexes = [models.Index(fields=["city", "alarm", "-id"], name="sensing_fire_verdict_alarm")]


class FireRead(models.Model):
    """That somebody looked at the contacts of a watched building, by which post, why and when; only ever added."""

    city = city_key()
    site = link_to("FireSite", db_index=False)
    by_login = models.CharField(max_length=150)
    by_role = models.CharField(max_length=30)
    by_unit = code_field()
    reason = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        db_table = "sensing_fire_read"
        indexes = [models.Index(fields=["site", "-id"], name="sensing_fire_read_site")]


class FootfallDay(models.Model):
    """How many people a counter counted on a day: `measured` of `expected` intervals; counts only.

    `estimate` is what the day would have had with its gaps filled like the same hours of past weeks; empty where
    there is no gap, or nothing to fill it from.
    """

    pk = models.CompositePrimaryKey("stream", "day")
    stream = link_to("Stream", db_index=False)
    day = models.DateField()
    counted = models.FloatField(null=True)
    measured = models.IntegerField()
    expected = models.IntegerField()
    estimate = models.FloatField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "sensing_footfall_day"


class FirePlan(models.Model):
    """The picture of a floor of a watched building, as it was made safe: WebP, or SVG of plain shapes."""

    site = link_to("FireSite", db_index=False)
    floor = models.CharField(max_length=40, blank=True, default="")
    form = models.CharField(max_length=10)
    width = models.IntegerField()
    height = models.IntegerField()
    picture = models.BinaryField()
    digest = models.CharField(max_length=64)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "sensing_fire_plan"
        constraints = [models.UniqueConstraint(fields=["site", "floor"], name="sensing_fire_plan_once")]


class FireChange(models.Model):
    """That a floor got another picture (`digest`), or a device (`device`) another spot; only ever added."""

    city = city_key()
    site = link_to("FireSite", db_index=False)
    floor = models.CharField(max_length=40)
    device = models.CharField(max_length=100, blank=True, default="")
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)
    digest = models.CharField(max_length=64, blank=True, default="")
    by_login = models.CharField(max_length=150)
    by_role = models.CharField(max_length=30)
    by_unit = code_field()
    at = models.DateTimeField()

    class Meta:
        db_table = "sensing_fire_change"
        indexes = [models.Index(fields=["site", "-id"], name="sensing_fire_change_site")]
