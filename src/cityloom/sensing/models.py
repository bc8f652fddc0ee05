"""What sensing keeps. Each piece has its heading; readings themselves lie in partitions made by a migration."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from cityloom.city.models import City


def _city() -> models.ForeignKey:
    return models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)


def _to(model: str, **more: Any) -> models.ForeignKey:
    return models.ForeignKey(f"sensing.{model}", on_delete=models.PROTECT, related_name="+", **more)


def _code(**more: Any) -> models.CharField:
    return models.CharField(max_length=100, blank=True, default="", **more)


def _name() -> models.CharField:
    return models.CharField(max_length=300, blank=True, default="")


def _text() -> models.TextField:
    return models.TextField(blank=True, default="")


# --- the registry -----------------------------------------------------------------------------------------------


class Property(models.Model):
    """What is observed (SensorThings ObservedProperty): `code` as streams of the city's folder call it."""

    city = _city()
    code = _code()
    name = _name()
    name_zh = _name()
    definition = _text()
    description = _text()
    properties = models.JSONField(default=dict)

    class Meta:
        db_table = "sensing_property"
        indexes = [models.Index(fields=["city", "code"], name="sensing_property_code")]


class Sensor(models.Model):
    """With what it is observed (SensorThings Sensor): a kind of instrument with its description."""

    city = _city()
    code = _code()
    name = _name()
    description = _text()
    encoding = _name()
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

    city = _city()
    code = _code()
    type = models.CharField(max_length=60, blank=True, default="")
    name_zh = _name()
    name_en = _name()
    description = _text()
    properties = models.JSONField(default=dict)
    component = _code()
    area = _code()
    owner = _code()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    parent = _to("Device", null=True)
    source = models.CharField(max_length=10, default="api")
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    replaced_by = _to("Device", null=True)
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

    city = _city()
    device = _to("Device")
    name = _name()
    property = _to("Property", null=True)
    sensor = _to("Sensor", null=True)
    unit_name = _name()
    unit_symbol = models.CharField(max_length=60, blank=True, default="")
    unit_definition = _text()
    interval_s = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    factor = models.FloatField(default=1.0)
    offset = models.FloatField(default=0.0)
    calibrated_at = models.DateTimeField(null=True)
    description = _text()
    properties = models.JSONField(default=dict)
    observation_type = _name()
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

    city = _city()
    name = _name()
    description = _text()
    encoding = _name()
    location = models.JSONField()
    properties = models.JSONField(default=dict)

    class Meta:
        db_table = "sensing_location"
        indexes = [models.Index(fields=["city", "id"], name="sensing_location_city")]


class PlaceOfDevice(models.Model):
    """Where a device is now: one row for each way of telling its place."""

    device = _to("Device")
    location = _to("Location")

    class Meta:
        db_table = "sensing_place_of_device"
        constraints = [models.UniqueConstraint(fields=["device", "location"], name="sensing_place_once")]


class PastLocation(models.Model):
    """Where a device was from a moment on (SensorThings HistoricalLocation)."""

    city = _city()
    device = _to("Device")
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

    city = _city()
    name = _name()
    description = _text()
    encoding = _name()
    feature = models.JSONField()
    properties = models.JSONField(default=dict)
    location = _to("Location", null=True)
    private_to = models.CharField(
        max_length=100, blank=True, default="", db_default=""
    )  # the unit that alone sees it

    class Meta:
        db_table = "sensing_feature"
        indexes = [models.Index(fields=["city", "id"], name="sensing_feature_city")]


# --- readings ---------------------------------------------------------------------------------------------------
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

    city = _city()
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

    city = _city()
    kind = models.CharField(max_length=60)
    about = models.CharField(max_length=200, blank=True, default="")
    count = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    sample = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "sensing_problem"
        constraints = [models.UniqueConstraint(fields=["city", "kind", "about"], name="sensing_problem_once")]


# --- vital signs and feeds --------------------------------------------------------------------------------------


class FigureRow(models.Model):
    """A vital sign in an area; the columns are those of `indicators.Figure`."""

    city = _city()
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
    city = _city()
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

    city = _city()
    code = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    name_zh = _name()
    name_en = _name()
    owner = _code()
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
    feed = _to("Feed", db_index=False)
    at = models.DateTimeField()
    expected = models.BigIntegerField(null=True)
    received = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        db_table = "sensing_feed_hour"


class FeedSilence(models.Model):
    """A time in which a feed was stale: since when, noticed when, until when."""

    feed = _to("Feed")
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


# --- warnings by CAP --------------------------------------------------------------------------------------------


