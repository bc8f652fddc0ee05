"""Tables of imports, partners' Open311 servers and webhooks, and what finds changed and reopened cases.

Entries are added in the order of their recording, so an index of block ranges tells where to look for what changed
since a moment, as every Open311 client that follows asks. It takes some 80 kB for five million entries, and adding
an entry pays next to nothing for it. Open cases that were reopened are found without reading all open work, as
every feed asks.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from cityloom.base.at_once import AtOnce

TABLES = [
    migrations.CreateModel(
        name="IdempotencyKey",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("owner", models.CharField(max_length=40)),
            ("key", models.CharField(max_length=200)),
            ("digest", models.BinaryField()),
            ("answer", models.JSONField(default=dict)),
            ("created_at", models.DateTimeField()),
        ],
        options={
            "db_table": "exchange_idempotency_key",
            "indexes": [models.Index(fields=["created_at"], name="exchange_key_created")],
            "constraints": [models.UniqueConstraint(fields=("owner", "key"), name="exchange_key_once")],
        },
    ),
    migrations.CreateModel(
        name="ApiToken",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("prefix", models.CharField(max_length=16, unique=True)),
            ("digest", models.BinaryField()),
            ("name", models.CharField(max_length=100)),
            ("login", models.CharField(max_length=150)),
            ("role", models.CharField(max_length=20)),
            ("unit", models.CharField(blank=True, max_length=100)),
            ("area", models.CharField(blank=True, max_length=100)),
            ("is_service", models.BooleanField(default=False)),
            (
                "scopes",
                django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
            ),
            ("created_at", models.DateTimeField()),
            ("created_by", models.CharField(max_length=150)),
            ("expires_at", models.DateTimeField(null=True)),
            ("last_used_at", models.DateTimeField(null=True)),
            ("revoked_at", models.DateTimeField(null=True)),
            ("revoked_by", models.CharField(blank=True, max_length=150)),
            (
                "city",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "exchange_api_token",
            "indexes": [models.Index(fields=["city", "login"], name="exchange_token_login")],
        },
    ),
    migrations.CreateModel(
        name="Open311Cursor",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("partner", models.CharField(max_length=100)),
            ("updated_at", models.DateTimeField()),
            ("read_at", models.DateTimeField()),
            (
                "city",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "exchange_open311_cursor",
            "constraints": [models.UniqueConstraint(fields=("city", "partner"), name="exchange_open311_cursor_once")],
        },
    ),
    migrations.CreateModel(
        name="Webhook",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "exchange_webhook",
            "indexes": [models.Index(fields=["city", "state"], name="exchange_webhook_state")],
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
            "indexes": [
                models.Index(
                    condition=models.Q(("state__in", ["waiting", "sending"])),
                    fields=["webhook", "next_at", "id"],
                    name="exchange_delivery_due",
                ),
                models.Index(
                    condition=models.Q(("state__in", ["waiting", "sending"])),
                    fields=["webhook", "key", "seq"],
                    name="exchange_delivery_order",
                ),
                models.Index(fields=["webhook", "id"], name="exchange_delivery_list"),
                models.Index(fields=["webhook", "state", "id"], name="exchange_delivery_state"),
                models.Index(
                    condition=models.Q(("first_id", None), _negated=True),
                    fields=["first_id"],
                    name="exchange_delivery_first",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("first_id", None)),
                    fields=("webhook", "event"),
                    name="exchange_delivery_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Open311Ending",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "exchange_open311_ending",
            "constraints": [
                models.UniqueConstraint(fields=("city", "partner", "their_id"), name="exchange_open311_ending_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="Open311Round",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("partner", models.CharField(max_length=100)),
            ("next_at", models.DateTimeField()),
            ("answered_at", models.DateTimeField(null=True)),
            ("silent_since", models.DateTimeField(null=True)),
            ("failures", models.IntegerField(default=0)),
            ("reason", models.CharField(blank=True, max_length=60)),
            (
                "city",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "exchange_open311_round",
            "constraints": [models.UniqueConstraint(fields=("city", "partner"), name="exchange_open311_round_once")],
        },
    ),
]

FOUND = """
CREATE INDEX exchange_entry_recorded ON cases_entry USING brin (recorded_at);
CREATE INDEX exchange_reopened ON cases_case (city_id, id) WHERE closed_at IS NULL AND reopen_count > 0;
"""


class Migration(migrations.Migration):
    replaces = [
        ("exchange", name)
        for name in (
            "0001_initial",
            "0002_open311",
            "0003_what_changed_since",
            "0004_webhooks",
            "0005_open311_rounds",
            "0006_reopened_cases",
        )
    ]
    dependencies = [("city", "0002_tables_of_0_2"), ("cases", "0007_guards_of_0_2")]
    operations = [AtOnce(TABLES), migrations.RunSQL(FOUND)]
