"""What phones in the street sent, once each; patrols with their points and who looked at them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0024_reading"),
        ("city", "0007_class_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="Patrol",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("login", models.CharField(max_length=150)),
                ("area", models.CharField(max_length=100, null=True)),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None),
                ),
                ("day", models.DateField()),
                ("consent", models.CharField(max_length=20)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("touched", models.IntegerField(null=True)),
                ("whole", models.IntegerField(null=True)),
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
                "db_table": "cases_patrol",
            },
        ),
        migrations.CreateModel(
            name="PatrolPoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patrol", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("lon", models.FloatField()),
                ("lat", models.FloatField()),
                ("accuracy_m", models.IntegerField()),
                ("grid", models.CharField(max_length=100, null=True)),
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
                    "patrol",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.patrol",
                    ),
                ),
            ],
            options={
                "db_table": "cases_patrol_point",
            },
        ),
        migrations.CreateModel(
            name="PatrolRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("patrol_id", models.BigIntegerField()),
                ("login", models.CharField(max_length=150)),
                ("by_login", models.CharField(max_length=150)),
                ("by_role", models.CharField(max_length=30)),
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
                "db_table": "cases_patrol_read",
            },
        ),
        migrations.CreateModel(
            name="FieldSending",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("key", models.UUIDField()),
                ("by_login", models.CharField(max_length=150)),
                ("what", models.CharField(max_length=20)),
                ("subject", models.CharField(max_length=60)),
                ("answer", models.JSONField(default=dict)),
                ("done_at", models.DateTimeField(null=True)),
                ("arrived_at", models.DateTimeField(null=True)),
                ("metres", models.IntegerField(null=True)),
                ("sent_at", models.DateTimeField()),
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
                "db_table": "cases_field_sending",
                "indexes": [models.Index(fields=["sent_at"], name="cases_field_sent")],
                "constraints": [models.UniqueConstraint(fields=("city", "key"), name="cases_field_key")],
            },
        ),
        migrations.AddIndex(
            model_name="patrol",
            index=models.Index(fields=["city", "day", "login"], name="cases_patrol_day"),
        ),
        migrations.AddConstraint(
            model_name="patrol",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("city", "login"), name="cases_patrol_one_at_a_time"
            ),
        ),
        migrations.AddIndex(
            model_name="patrolpoint",
            index=models.Index(fields=["city", "at"], name="cases_patrol_point_at"),
        ),
        migrations.AddIndex(
            model_name="patrolread",
            index=models.Index(fields=["city", "at"], name="cases_patrol_read_at"),
        ),
    ]
