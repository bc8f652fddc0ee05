"""Counts of open cases by cell, folded and still to be folded."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0019_closed_day"),
        ("city", "0006_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="CellDelta",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("cell", models.BigIntegerField()),
                ("area", models.CharField(blank=True, max_length=100)),
                ("open", models.IntegerField()),
                ("overdue", models.IntegerField()),
                ("urgent", models.IntegerField()),
                ("street", models.IntegerField()),
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
                "db_table": "cases_cell_delta",
            },
        ),
        migrations.CreateModel(
            name="CellCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("cell", models.BigIntegerField()),
                ("area", models.CharField(blank=True, max_length=100)),
                ("open", models.IntegerField()),
                ("overdue", models.IntegerField()),
                ("urgent", models.IntegerField()),
                ("street", models.IntegerField()),
                ("res", models.SmallIntegerField()),
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
                "db_table": "cases_cell_count",
                "constraints": [
                    models.UniqueConstraint(fields=("city", "res", "cell", "area"), name="cases_cell_once")
                ],
            },
        ),
    ]
