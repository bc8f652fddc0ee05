"""Work in the street: what phones sent, and patrols."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from cityloom.cases.models.columns import Kept, city_key, text_field


class FieldSending(Kept):
    """Something a phone sent, by the phone's own key: what comes again is answered as the first time.

    `done_at` is the phone's own moment, `metres` how far it was from the matter when its person arrived.
    """

    key = models.UUIDField()
    by_login = text_field(150)
    what = text_field(20)
    subject = text_field(60)
    answer = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    metres = models.IntegerField(null=True)
    sent_at = models.DateTimeField()

    class Meta:
        db_table = "cases_field_sending"
        indexes = [models.Index(fields=["sent_at"], name="cases_field_sent")]
        constraints = [models.UniqueConstraint(fields=["city", "key"], name="cases_field_key")]


class Patrol(Kept):
    """A walk that its person let be recorded: what was agreed to, when it began and ended. `whole` unit grids lie in
    the person's area; `touched` of them had a point when it ended."""

    login = text_field(150)
    area = text_field(null=True)
    areas = ArrayField(text_field())
    day = models.DateField()
    consent = text_field(20)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    touched = models.IntegerField(null=True)
    whole = models.IntegerField(null=True)

    class Meta:
        db_table = "cases_patrol"
        indexes = [models.Index(fields=["city", "day", "login"], name="cases_patrol_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "login"], condition=Q(ended_at=None), name="cases_patrol_one_at_a_time"
            )
        ]


class PatrolPoint(models.Model):
    """Where somebody was on a patrol; kept apart, for some days. `grid` is the unit grid around it."""

    pk = models.CompositePrimaryKey("patrol", "at")
    patrol = models.ForeignKey(Patrol, on_delete=models.PROTECT, related_name="+", db_index=False)
    city = city_key()
    at = models.DateTimeField()
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy_m = models.IntegerField()
    grid = text_field(null=True)

    class Meta:
        db_table = "cases_patrol_point"
        indexes = [models.Index(fields=["city", "at"], name="cases_patrol_point_at")]


class PatrolRead(models.Model):
    """Who looked at whose patrol, besides its own person, when."""

    patrol_id = models.BigIntegerField()
    city = city_key()
    login = text_field(150)
    by_login = text_field(150)
    by_role = text_field(30)
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_patrol_read"
        indexes = [models.Index(fields=["city", "at"], name="cases_patrol_read_at")]
