"""The stored city: every version of its folder, row by row.

A row belongs to the versions from `version_from` up to, not including, `version_to` (empty: still current), so
that an old case finds the standards it was filed under. `key` is what names the row in the folder, `digest` what
it said; a load compares the two and touches only rows that changed.
"""

from __future__ import annotations

from typing import Any

from django.db import models


class City(models.Model):
    """One city of this installation; `version` is the number of its current version (0: none loaded yet)."""

    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60)
    version = models.IntegerField(default=0)

    class Meta:
        db_table = "city_city"

    def __str__(self) -> str:
        return self.name_zh or self.name_en


class Version(models.Model):
    """One load of the folder: what it held, when and by whom. `settings` is all of its `city.toml`."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=150)
    note = models.TextField(blank=True)
    counts = models.JSONField()
    settings = models.JSONField()
    signatures = models.JSONField(default=list)  # who signed it, as `signing.Signature`

    class Meta:
        db_table = "city_version"
        constraints = [
            models.UniqueConstraint(fields=["city", "number"], name="city_version_number"),
        ]


class Row(models.Model):
    """What every row of a city's version has."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=300)
    version_from = models.IntegerField()
    version_to = models.IntegerField(null=True)
    digest = models.CharField(max_length=32)

    class Meta:
        abstract = True


def one_row_per_version(table: str, *indexes: models.Index) -> type:
    """The Meta of a row table: its name, and that a key has one row per version and one current row."""

    class Meta:
        db_table = f"city_{table}"
        constraints = [
            models.UniqueConstraint(fields=["city", "key", "version_from"], name=f"city_{table}_key"),
            models.UniqueConstraint(
                fields=["city", "key"], condition=models.Q(version_to=None), name=f"city_{table}_current"
            ),
        ]

    Meta.indexes = list(indexes)  # type: ignore[attr-defined]
    return Meta


def _code(**more: Any) -> models.CharField:
    return models.CharField(max_length=100, blank=True, **more)


def _name() -> models.CharField:
    return models.CharField(max_length=300, blank=True)


def _word() -> models.CharField:
    return models.CharField(max_length=60, blank=True)


def _day() -> models.DateField:
    return models.DateField(null=True)


class Area(Row):
    """A polygon of one level; geometry as WKB (longitude, latitude) with its bounding box in degrees."""

    code = _code()
    parent = _code()
    level = _word()
    name_zh = _name()
    name_en = _name()
    population = models.IntegerField(null=True)
    scheme = _word()
    scheme_version = _word()
    geometry = models.BinaryField()
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()

    Meta = one_row_per_version("area")


class Unit(Row):
    """An organisation or its part; lists of codes as JSON arrays."""

    code = _code()
    parent = _code()
    kind = _word()
    name_zh = _name()
    name_en = _name()
    serves = models.JSONField(default=list)
    valid_from = _day()
    valid_until = _day()
    successors = models.JSONField(default=list)

    Meta = one_row_per_version("unit")


class Post(Row):
    """A role held by a person, for a unit, in an area."""

    login = models.CharField(max_length=150)
    name = _name()
    role = _word()
    unit = _code()
    area = _code()
    valid_from = _day()
    valid_until = _day()

    Meta = one_row_per_version("post", models.Index(fields=["city", "login"], name="city_post_login"))


class GroupPost(Row):
    """A post that every member of a group of the identity provider holds."""

    group = models.CharField(max_length=150)
    role = _word()
    unit = _code()
    area = _code()
    valid_from = _day()
    valid_until = _day()

    Meta = one_row_per_version("grouppost", models.Index(fields=["group"], name="city_grouppost_group"))


class MatterClass(Row):
    """A class of the catalogue; `code` and `parent` carry their scheme."""

    code = _code()
    scheme = _word()
    scheme_version = _word()
    parent = _code()
    kind = _word()
    name_zh = _name()
    name_en = _name()
    nature = _word()
    needs_verify = models.BooleanField()
    needs_check = models.BooleanField()
    valid_from = _day()
    valid_until = _day()

    Meta = one_row_per_version("matterclass")


