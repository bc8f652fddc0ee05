"""What a callback hears beyond solved and satisfied, the list of those who wait, and the links to answer by."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0011_orders_only_grow")]
    operations = [
        migrations.AddField("report", "contacted", models.CharField(max_length=10, null=True)),
        migrations.AddField("report", "unsatisfied_why", models.CharField(max_length=30, null=True)),
        migrations.AddField("report", "callback_channel", models.CharField(max_length=10, null=True)),
        migrations.AddField("report", "callback_result", models.CharField(max_length=20, null=True)),
        migrations.AddField("report", "callback_next_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "report",
            models.Index(
                fields=["city", "id"], condition=models.Q(("state", "due_callback")), name="cases_report_callback"
            ),
        ),
        migrations.AddIndex(
            "report",
            models.Index(
                fields=["city", "callback_at"],
                condition=models.Q(("callback_at", None), _negated=True),
                name="cases_report_called",
            ),
        ),
        migrations.CreateModel(
            name="CallbackLink",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("report_ids", django.contrib.postgres.fields.ArrayField(models.BigIntegerField(), size=None)),
                ("code_hash", models.BinaryField()),
                ("kind", models.CharField(max_length=10)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=150)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("message_id", models.BigIntegerField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.case",
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
                "db_table": "cases_callback_link",
                "indexes": [models.Index(fields=["case"], name="cases_link_case")],
                "constraints": [models.UniqueConstraint(fields=("code_hash",), name="cases_link_code")],
            },
        ),
    ]
