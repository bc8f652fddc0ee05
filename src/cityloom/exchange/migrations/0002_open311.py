"""How far a partner's Open311 server has been read."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0004_signatures"),
        ("exchange", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Open311Cursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("partner", models.CharField(max_length=100)),
                ("updated_at", models.DateTimeField()),
                ("read_at", models.DateTimeField()),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_open311_cursor",
                "constraints": [
                    models.UniqueConstraint(fields=("city", "partner"), name="exchange_open311_cursor_once")
                ],
            },
        ),
    ]