class Standard(Row):
    """Filing condition, limit and closing condition of a class; no limit promises nothing."""

    code = _code()
    class_code = _code()
    condition_zh = models.TextField(blank=True)
    condition_en = models.TextField(blank=True)
    urgency = _word()
    limit = models.FloatField(null=True)
    unit = _word()
    hours = _word()
    after_hours = _word()
    due_time = _word()
    closing_zh = models.TextField(blank=True)
    closing_en = models.TextField(blank=True)
    default = models.BooleanField()
    valid_from = _day()
    valid_until = _day()

    Meta = one_row_per_version("standard")


class PathSet(Row):
    """The city's own `paths.toml`, one row; empty when it uses the shipped paths as they are."""

    data = models.JSONField()

    Meta = one_row_per_version("pathset")


class Duty(Row):
    """Who owes a class of matter in an area."""

    class_pattern = _code()
    area = _code()
    unit = _code()
    role = _word()
    order = models.IntegerField()
    source = _word()
    hours = _word()
    pushed_down = models.BooleanField()
    valid_from = _day()
    valid_until = _day()

    Meta = one_row_per_version("duty")


class Component(Row):
    """A thing in the street; geometry as WKB where it is more than a point."""

    code = _code()
    class_code = _code()
    name = _name()
    lon = models.FloatField()
    lat = models.FloatField()
    geometry = models.BinaryField(default=b"")
    owner = _code()
    keeper = _code()
    supervisor = _code()
    state = _word()
    since = _day()

    Meta = one_row_per_version("component")


class CalendarDay(Row):
    """A holiday or a make-up working day."""

    day = models.DateField()
    calendar = _word()
    kind = _word()
    name_zh = _name()
    name_en = _name()

    Meta = one_row_per_version("calendarday")


class Feature(Row):
    """One thing on a layer of the map."""

    layer = _word()
    code = _code()
    name_zh = _name()
    name_en = _name()
    kind = _word()
    properties = models.JSONField(default=dict)
    geometry = models.BinaryField()
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()

    Meta = one_row_per_version("feature", models.Index(fields=["city", "layer"], name="city_feature_layer"))


class Indicator(Row):
    """A figure of the board."""

    code = _code()
    name_zh = _name()
    name_en = _name()
    numerator = _name()
    denominator = _name()
    unit = _word()
    period = _word()
    source = _name()
    target = models.FloatField(null=True)
    bands = models.JSONField(default=list)

    Meta = one_row_per_version("indicator")


class Thing(Row):
    """A device."""

    code = _code()
    type = _word()
    name_zh = _name()
    name_en = _name()
    component = _code()
    area = _code()
    owner = _code()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    streams = models.JSONField(default=list)
    interval_s = models.FloatField(null=True)
    valid_from = _day()
    valid_until = _day()

    Meta = one_row_per_version("thing")


class ClassWords(Row):
    """Words by which people speak of a class."""

    class_code = _code()
    zh = models.JSONField(default=list)
    en = models.JSONField(default=list)
    weight = models.FloatField()

    Meta = one_row_per_version("class_words")


class ReaderWords(Row):
    """What the city lays over the shipped words of a reader of texts: `code` is urgency, routes or knowledge."""

    code = _code()
    told = models.JSONField(default=dict)

    Meta = one_row_per_version("reader_words")


class AlarmRule(Row):
    """When readings make an alarm."""

    code = _code()
    name_zh = _name()
    name_en = _name()
    type = _word()
    stream = _word()
    above = models.FloatField(null=True)
    below = models.FloatField(null=True)
    missing_s = models.FloatField(null=True)
    clear = models.FloatField(null=True)
    for_s = models.FloatField()
    class_code = _code()
    severity = _word()
    more = models.JSONField(default=dict)

    Meta = one_row_per_version("alarmrule")


class Payload(Row):
    """An entry of payloads.toml, `type.CODE` or `topic.CODE`; `told` is what it says."""

    code = _code()
    told = models.JSONField(default=dict)

    Meta = one_row_per_version("payload")


class VitalSign(Row):
    """A sign of the city's tree of vital signs; `told` is what its entry says beside its names."""

    code = _code()
    name_zh = _name()
    name_en = _name()
    told = models.JSONField(default=dict)

    Meta = one_row_per_version("vital_sign")


# --- accounts: what belongs to a person who signs in, beside Django's own table ------------------------------------


