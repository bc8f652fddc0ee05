"""Webhooks: who is told what happens to cases, and each message to each of them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0001_initial"),
        ("exchange", "0003_what_changed_since"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=500)),
                ("description", models.CharField(max_length=200)),
                ("login", models.CharField(max_length=150)),
                ("role", models.CharField(max_length=20)),
                ("unit", models.CharField(blank=True, max_length=100)),
                ("area", models.CharField(blank=True, max_length=100)),
                (
                    "moves",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
                ),
                (
                    "units",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None),
                ),
                (
                    "areas",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None),
                ),
                ("state", models.CharField(max_length=10)),
                ("reason", models.JSONField(default=dict)),
                ("version", models.IntegerField(default=1)),
                ("secret_sealed", models.BinaryField()),
                ("old_secret_sealed", models.BinaryField(default=b"")),
                ("old_until", models.DateTimeField(null=True)),
                ("key_mark", models.BinaryField()),
                ("failures", models.IntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("probe_at", models.DateTimeField(null=True)),
                ("last_success_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=150)),
                ("changed_at", models.DateTimeField()),
                ("changed_by", models.CharField(max_length=150)),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "exchange_webhook",
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event", models.CharField(max_length=40)),
                ("topic", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=80)),
                ("seq", models.IntegerField()),
                ("body", models.TextField()),
                ("state", models.CharField(max_length=10)),
                ("attempts", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("tried_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("status", models.IntegerField(null=True)),
                ("duration_ms", models.IntegerField(null=True)),
                ("answer", models.CharField(blank=True, max_length=200)),
                ("reason", models.JSONField(default=dict)),
                ("first_id", models.BigIntegerField(null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="exchange.webhook",
                    ),
                ),
            ],
            options={
                "db_table": "exchange_webhook_delivery",
            },
        ),
        migrations.AddIndex(
            model_name="webhook",
            index=models.Index(fields=["city", "state"], name="exchange_webhook_state"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sending"])),
                fields=["webhook", "next_at", "id"],
                name="exchange_delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sending"])),
                fields=["webhook", "key", "seq"],
                name="exchange_delivery_order",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["webhook", "id"], name="exchange_delivery_list"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["webhook", "state", "id"], name="exchange_delivery_state"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("first_id", None), _negated=True),
                fields=["first_id"],
                name="exchange_delivery_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("first_id", None)), fields=("webhook", "event"), name="exchange_delivery_once"
            ),
        ),
    ]
