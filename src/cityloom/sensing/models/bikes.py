"""Shared bikes: parking places, vehicles, what is too many, the days of a fleet."""

from __future__ import annotations

from django.db import models

from cityloom.sensing.models.columns import city_key, code_field, link_to, name_field


class Fence(models.Model):
    """A place where shared bikes are parked; `capacity` bikes fit in."""

    city = city_key()
    code = models.CharField(max_length=100)
    name = name_field()
    road = name_field()
    area = code_field()
    geometry = models.BinaryField()
    lon = models.FloatField()
    lat = models.FloatField()
    area_m2 = models.FloatField()
    capacity = models.IntegerField()
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sensing_fence"
        constraints = [models.UniqueConstraint(fields=["city", "code"], name="sensing_fence_once")]


class Vehicle(models.Model):
    """Where an operator said that a vehicle stands; the identifier is the operator's and changes with each ride."""

    city = city_key()
    operator = models.CharField(max_length=100)
    code = models.CharField(max_length=200)
    form = models.CharField(max_length=60, blank=True, default="")
    lon = models.FloatField()
    lat = models.FloatField()
    reserved = models.BooleanField(default=False)
    disabled = models.BooleanField(default=False)
    fence = models.BigIntegerField(null=True)
    cell = models.BigIntegerField(null=True)  # of H3, where it stands in no place
    said_at = models.DateTimeField()

    class Meta:
        db_table = "sensing_vehicle"
        constraints = [models.UniqueConstraint(fields=["city", "operator", "code"], name="sensing_vehicle_once")]


class Overflow(models.Model):
    """More bikes of an operator than its share of the room: since when, how many, case, cleared when.

    They stand in a place (`fence`) or out of any (`cell` of H3); `lon`, `lat` and `name` say where, for people.
    """

    city = city_key()
    operator = models.CharField(max_length=100)
    fence = link_to("Fence", null=True)
    cell = models.BigIntegerField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    name = name_field()
    began_at = models.DateTimeField()
    vehicles = models.IntegerField()
    most = models.IntegerField()
    room = models.IntegerField()
    case_number = models.CharField(max_length=40, blank=True, default="")
    due_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sensing_overflow"
        constraints = [
            models.UniqueConstraint(
                fields=["city", "operator", "fence"],
                condition=models.Q(cleared_at=None),
                name="sensing_overflow_open",
            ),
            models.UniqueConstraint(
                fields=["city", "operator", "cell"],
                condition=models.Q(cleared_at=None),
                name="sensing_overflow_open_outside",
            ),
            models.CheckConstraint(
                condition=models.Q(fence=None) ^ models.Q(cell=None), name="sensing_overflow_somewhere"
            ),
        ]
        indexes = [models.Index(fields=["city", "operator", "began_at"], name="sensing_overflow_operator")]


class FleetDay(models.Model):
    """How many vehicles an operator had in the city on a day, at most, against its quota; and how they stood."""

    pk = models.CompositePrimaryKey("city", "operator", "day")
    city = city_key()
    operator = models.CharField(max_length=100)
    day = models.DateField()
    most = models.IntegerField()
    quota = models.IntegerField(null=True)
    looks = models.IntegerField()
    stood = models.BigIntegerField()
    inside = models.BigIntegerField()

    class Meta:
        db_table = "sensing_fleet_day"
