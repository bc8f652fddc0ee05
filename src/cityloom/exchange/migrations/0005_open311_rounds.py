"""When partners' Open311 servers are spoken to, and which of their requests they were told had ended."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0006_identity"),
        ("exchange", "0004_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Open311Ending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("partner", models.CharField(max_length=100)),
                ("their_id", models.CharField(max_length=200)),
                ("closed_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("tries", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=60)),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_open311_ending",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("city", "partner", "their_id"), name="exchange_open311_ending_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Open311Round",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("partner", models.CharField(max_length=100)),
                ("next_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("silent_since", models.DateTimeField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=60)),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_open311_round",
                "constraints": [
                    models.UniqueConstraint(fields=("city", "partner"), name="exchange_open311_round_once")
                ],
            },
        ),
    ]