class Account(models.Model):
    """When a person's password was set, and whether the person must set another one."""

    login = models.CharField(max_length=150, primary_key=True)
    password_set_at = models.DateTimeField(null=True)
    must_change = models.BooleanField(default=False)

    class Meta:
        db_table = "city_account"


class AccountEvent(models.Model):
    """What happened to an account, by whom; only ever added to."""

    login = models.CharField(max_length=150)
    kind = _word()
    by_login = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "city_account_event"
        indexes = [models.Index(fields=["login", "-id"], name="city_account_event_login")]


class AccountSession(models.Model):
    """A session of a signed-in person, from where and since when; it lives as long as Django's own row of it."""

    session_key = models.CharField(max_length=40, primary_key=True)
    login = models.CharField(max_length=150, db_index=True)
    began_at = models.DateTimeField()
    address = models.CharField(max_length=60, blank=True)
    device = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "city_account_session"


class SecondFactor(models.Model):
    """The sealed secret of a person's code generator; `last_step` is the time step of the last code taken."""

    login = models.CharField(max_length=150, unique=True)
    key_sealed = models.BinaryField()
    key_mark = models.BinaryField(default=b"")
    made_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)

    class Meta:
        db_table = "city_second_factor"


class RecoveryCode(models.Model):
    """A code that stands in for the generator once; only its digest is kept."""

    login = models.CharField(max_length=150, db_index=True)
    digest = models.BinaryField()
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "city_recovery_code"


class Deputy(models.Model):
    """Who acts by somebody's post for a span of days. Never deleted; ended early by `ended_at`."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    login = models.CharField(max_length=150)
    deputy = models.CharField(max_length=150)
    role = _word()
    unit = _code()
    area = _code()
    first_day = models.DateField()
    last_day = models.DateField()
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()
    ended_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "city_deputy"
        indexes = [
            models.Index(
                fields=["city", "deputy", "last_day"],
                name="city_deputy_deputy",
                condition=models.Q(ended_at=None),
            ),
            models.Index(fields=["city", "login"], name="city_deputy_login"),
        ]


class CalendarLink(models.Model):
    """A link by which a calendar program reads as one post of a person; ended by `ended_at`, never deleted."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    login = models.CharField(max_length=150)
    role = _word()
    unit = _code()
    area = _code()
    digest = models.BinaryField(unique=True)
    made_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "city_calendar_link"
        indexes = [models.Index(fields=["city", "login"], name="city_calendar_login")]


# --- identity: who a person is elsewhere, which groups give posts, accounts of machines ----------------------------


class PersonIdentity(models.Model):
    """Who a person is to the identity provider and on the list of people. Never deleted.

    `subject` is the provider's own unchanging name of the person, kept at the first sign-in by it. `listed_at`: since
    when the list of people holds the person (empty: not managed by it). `asleep_at`: since when the list says that
    the person may not sign in.
    """

    login = models.CharField(max_length=150, primary_key=True)
    external_id = models.CharField(max_length=100, blank=True)
    issuer = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=255, blank=True)
    bound_at = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(null=True)
    asleep_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "city_person_identity"
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~models.Q(external_id=""), name="city_person_external_id"
            ),
            models.UniqueConstraint(
                fields=["issuer", "subject"], condition=~models.Q(subject=""), name="city_person_subject"
            ),
        ]


class GroupMember(models.Model):
    """That a person belongs to a group that gives posts, from when until when, and who told. Never deleted."""

    login = models.CharField(max_length=150)
    group = models.CharField(max_length=150)
    joined_at = models.DateTimeField()
    joined_by = models.CharField(max_length=20)
    left_at = models.DateTimeField(null=True)
    left_by = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "city_group_member"
        constraints = [
            models.UniqueConstraint(
                fields=["login", "group"], condition=models.Q(left_at=None), name="city_group_member_once"
            ),
        ]


class ServiceAccount(models.Model):
    """An account of a machine: owned by a unit, answered for by a person, used by tokens only. Never deleted."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=100)
    login = models.CharField(max_length=150)
    purpose = models.TextField()
    owner = models.CharField(max_length=100)
    responsible = models.CharField(max_length=150, db_index=True)
    role = _word()
    unit = _code()
    area = _code()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "city_service_account"
        constraints = [models.UniqueConstraint(fields=["city", "login"], name="city_service_account_once")]
