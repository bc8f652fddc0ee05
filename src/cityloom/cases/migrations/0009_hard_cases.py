"""What hard cases carry: requests, whistles, rungs, merging, partners."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_salts_may_go"),
        ("city", "0003_account_events_only_grow"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="escalation",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="case",
            name="extension_count",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="case",
            name="merged_into",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="partner",
            field=models.CharField(max_length=100, null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="partner_number",
            field=models.CharField(max_length=100, null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="trace",
            field=models.CharField(default="", max_length=100),
        ),
        migrations.AddField(
            model_name="case",
            name="urge_count",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="case",
            name="urged_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="report",
            name="split_from",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="arrived_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="arrived_lat",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="arrived_lon",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="caller",
            field=models.CharField(default="", max_length=100),
        ),
        migrations.AddField(
            model_name="task",
            name="rating",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="ruled",
            field=models.CharField(default="", max_length=10),
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("move", models.CharField(max_length=30)),
                ("state", models.CharField(max_length=20)),
                ("asked_by", models.CharField(max_length=150)),
                ("asked_role", models.CharField(max_length=30)),
                ("asked_at", models.DateTimeField()),
                ("asked_unit", models.CharField(default="", max_length=100)),
                ("asked_for", models.CharField(default="", max_length=150)),
                ("reason", models.JSONField()),
                ("asked", models.JSONField()),
                ("note", models.TextField()),
                ("decided_by", models.CharField(default="", max_length=150)),
                ("decided_role", models.CharField(default="", max_length=30)),
                ("decided_at", models.DateTimeField(null=True)),
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
                "db_table": "cases_request",
                "indexes": [
                    models.Index(fields=["case"], name="cases_request_case"),
                    models.Index(
                        condition=models.Q(("state", "asked")),
                        fields=["city", "asked_at", "id"],
                        name="cases_request_open",
                    ),
                ],
            },
        ),
    ]
