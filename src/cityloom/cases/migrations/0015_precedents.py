"""Rulings on whose work a matter is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0014_register_checks_only_grow"),
        ("city", "0004_signatures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Precedent",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=40)),
                ("class_code", models.CharField(max_length=100, null=True)),
                ("area", models.CharField(max_length=100, null=True)),
                ("component_code", models.CharField(max_length=100, null=True)),
                ("from_unit", models.CharField(max_length=100)),
                ("to_unit", models.CharField(max_length=100)),
                ("kind", models.CharField(max_length=10)),
                ("reason", models.JSONField()),
                ("rule", models.TextField()),
                ("request_id", models.BigIntegerField(null=True)),
                ("proposed", models.JSONField()),
                ("state", models.CharField(max_length=10)),
                ("ruled_by", models.CharField(max_length=150)),
                ("ruled_role", models.CharField(max_length=30)),
                ("ruled_at", models.DateTimeField()),
                ("settled_by", models.CharField(max_length=150)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"
                    ),
                ),
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
                "db_table": "cases_precedent",
                "indexes": [
                    models.Index(fields=["city", "class_code", "ruled_at"], name="cases_precedent_class"),
                    models.Index(fields=["city", "state", "ruled_at"], name="cases_precedent_state"),
                    models.Index(fields=["case"], name="cases_precedent_case"),
                ],
            },
        ),
    ]
