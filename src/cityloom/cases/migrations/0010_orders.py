"""Tables of supervision orders and of their history."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0009_hard_cases"),
        ("city", "0003_account_events_only_grow"),
    ]

    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("year", models.IntegerField()),
                ("serial", models.IntegerField()),
                ("subject", models.CharField(max_length=10)),
                ("title", models.CharField(max_length=200)),
                ("level", models.CharField(max_length=20)),
                ("issuer_login", models.CharField(max_length=150)),
                ("issuer_role", models.CharField(max_length=30)),
                ("issuer_unit", models.CharField(max_length=100)),
                ("state", models.CharField(max_length=20)),
                (
                    "units",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None),
                ),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None),
                ),
                ("issued_at", models.DateTimeField()),
                ("amount", models.FloatField()),
                ("limit_unit", models.CharField(max_length=20)),
                ("due_at", models.DateTimeField()),
                ("case_id", models.BigIntegerField(null=True)),
                ("case_number", models.CharField(max_length=40, null=True)),
                ("topic", models.JSONField()),
                ("provisional", models.BooleanField()),
                ("answers", models.JSONField()),
                ("asked", models.JSONField()),
                ("overdue", models.BooleanField()),
                ("warn_at", models.JSONField()),
                ("fires_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(max_length=150)),
                ("version", models.IntegerField()),
                ("seq", models.IntegerField()),
                ("head", models.BinaryField()),
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
                "db_table": "cases_order",
            },
        ),
        migrations.CreateModel(
            name="OrderEntry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("seq", models.IntegerField()),
                ("move", models.CharField(max_length=30)),
                ("from_state", models.CharField(max_length=20)),
                ("to_state", models.CharField(max_length=20)),
                ("by_login", models.CharField(max_length=150)),
                ("by_role", models.CharField(max_length=30)),
                ("by_unit", models.CharField(max_length=100)),
                ("reason", models.JSONField()),
                ("changes", models.JSONField()),
                ("recorded_at", models.DateTimeField()),
                ("previous", models.BinaryField()),
                ("hash", models.BinaryField()),
                ("version", models.IntegerField()),
                ("text", models.TextField(null=True)),
                ("text_salt", models.BinaryField(null=True)),
                ("text_digest", models.BinaryField(null=True)),
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
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.order",
                    ),
                ),
            ],
            options={
                "db_table": "cases_order_entry",
            },
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("case_id", None), _negated=True), fields=["case_id"], name="cases_order_case"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("fires_at", None), _negated=True),
                fields=["fires_at", "id"],
                name="cases_order_fires",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["city", "due_at"], name="cases_order_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(fields=("city", "year", "serial"), name="cases_order_number"),
        ),
        migrations.AddConstraint(
            model_name="orderentry",
            constraint=models.UniqueConstraint(fields=("order", "seq"), name="cases_order_entry_seq"),
        ),
    ]
