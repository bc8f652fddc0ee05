"""Alarms with their history, maintenance windows, and what the rules remember."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cityloom.sensing.models.columns import city_key


class Alarm(models.Model):
    """An alarm as it stands; the columns are those of `alarm_values.Alarm`."""

    id = models.BigIntegerField(primary_key=True)
    city = city_key()
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
    city = city_key()
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
    city = city_key()
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
    city = city_key()
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
    city = city_key()
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
    city = city_key()
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

    city = city_key()
    parts = models.IntegerField()
    state = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "sensing_combination"
        constraints = [models.UniqueConstraint(fields=["city", "parts"], name="sensing_combination_once")]