class Warning(models.Model):
    """A public warning by CAP 1.2, of others or our own; `content` is the message as values, `told` as it came.

    `state`: standing, replaced, cancelled; expiry is a matter of the moment. `replaced_by`: the identifier of the
    message that updated or cancelled it.
    """

    city = _city()
    identifier = models.CharField(max_length=300)
    sender = models.CharField(max_length=300)
    sent = models.DateTimeField()
    own = models.BooleanField(default=False)
    feed = _code()
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


# --- shared bikes -----------------------------------------------------------------------------------------------


class Fence(models.Model):
    """A place where shared bikes are parked; `capacity` bikes fit in."""

    city = _city()
    code = models.CharField(max_length=100)
    name = _name()
    road = _name()
    area = _code()
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

    city = _city()
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

    city = _city()
    operator = models.CharField(max_length=100)
    fence = _to("Fence", null=True)
    cell = models.BigIntegerField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    name = _name()
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
    city = _city()
    operator = models.CharField(max_length=100)
    day = models.DateField()
    most = models.IntegerField()
    quota = models.IntegerField(null=True)
    looks = models.IntegerField()
    stood = models.BigIntegerField()
    inside = models.BigIntegerField()

    class Meta:
        db_table = "sensing_fleet_day"


# --- fire watch and footfall ------------------------------------------------------------------------------------


class FireSite(models.Model):
    """A building that is watched: its floors with their plans, and the sealed contacts that are called."""

    city = _city()
    code = models.CharField(max_length=100)
    name_zh = _name()
    name_en = _name()
    address = _name()
    area = _code()
    owner = _code()
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
    site = _to("FireSite")
    kind = models.CharField(max_length=20)
    floor = models.CharField(max_length=40, blank=True, default="")
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)

    class Meta:
        db_table = "sensing_fire_point"


class FireVerdict(models.Model):
    """What an alarm of fire watch was: fire, false, test, unclear; the newest verdict counts. Never deleted."""

    city = _city()
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

    city = _city()
    site = _to("FireSite", db_index=False)
    by_login = models.CharField(max_length=150)
    by_role = models.CharField(max_length=30)
    by_unit = _code()
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
    stream = _to("Stream", db_index=False)
    day = models.DateField()
    counted = models.FloatField(null=True)
    measured = models.IntegerField()
    expected = models.IntegerField()
    estimate = models.FloatField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "sensing_footfall_day"


# --- alarms -----------------------------------------------------------------------------------------------------


class Alarm(models.Model):
    """An alarm as it stands; the columns are those of `alarm_values.Alarm`."""

    id = models.BigIntegerField(primary_key=True)
    city = _city()
    rule = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    severity = models.CharField(max_length=20)
    state = models.CharField(max_length=20)
    raised_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    city_version = models.IntegerField()
    type = models.CharField(max_length=60, blank=True, default="")
    device_id = models.BigIntegerField(null=True)
    stream_id = models.BigIntegerField(null=True)
    area = models.CharField(max_length=100, null=True)
    areas = ArrayField(models.CharField(max_length=100), default=list)
    owner = models.CharField(max_length=100, null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    class_code = models.CharField(max_length=100, null=True)
    value = models.FloatField(null=True)
    stands = models.BooleanField()
    changed_ms = models.BigIntegerField()
    changes = ArrayField(models.BigIntegerField(), default=list)
    flapping = models.BooleanField(default=False)
    silenced_area = models.CharField(max_length=100, null=True)
    silenced_by = models.BigIntegerField(null=True)
    window_id = models.BigIntegerField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True, default="")
    cleared_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True, default="")
    rung = models.IntegerField(default=0)
    escalate_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=10, blank=True, default="")
    review = models.JSONField(null=True)
    case_wanted = models.BooleanField(default=False)
    case_id = models.BigIntegerField(null=True)
    case_number = models.CharField(max_length=40, null=True)
    told_stands = models.BooleanField(null=True)
    evidence = models.JSONField(null=True)
    version = models.IntegerField()

    class Meta:
        db_table = "sensing_alarm"
        indexes = [
            models.Index(fields=["city", "rule", "subject", "-id"], name="sensing_alarm_of_subject"),
            models.Index(fields=["city", "-raised_at", "-id"], name="sensing_alarm_newest"),
            models.Index(fields=["device_id", "-id"], name="sensing_alarm_device"),
            models.Index(fields=["city"], condition=~models.Q(state="closed"), name="sensing_alarm_open"),
            models.Index(fields=["id"], condition=models.Q(case_wanted=True), name="sensing_alarm_case_wanted"),
            models.Index(fields=["case_id"], condition=models.Q(case_id__isnull=False), name="sensing_alarm_case"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "rule", "subject"],
                condition=models.Q(state__in=["raised", "acknowledged", "silenced"]),
                name="sensing_alarm_one_stands",
            ),
        ]


