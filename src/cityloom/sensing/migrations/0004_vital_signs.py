"""Vital signs by hour and day, feeds, warnings by CAP, shared bikes, fire watch, footfall."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0009_alarm_rules"),
        ("sensing", "0003_sensorthings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=100)),
                ("kind", models.CharField(max_length=20)),
                ("name_zh", models.CharField(blank=True, default="", max_length=300)),
                ("name_en", models.CharField(blank=True, default="", max_length=300)),
                ("owner", models.CharField(blank=True, default="", max_length=100)),
                ("expected_s", models.FloatField(null=True)),
                ("made_at", models.DateTimeField()),
                ("last_at", models.DateTimeField(null=True)),
                ("received", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("last_error", models.JSONField(null=True)),
                ("last_error_at", models.DateTimeField(null=True)),
                ("stale_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
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
                "db_table": "sensing_feed",
            },
        ),
        migrations.CreateModel(
            name="FeedHour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("expected", models.BigIntegerField(null=True)),
                ("received", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.feed",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_feed_hour",
            },
        ),
        migrations.CreateModel(
            name="FeedSilence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField()),
                ("noticed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "feed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.feed"
                    ),
                ),
            ],
            options={
                "db_table": "sensing_feed_silence",
            },
        ),
        migrations.CreateModel(
            name="Fence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=100)),
                ("name", models.CharField(blank=True, default="", max_length=300)),
                ("road", models.CharField(blank=True, default="", max_length=300)),
                ("area", models.CharField(blank=True, default="", max_length=100)),
                ("geometry", models.BinaryField()),
                ("lon", models.FloatField()),
                ("lat", models.FloatField()),
                ("area_m2", models.FloatField()),
                ("capacity", models.IntegerField()),
                ("since", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
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
                "db_table": "sensing_fence",
            },
        ),
        migrations.CreateModel(
            name="FireSite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=100)),
                ("name_zh", models.CharField(blank=True, default="", max_length=300)),
                ("name_en", models.CharField(blank=True, default="", max_length=300)),
                ("address", models.CharField(blank=True, default="", max_length=300)),
                ("area", models.CharField(blank=True, default="", max_length=100)),
                ("owner", models.CharField(blank=True, default="", max_length=100)),
                ("lon", models.FloatField()),
                ("lat", models.FloatField()),
                ("floors", models.JSONField(default=list)),
                ("contacts_sealed", models.BinaryField(null=True)),
                ("key_mark", models.BinaryField(default=b"")),
                ("changed_at", models.DateTimeField()),
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
                "db_table": "sensing_fire_site",
            },
        ),
        migrations.CreateModel(
            name="FirePoint",
            fields=[
                (
                    "device",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="sensing.device",
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("floor", models.CharField(blank=True, default="", max_length=40)),
                ("x", models.FloatField(null=True)),
                ("y", models.FloatField(null=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.firesite"
                    ),
                ),
            ],
            options={
                "db_table": "sensing_fire_point",
            },
        ),
        migrations.CreateModel(
            name="FireVerdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("alarm", models.BigIntegerField()),
                ("verdict", models.CharField(max_length=12)),
                ("cause", models.CharField(blank=True, default="", max_length=40)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("by_login", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
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
                "db_table": "sensing_fire_verdict",
            },
        ),
        migrations.CreateModel(
            name="FleetDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "city", "operator", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("operator", models.CharField(max_length=100)),
                ("day", models.DateField()),
                ("most", models.IntegerField()),
                ("quota", models.IntegerField(null=True)),
                ("looks", models.IntegerField()),
                ("stood", models.BigIntegerField()),
                ("inside", models.BigIntegerField()),
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
                "db_table": "sensing_fleet_day",
            },
        ),
        migrations.CreateModel(
            name="FootfallDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("counted", models.FloatField(null=True)),
                ("measured", models.IntegerField()),
                ("expected", models.IntegerField()),
                ("estimate", models.FloatField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "stream",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.stream",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_footfall_day",
            },
        ),
        migrations.CreateModel(
            name="Overflow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("operator", models.CharField(max_length=100)),
                ("began_at", models.DateTimeField()),
                ("vehicles", models.IntegerField()),
                ("most", models.IntegerField()),
                ("room", models.IntegerField()),
                ("case_number", models.CharField(blank=True, default="", max_length=40)),
                ("due_at", models.DateTimeField()),
                ("cleared_at", models.DateTimeField(null=True)),
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
                (
                    "fence",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.fence"
                    ),
                ),
            ],
            options={
                "db_table": "sensing_overflow",
            },
        ),
        migrations.CreateModel(
            name="Vehicle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("operator", models.CharField(max_length=100)),
                ("code", models.CharField(max_length=200)),
                ("form", models.CharField(blank=True, default="", max_length=60)),
                ("lon", models.FloatField()),
                ("lat", models.FloatField()),
                ("reserved", models.BooleanField(default=False)),
                ("disabled", models.BooleanField(default=False)),
                ("fence", models.BigIntegerField(null=True)),
                ("said_at", models.DateTimeField()),
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
                "db_table": "sensing_vehicle",
            },
        ),
        migrations.CreateModel(
            name="VitalDay",
            fields=[
                ("area", models.CharField(max_length=100)),
                ("sign", models.CharField(max_length=100)),
                ("value", models.FloatField(null=True)),
                ("band", models.CharField(max_length=12)),
                ("streams", models.IntegerField()),
                ("heard", models.IntegerField()),
                ("grids", models.IntegerField()),
                ("measured", models.IntegerField()),
                ("known", models.IntegerField()),
                ("parts", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "city", "area", "sign", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                ("hours", models.IntegerField()),
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
                "db_table": "sensing_vital_day",
            },
        ),
        migrations.CreateModel(
            name="VitalHour",
            fields=[
                ("area", models.CharField(max_length=100)),
                ("sign", models.CharField(max_length=100)),
                ("value", models.FloatField(null=True)),
                ("band", models.CharField(max_length=12)),
                ("streams", models.IntegerField()),
                ("heard", models.IntegerField()),
                ("grids", models.IntegerField()),
                ("measured", models.IntegerField()),
                ("known", models.IntegerField()),
                ("parts", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "city", "area", "sign", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
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
                "db_table": "sensing_vital_hour",
            },
        ),
        migrations.CreateModel(
            name="VitalRun",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "city", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("readings", models.BigIntegerField()),
                ("ended", models.BooleanField()),
                ("revised", models.IntegerField(default=0)),
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
                "db_table": "sensing_vital_run",
            },
        ),
        migrations.CreateModel(
            name="Warning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier", models.CharField(max_length=300)),
                ("sender", models.CharField(max_length=300)),
                ("sent", models.DateTimeField()),
                ("own", models.BooleanField(default=False)),
                ("feed", models.CharField(blank=True, default="", max_length=100)),
                ("kind", models.CharField(max_length=10)),
                ("status", models.CharField(max_length=10)),
                ("scope", models.CharField(max_length=12)),
                ("severity", models.CharField(max_length=10)),
                ("begins", models.DateTimeField()),
                ("expires", models.DateTimeField(null=True)),
                ("state", models.CharField(max_length=12)),
                ("replaced_by", models.CharField(blank=True, default="", max_length=300)),
                ("west", models.FloatField(null=True)),
                ("south", models.FloatField(null=True)),
                ("east", models.FloatField(null=True)),
                ("north", models.FloatField(null=True)),
                ("content", models.JSONField()),
                ("told", models.TextField()),
                ("received_at", models.DateTimeField()),
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
                "db_table": "sensing_warning",
            },
        ),
        migrations.AddConstraint(
            model_name="feed",
            constraint=models.UniqueConstraint(fields=("city", "code"), name="sensing_feed_once"),
        ),
        migrations.AddConstraint(
            model_name="feedsilence",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("feed",), name="sensing_feed_silence_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="fence",
            constraint=models.UniqueConstraint(fields=("city", "code"), name="sensing_fence_once"),
        ),
        migrations.AddConstraint(
            model_name="firesite",
            constraint=models.UniqueConstraint(fields=("city", "code"), name="sensing_fire_site_once"),
        ),
        migrations.AddIndex(
            model_name="fireverdict",
            index=models.Index(fields=["city", "alarm", "-id"], name="sensing_fire_verdict_alarm"),
        ),
        migrations.AddIndex(
            model_name="overflow",
            index=models.Index(fields=["city", "operator", "began_at"], name="sensing_overflow_operator"),
        ),
        migrations.AddConstraint(
            model_name="overflow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cleared_at", None)),
                fields=("city", "operator", "fence"),
                name="sensing_overflow_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="vehicle",
            constraint=models.UniqueConstraint(fields=("city", "operator", "code"), name="sensing_vehicle_once"),
        ),
        migrations.AddIndex(
            model_name="vitalday",
            index=models.Index(fields=["city", "day"], name="sensing_vital_day_day"),
        ),
        migrations.AddIndex(
            model_name="vitalhour",
            index=models.Index(fields=["city", "at"], name="sensing_vital_hour_at"),
        ),
        migrations.AddIndex(
            model_name="warning",
            index=models.Index(
                condition=models.Q(("state", "standing")), fields=["city", "expires"], name="sensing_warning_standing"
            ),
        ),
        migrations.AddConstraint(
            model_name="warning",
            constraint=models.UniqueConstraint(fields=("city", "sender", "identifier"), name="sensing_warning_once"),
        ),
    ]
