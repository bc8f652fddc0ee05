"""Calibrations and replacements of devices, and since when a stream should have been heard."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0011_reader_words"),
        ("sensing", "0009_fire_reads"),
    ]

    operations = [
        migrations.CreateModel(
            name="KnownStream",
            fields=[
                ("stream", models.BigIntegerField(primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
            ],
            options={
                "db_table": "sensing_known_stream",
            },
        ),
        migrations.CreateModel(
            name="Replacement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(max_length=300)),
                ("by_login", models.CharField(max_length=150)),
                ("by_role", models.CharField(max_length=30)),
                ("by_unit", models.CharField(blank=True, default="", max_length=100)),
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
                    "new",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.device",
                    ),
                ),
                (
                    "old",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.device",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_replacement",
            },
        ),
        migrations.CreateModel(
            name="Calibration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("factor", models.FloatField()),
                ("offset", models.FloatField()),
                ("factor_before", models.FloatField()),
                ("offset_before", models.FloatField()),
                ("points", models.JSONField(default=list)),
                ("note", models.CharField(blank=True, default="", max_length=300)),
                ("next_due", models.DateField(null=True)),
                ("by_login", models.CharField(max_length=150)),
                ("by_role", models.CharField(max_length=30)),
                ("by_unit", models.CharField(blank=True, default="", max_length=100)),
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
                (
                    "stream",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.stream",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_calibration",
                "indexes": [models.Index(fields=["stream", "-id"], name="sensing_calibration_stream")],
            },
        ),
    ]
