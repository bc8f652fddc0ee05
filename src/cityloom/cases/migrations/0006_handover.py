"""What one shift hands to the next."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0005_city_checked_on_the_case"),
        ("city", "0002_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=40)),
                ("unit", models.CharField(blank=True, max_length=100)),
                ("area", models.CharField(blank=True, max_length=100)),
                ("note", models.TextField()),
                ("counts", models.JSONField()),
                ("marked", models.JSONField()),
                ("by_login", models.CharField(max_length=150)),
                ("written_at", models.DateTimeField()),
                ("taken_by", models.CharField(blank=True, max_length=150)),
                ("taken_at", models.DateTimeField(null=True)),
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
                "db_table": "cases_handover",
                "indexes": [models.Index(fields=["city", "role", "unit", "area", "-id"], name="cases_handover_desk")],
            },
        ),
    ]
