"""Accounts beside the folder: second factors, sessions, deputies, events."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("login", models.CharField(max_length=150, primary_key=True, serialize=False)),
                ("password_set_at", models.DateTimeField(null=True)),
                ("must_change", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "city_account",
            },
        ),
        migrations.CreateModel(
            name="AccountSession",
            fields=[
                ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("login", models.CharField(db_index=True, max_length=150)),
                ("began_at", models.DateTimeField()),
                ("address", models.CharField(blank=True, max_length=60)),
                ("device", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "db_table": "city_account_session",
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("login", models.CharField(db_index=True, max_length=150)),
                ("digest", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "city_recovery_code",
            },
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("login", models.CharField(max_length=150, unique=True)),
                ("key_sealed", models.BinaryField()),
                ("key_mark", models.BinaryField(default=b"")),
                ("made_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("last_step", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "city_second_factor",
            },
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("login", models.CharField(max_length=150)),
                ("kind", models.CharField(blank=True, max_length=60)),
                ("by_login", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "city_account_event",
                "indexes": [models.Index(fields=["login", "-id"], name="city_account_event_login")],
            },
        ),
        migrations.CreateModel(
            name="Deputy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("login", models.CharField(max_length=150)),
                ("deputy", models.CharField(max_length=150)),
                ("role", models.CharField(blank=True, max_length=60)),
                ("unit", models.CharField(blank=True, max_length=100)),
                ("area", models.CharField(blank=True, max_length=100)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("set_by", models.CharField(max_length=150)),
                ("set_at", models.DateTimeField()),
                ("ended_by", models.CharField(blank=True, max_length=150)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "city_deputy",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["city", "deputy", "last_day"],
                        name="city_deputy_deputy",
                    ),
                    models.Index(fields=["city", "login"], name="city_deputy_login"),
                ],
            },
        ),
    ]
