"""Links by which calendar programs read the due moments of a unit."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0004_signatures"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("login", models.CharField(max_length=150)),
                ("role", models.CharField(blank=True, max_length=60)),
                ("unit", models.CharField(blank=True, max_length=100)),
                ("area", models.CharField(blank=True, max_length=100)),
                ("digest", models.BinaryField(unique=True)),
                ("made_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "city_calendar_link",
                "indexes": [models.Index(fields=["city", "login"], name="city_calendar_login")],
            },
        ),
    ]
