"""Alarms with their history, maintenance windows, and what a judge knew after a message."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0010_payloads"),
        ("sensing", "0005_ingest_checkpoint"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("rule", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=120)),
                ("severity", models.CharField(max_length=20)),
                ("state", models.CharField(max_length=20)),
                ("raised_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("city_version", models.IntegerField()),
                ("type", models.CharField(blank=True, default="", max_length=60)),
                ("device_id", models.BigIntegerField(null=True)),
                ("stream_id", models.BigIntegerField(null=True)),
                ("area", models.CharField(max_length=100, null=True)),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), default=list, size=None
                    ),
                ),
                ("owner", models.CharField(max_length=100, null=True)),
                ("lon", models.FloatField(null=True)),
                ("lat", models.FloatField(null=True)),
                ("class_code", models.CharField(max_length=100, null=True)),
                ("value", models.FloatField(null=True)),
                ("stands", models.BooleanField()),
                ("changed_ms", models.BigIntegerField()),
                (
                    "changes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("flapping", models.BooleanField(default=False)),
                ("silenced_area", models.CharField(max_length=100, null=True)),
                ("silenced_by", models.BigIntegerField(null=True)),
                ("window_id", models.BigIntegerField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(blank=True, default="", max_length=150)),
                ("cleared_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, default="", max_length=150)),
                ("rung", models.IntegerField(default=0)),
                ("escalate_at", models.DateTimeField(null=True)),
                ("verdict", models.CharField(blank=True, default="", max_length=10)),
                ("review", models.JSONField(null=True)),
                ("case_wanted", models.BooleanField(default=False)),
                ("case_id", models.BigIntegerField(null=True)),
                ("case_number", models.CharField(max_length=40, null=True)),
                ("told_stands", models.BooleanField(null=True)),
                ("evidence", models.JSONField(null=True)),
                ("version", models.IntegerField()),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_alarm",
                "indexes": [
                    models.Index(fields=["city", "rule", "subject", "-id"], name="sensing_alarm_of_subject"),
                    models.Index(fields=["city", "-raised_at", "-id"], name="sensing_alarm_newest"),
                    models.Index(fields=["device_id", "-id"], name="sensing_alarm_device"),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["city"],
                        name="sensing_alarm_open",
                    ),
                    models.Index(
                        condition=models.Q(("case_wanted", True)), fields=["id"], name="sensing_alarm_case_wanted"
                    ),
                    models.Index(
                        condition=models.Q(("case_id__isnull", False)), fields=["case_id"], name="sensing_alarm_case"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["raised", "acknowledged", "silenced"])),
                        fields=("city", "rule", "subject"),
                        name="sensing_alarm_one_stands",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AlarmEntry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("alarm_id", models.BigIntegerField()),
                ("move", models.CharField(max_length=30)),
                ("from_state", models.CharField(blank=True, max_length=20)),
                ("to_state", models.CharField(max_length=20)),
                ("by_login", models.CharField(max_length=150)),
                ("by_role", models.CharField(max_length=30)),
                ("by_unit", models.CharField(max_length=100, null=True)),
                ("for_login", models.CharField(blank=True, default="", max_length=150)),
                ("reason", models.JSONField(null=True)),
                ("note", models.TextField(blank=True, default="")),
                ("changes", models.JSONField(default=dict)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_alarm_entry",
                "indexes": [models.Index(fields=["alarm_id", "id"], name="sensing_alarm_entry_alarm")],
            },
        ),
        migrations.CreateModel(
            name="MaintenanceWindow",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                ("device_id", models.BigIntegerField(null=True)),
                ("area", models.CharField(max_length=100, null=True)),
                ("type", models.CharField(blank=True, default="", max_length=60)),
                ("owner", models.CharField(max_length=100, null=True)),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), default=list, size=None
                    ),
                ),
                ("planned_by", models.CharField(max_length=150)),
                ("planned_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(null=True)),
                ("stopped_by", models.CharField(blank=True, default="", max_length=150)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_window",
                "indexes": [models.Index(fields=["city", "until_at"], name="sensing_window_until")],
            },
        ),
        migrations.CreateModel(
            name="RuleState",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("part", models.CharField(default="", max_length=40)),
                ("city_version", models.IntegerField()),
                ("sequence", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("state", models.BinaryField()),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_rule_state",
                "indexes": [models.Index(fields=["city", "part", "-id"], name="sensing_rule_state_newest")],
            },
        ),
        migrations.CreateModel(
            name="RuleTick",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("part", models.CharField(default="", max_length=40)),
                ("after", models.BigIntegerField()),
                ("now_ms", models.BigIntegerField()),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_rule_tick",
                "indexes": [models.Index(fields=["city", "part", "id"], name="sensing_rule_tick_order")],
            },
        ),
    ]
