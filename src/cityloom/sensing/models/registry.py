"""The registry: devices, their streams, what these measure and where they stand (the entities of SensorThings)."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from cityloom.sensing.models.columns import city_key, code_field, link_to, name_field, text_field


class Property(models.Model):
    """What is observed (SensorThings ObservedProperty): `code` as streams of the city's folder call it."""

    city = city_key()
    code = code_field()
    name = name_field()
    name_zh = name_field()
    definition = text_field()
    description = text_field()
    properties = models.JSONField(default=dict)

    class Meta:
        db_table = "sensing_property"
        indexes = [models.Index(fields=["city", "code"], name="sensing_property_code")]


class Sensor(models.Model):
    """With what it is observed (SensorThings Sensor): a kind of instrument with its description."""

    city = city_key()
    code = code_field()
    name = name_field()
    description = text_field()
    encoding = name_field()
    metadata = models.JSONField(default=str)
    properties = models.JSONField(default=dict)

    class Meta:
        db_table = "sensing_sensor"
        indexes = [models.Index(fields=["city", "code"], name="sensing_sensor_code")]


class Device(models.Model):
    """A device (SensorThings Thing): what it is, on what and for whom, and how it fares.

    `source`: folder (things.csv is the truth for it) or api. `state`: active, quarantined, retired.
    `parent`: whose alarm silences this one. `replaced_by`: the device that took its place.
    """

    city = city_key()
    code = code_field()
    type = models.CharField(max_length=60, blank=True, default="")
    name_zh = name_field()
    name_en = name_field()
    description = text_field()
    properties = models.JSONField(default=dict)
    component = code_field()
    area = code_field()
    owner = code_field()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    parent = link_to("Device", null=True)
    source = models.CharField(max_length=10, default="api")
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    replaced_by = link_to("Device", null=True)
    state = models.CharField(max_length=20, default="active")
    quarantined_at = models.DateTimeField(null=True)
    quarantined_until = models.DateTimeField(null=True)
    quarantine_reason = models.JSONField(default=dict)
    secret_hash = models.BinaryField(null=True)
    secret_at = models.DateTimeField(null=True)
    last_seen = models.DateTimeField(null=True)
    battery = models.FloatField(null=True)
    errors = models.BigIntegerField(default=0)
    readings = models.BigIntegerField(default=0)
    is_private = models.BooleanField(default=False, db_default=False)  # read by its owner's tokens only

    class Meta:
        db_table = "sensing_device"
        indexes = [
            models.Index(fields=["city", "type"], name="sensing_device_type"),
            models.Index(fields=["city", "owner"], name="sensing_device_owner"),
        ]
        constraints = [models.UniqueConstraint(fields=["city", "code"], name="sensing_device_once")]


class Stream(models.Model):
    """One thing that a device measures (SensorThings Datastream).

    `low`, `high`: the physical range. Kept value = factor * said + offset. `last_at`, `last_value`: the newest
    reading as of the last flush; see `keeping.py`. Up to `mended_at` it may be another than is kept.
    """

    city = city_key()
    device = link_to("Device")
    name = name_field()
    property = link_to("Property", null=True)
    sensor = link_to("Sensor", null=True)
    unit_name = name_field()
    unit_symbol = models.CharField(max_length=60, blank=True, default="")
    unit_definition = text_field()
    interval_s = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    factor = models.FloatField(default=1.0)
    offset = models.FloatField(default=0.0)
    calibrated_at = models.DateTimeField(null=True)
    description = text_field()
    properties = models.JSONField(default=dict)
    observation_type = name_field()
    observed_area = models.JSONField(null=True)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    last_value = models.FloatField(null=True)
    mended_at = models.DateTimeField(null=True)  # up to this time a reading was corrected or deleted by a door

    class Meta:
        db_table = "sensing_stream"
        constraints = [models.UniqueConstraint(fields=["device", "name"], name="sensing_stream_once")]
        indexes = [models.Index(fields=["city", "id"], name="sensing_stream_city")]


class Location(models.Model):
    """A place as SensorThings tells it: GeoJSON under `application/geo+json`, or whatever the encoding names."""

    city = city_key()
    name = name_field()
    description = text_field()
    encoding = name_field()
    location = models.JSONField()
    properties = models.JSONField(default=dict)

    class Meta:
        db_table = "sensing_location"
        indexes = [models.Index(fields=["city", "id"], name="sensing_location_city")]


class PlaceOfDevice(models.Model):
    """Where a device is now: one row for each way of telling its place."""

    device = link_to("Device")
    location = link_to("Location")

    class Meta:
        db_table = "sensing_place_of_device"
        constraints = [models.UniqueConstraint(fields=["device", "location"], name="sensing_place_once")]


class PastLocation(models.Model):
    """Where a device was from a moment on (SensorThings HistoricalLocation)."""

    city = city_key()
    device = link_to("Device")
    at = models.DateTimeField()
    locations = models.JSONField(default=list)  # ids of sensing_location

    class Meta:
        db_table = "sensing_past_location"
        indexes = [
            models.Index(fields=["device", "at"], name="sensing_past_location_at"),
            GinIndex(fields=["locations"], name="sensing_past_location_places"),
        ]


class FeatureOfInterest(models.Model):
    """What an observation is about (SensorThings FeatureOfInterest)."""

    city = city_key()
    name = name_field()
    description = text_field()
    encoding = name_field()
    feature = models.JSONField()
    properties = models.JSONField(default=dict)
    location = link_to("Location", null=True)
    private_to = models.CharField(
        max_length=100, blank=True, default="", db_default=""
    )  # the unit that alone sees it

    class Meta:
        db_table = "sensing_feature"
        indexes = [models.Index(fields=["city", "id"], name="sensing_feature_city")]