class AlarmEntry(models.Model):
    """A step of an alarm's history; only ever added."""

    id = models.BigIntegerField(primary_key=True)
    city = _city()
    alarm_id = models.BigIntegerField()
    move = models.CharField(max_length=30)
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    by_login = models.CharField(max_length=150)
    by_role = models.CharField(max_length=30)
    by_unit = models.CharField(max_length=100, null=True)
    for_login = models.CharField(max_length=150, blank=True, default="")
    reason = models.JSONField(null=True)
    note = models.TextField(blank=True, default="")
    changes = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "sensing_alarm_entry"
        indexes = [models.Index(fields=["alarm_id", "id"], name="sensing_alarm_entry_alarm")]


class MaintenanceWindow(models.Model):
    """A planned time in which alarms of a device, an area or a type are silent; stopped early, never deleted."""

    id = models.BigIntegerField(primary_key=True)
    city = _city()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    device_id = models.BigIntegerField(null=True)
    area = models.CharField(max_length=100, null=True)
    type = models.CharField(max_length=60, blank=True, default="")
    owner = models.CharField(max_length=100, null=True)
    areas = ArrayField(models.CharField(max_length=100), default=list)
    planned_by = models.CharField(max_length=150)
    planned_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        db_table = "sensing_window"
        indexes = [models.Index(fields=["city", "until_at"], name="sensing_window_until")]


class RuleState(models.Model):
    """What the judge of a part knew after a message: with the readings and ticks after it all alarms follow again."""

    id = models.BigAutoField(primary_key=True)
    city = _city()
    part = models.CharField(max_length=40, default="")
    city_version = models.IntegerField()
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    state = models.BinaryField()

    class Meta:
        db_table = "sensing_rule_state"
        indexes = [models.Index(fields=["city", "part", "-id"], name="sensing_rule_state_newest")]


class RuleTick(models.Model):
    """A tick that changed something: after how many readings since the newest checkpoint; replayed with them."""

    id = models.BigAutoField(primary_key=True)
    city = _city()
    part = models.CharField(max_length=40, default="")
    after = models.BigIntegerField()
    now_ms = models.BigIntegerField()

    class Meta:
        db_table = "sensing_rule_tick"
        indexes = [models.Index(fields=["city", "part", "id"], name="sensing_rule_tick_order")]


class Condition(models.Model):
    """What the streams of one part of several show to rules that combine streams; gone once it was combined.

    `sequence`: of the message that shows it; what time alone shows has the number behind the newest message.
    """

    id = models.BigAutoField(primary_key=True)
    city = _city()
    log = models.CharField(max_length=100)
    sequence = models.BigIntegerField()
    rule = models.CharField(max_length=100)
    device = models.BigIntegerField()
    raised = models.BooleanField()
    at_ms = models.BigIntegerField()

    class Meta:
        db_table = "sensing_condition"
        indexes = [models.Index(fields=["city", "sequence", "id"], name="sensing_condition_order")]


class Combination(models.Model):
    """What is known of the rules that combine streams where several processes take in; changed with its alarms."""

    city = _city()
    parts = models.IntegerField()
    state = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "sensing_combination"
        constraints = [models.UniqueConstraint(fields=["city", "parts"], name="sensing_combination_once")]


# --- the life of a device ---------------------------------------------------------------------------------------


class KnownStream(models.Model):
    """Since when a stream should have been heard: noted once, so that reading the log again judges alike."""

    stream = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField()

    class Meta:
        db_table = "sensing_known_stream"


class Calibration(models.Model):
    """A calibration of a stream: what it counts by from `recorded_at` on; only ever added.

    `day`: when it was done; `points`: pairs of shown and reference value from which factor and offset follow, if any.
    """

    city = _city()
    stream = _to("Stream", db_index=False, db_constraint=False)  # with this no door deletes the stream
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
    by_unit = _code()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "sensing_calibration"
        indexes = [models.Index(fields=["stream", "-id"], name="sensing_calibration_stream")]


class Replacement(models.Model):
    """That a device took another's place: when, by whom, why; only ever added. A device is replaced once."""

    city = _city()
    old = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    new = _to("Device", db_constraint=False)
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    by_login = models.CharField(max_length=150)
    by_role = models.CharField(max_length=30)
    by_unit = _code()

    class Meta:
        db_table = "sensing_replacement"


# --- plans of watched buildings ---------------------------------------------------------------------------------


class FirePlan(models.Model):
    """The picture of a floor of a watched building, as it was made safe: WebP, or SVG of plain shapes."""

    site = _to("FireSite", db_index=False)
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
