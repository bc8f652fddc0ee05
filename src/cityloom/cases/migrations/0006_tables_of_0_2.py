"""Tables and columns that release 0.2 adds: people's data, hard cases, orders, registers, audit, field, models.

What a reporter had agreed to for a purpose holds for name and phone and for being called back. Reports that are
there already are marked as not looked through; the worker masks them some at a time.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from cityloom.base.at_once import AtOnce

TABLES = [
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
    migrations.CreateModel(
        name="GoneFile",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("file", models.CharField(max_length=200)),
            ("since", models.DateTimeField()),
        ],
        options={
            "db_table": "cases_gone_file",
        },
    ),
    migrations.CreateModel(
        name="LegalHold",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("reason", models.CharField(max_length=60)),
            ("by_login", models.CharField(max_length=150)),
            ("set_at", models.DateTimeField()),
            ("lifted_by", models.CharField(max_length=150)),
            ("lifted_at", models.DateTimeField(null=True)),
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
            "db_table": "cases_hold",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("lifted_at", None)), fields=("case",), name="cases_hold_one"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="RelayMessage",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("report_id", models.BigIntegerField()),
            ("side", models.CharField(max_length=10)),
            ("by_login", models.CharField(max_length=150)),
            ("by_unit", models.CharField(max_length=100)),
            ("text_sealed", models.BinaryField()),
            ("key_mark", models.BinaryField()),
            ("salt", models.BinaryField(null=True)),
            ("digest", models.BinaryField()),
            ("hidden", models.IntegerField()),
            ("sent_at", models.DateTimeField()),
            ("read_at", models.DateTimeField(null=True)),
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
            "db_table": "cases_relay",
            "indexes": [
                models.Index(fields=["case", "id"], name="cases_relay_case"),
                models.Index(fields=["key_mark", "id"], name="cases_relay_key"),
            ],
        },
    ),
    migrations.CreateModel(
        name="RightsRequest",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("kind", models.CharField(max_length=10)),
            ("report_id", models.BigIntegerField()),
            (
                "reporter_ids",
                django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
            ),
            ("asked_by", models.CharField(max_length=150)),
            ("asked_at", models.DateTimeField()),
            ("due_at", models.DateTimeField()),
            ("wish_sealed", models.BinaryField(default=b"")),
            ("key_mark", models.BinaryField(default=b"")),
            ("state", models.CharField(max_length=10)),
            ("reason", models.CharField(max_length=60)),
            ("decided_by", models.CharField(max_length=150)),
            ("decided_at", models.DateTimeField(null=True)),
            ("done", models.JSONField(default=dict)),
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
            "db_table": "cases_rights_request",
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "open")),
                    fields=["city", "due_at", "id"],
                    name="cases_rights_open",
                ),
                models.Index(fields=["report_id"], name="cases_rights_report"),
                models.Index(fields=["key_mark", "id"], name="cases_rights_key"),
            ],
        },
    ),
    migrations.AddField(
        model_name="case",
        name="complained_about",
        field=django.contrib.postgres.fields.ArrayField(
            base_field=models.CharField(max_length=100), default=list, size=None
        ),
    ),
    migrations.AddField(
        model_name="photo",
        name="screened",
        field=models.BooleanField(default=False),
    ),
    migrations.AddField(
        model_name="reporter",
        name="address_sealed",
        field=models.BinaryField(default=b""),
    ),
    migrations.AddField(
        model_name="reporter",
        name="consents",
        field=django.contrib.postgres.fields.ArrayField(
            base_field=models.CharField(max_length=20), default=list, size=None
        ),
    ),
    migrations.AddField(
        model_name="reporter",
        name="key_mark",
        field=models.BinaryField(default=b""),
    ),
    migrations.AddField(
        model_name="reporter",
        name="language",
        field=models.CharField(default="", max_length=10),
    ),
    migrations.AddField(
        model_name="reporter",
        name="purposes",
        field=models.JSONField(default=dict),
    ),
    migrations.AddField(
        model_name="reporter",
        name="quiet_hours",
        field=models.CharField(default="", max_length=30),
    ),
    migrations.AddField(
        model_name="reporter",
        name="sensitive",
        field=models.BooleanField(default=False),
    ),
    migrations.AddField(
        model_name="reporter",
        name="under_14",
        field=models.BooleanField(default=False),
    ),
    migrations.AddField(
        model_name="reporterread",
        name="by_unit",
        field=models.CharField(default="", max_length=100),
    ),
    migrations.AddField(
        model_name="reporterread",
        name="fields",
        field=django.contrib.postgres.fields.ArrayField(
            base_field=models.CharField(max_length=20), default=list, size=None
        ),
    ),
    migrations.AddIndex(
        model_name="reporter",
        index=models.Index(fields=["key_mark", "id"], name="cases_reporter_key"),
    ),
    migrations.AddIndex(
        model_name="reporterread",
        index=models.Index(fields=["at"], name="cases_reporter_read_at"),
    ),
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
            "indexes": [
                models.Index(
                    condition=models.Q(("case_id", None), _negated=True),
                    fields=["case_id"],
                    name="cases_order_case",
                ),
                models.Index(
                    condition=models.Q(("fires_at", None), _negated=True),
                    fields=["fires_at", "id"],
                    name="cases_order_fires",
                ),
                models.Index(
                    condition=models.Q(("closed_at", None)),
                    fields=["city", "due_at"],
                    name="cases_order_open",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("city", "year", "serial"), name="cases_order_number")],
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
            "constraints": [models.UniqueConstraint(fields=("order", "seq"), name="cases_order_entry_seq")],
        },
    ),
    migrations.AddField(
        model_name="report",
        name="contacted",
        field=models.CharField(max_length=10, null=True),
    ),
    migrations.AddField(
        model_name="report",
        name="unsatisfied_why",
        field=models.CharField(max_length=30, null=True),
    ),
    migrations.AddField(
        model_name="report",
        name="callback_channel",
        field=models.CharField(max_length=10, null=True),
    ),
    migrations.AddField(
        model_name="report",
        name="callback_result",
        field=models.CharField(max_length=20, null=True),
    ),
    migrations.AddField(
        model_name="report",
        name="callback_next_at",
        field=models.DateTimeField(null=True),
    ),
    migrations.AddIndex(
        model_name="report",
        index=models.Index(
            condition=models.Q(("state", "due_callback")),
            fields=["city", "id"],
            name="cases_report_callback",
        ),
    ),
    migrations.AddIndex(
        model_name="report",
        index=models.Index(
            condition=models.Q(("callback_at", None), _negated=True),
            fields=["city", "callback_at"],
            name="cases_report_called",
        ),
    ),
    migrations.CreateModel(
        name="CallbackLink",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            (
                "report_ids",
                django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
            ),
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
    migrations.CreateModel(
        name="RegisterRead",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("record_id", models.BigIntegerField()),
            ("check_id", models.BigIntegerField()),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=30)),
            ("at", models.DateTimeField()),
        ],
        options={
            "db_table": "cases_register_read",
            "indexes": [models.Index(fields=["record_id"], name="cases_register_read_of")],
        },
    ),
    migrations.CreateModel(
        name="RegisterRecord",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("kind", models.CharField(max_length=40)),
            ("code", models.CharField(max_length=100)),
            ("fields", models.JSONField()),
            ("sealed", models.BinaryField(null=True)),
            ("said", models.BinaryField()),
            ("lon", models.FloatField(null=True)),
            ("lat", models.FloatField(null=True)),
            ("area", models.CharField(max_length=100, null=True)),
            (
                "areas",
                django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None),
            ),
            ("address", models.CharField(max_length=300)),
            ("state", models.CharField(max_length=10)),
            ("verified_at", models.DateTimeField(null=True)),
            ("due_on", models.DateField(null=True)),
            ("loaded_at", models.DateTimeField()),
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
            "db_table": "cases_register_record",
            "indexes": [
                models.Index(
                    condition=models.Q(("due_on", None), _negated=True),
                    fields=["city", "kind", "due_on", "id"],
                    name="cases_register_due",
                ),
                django.contrib.postgres.indexes.GinIndex(fields=["areas"], name="cases_register_areas"),
            ],
            "constraints": [models.UniqueConstraint(fields=("city", "kind", "code"), name="cases_register_code")],
        },
    ),
    migrations.CreateModel(
        name="RegisterCheck",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("kind", models.CharField(max_length=40)),
            ("why", models.JSONField()),
            ("asked_by", models.CharField(max_length=150)),
            ("asked_at", models.DateTimeField()),
            ("due_on", models.DateField()),
            ("worker", models.CharField(max_length=150)),
            ("rank", models.IntegerField()),
            ("outcome", models.CharField(max_length=20)),
            ("corrections", models.JSONField()),
            ("sealed_corrections", models.BinaryField(null=True)),
            ("note", models.TextField()),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=30)),
            ("at", models.DateTimeField(null=True)),
            ("case_number", models.CharField(max_length=40)),
            ("photo", models.CharField(max_length=200)),
            ("photo_sha256", models.BinaryField(null=True)),
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
                "record",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="cases.registerrecord",
                ),
            ),
        ],
        options={
            "db_table": "cases_register_check",
            "indexes": [
                models.Index(fields=["record", "id"], name="cases_register_checks_of"),
                models.Index(
                    condition=models.Q(("outcome", "")),
                    fields=["city", "worker", "rank"],
                    name="cases_register_round",
                ),
                models.Index(
                    condition=models.Q(("outcome", ""), _negated=True),
                    fields=["city", "by_login", "at"],
                    name="cases_register_done",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("outcome", "")),
                    fields=("record",),
                    name="cases_register_one_check",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Register",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("kind", models.CharField(max_length=40)),
            ("spec", models.JSONField()),
            ("loaded_at", models.DateTimeField()),
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
            "db_table": "cases_register",
            "constraints": [models.UniqueConstraint(fields=("city", "kind"), name="cases_register_kind")],
        },
    ),
    migrations.CreateModel(
        name="Precedent",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("number", models.CharField(max_length=40)),
            ("class_code", models.CharField(max_length=100, null=True)),
            ("area", models.CharField(max_length=100, null=True)),
            ("component_code", models.CharField(max_length=100, null=True)),
            ("from_unit", models.CharField(max_length=100)),
            ("to_unit", models.CharField(max_length=100)),
            ("kind", models.CharField(max_length=10)),
            ("reason", models.JSONField()),
            ("rule", models.TextField()),
            ("request_id", models.BigIntegerField(null=True)),
            ("proposed", models.JSONField()),
            ("state", models.CharField(max_length=10)),
            ("ruled_by", models.CharField(max_length=150)),
            ("ruled_role", models.CharField(max_length=30)),
            ("ruled_at", models.DateTimeField()),
            ("settled_by", models.CharField(max_length=150)),
            ("settled_at", models.DateTimeField(null=True)),
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
            "db_table": "cases_precedent",
            "indexes": [
                models.Index(fields=["city", "class_code", "ruled_at"], name="cases_precedent_class"),
                models.Index(fields=["city", "state", "ruled_at"], name="cases_precedent_state"),
                models.Index(fields=["case"], name="cases_precedent_case"),
            ],
        },
    ),
    migrations.CreateModel(
        name="AuditSample",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("seed", models.CharField(max_length=100)),
            ("asked", models.JSONField()),
            ("found", models.IntegerField()),
            (
                "numbers",
                django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
            ),
            ("root_serial", models.IntegerField(null=True)),
            ("by_login", models.CharField(max_length=150)),
            ("drawn_at", models.DateTimeField()),
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
            "db_table": "cases_audit_sample",
            "indexes": [models.Index(fields=["city", "-id"], name="cases_audit_sample_city")],
        },
    ),
    migrations.CreateModel(
        name="AuditNote",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("case_number", models.CharField(max_length=40)),
            ("result", models.CharField(max_length=20)),
            ("note", models.TextField()),
            ("by_login", models.CharField(max_length=150)),
            ("at", models.DateTimeField()),
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
                "sample",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="cases.auditsample",
                ),
            ),
        ],
        options={
            "db_table": "cases_audit_note",
            "indexes": [models.Index(fields=["sample", "id"], name="cases_audit_note_sample")],
        },
    ),
    migrations.CreateModel(
        name="Root",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("serial", models.IntegerField()),
            ("day", models.DateField()),
            ("cases", models.BigIntegerField()),
            ("orders", models.BigIntegerField()),
            ("logs", models.BigIntegerField()),
            ("highest_case_id", models.BigIntegerField()),
            ("entries", models.BigIntegerField()),
            ("tree", models.BinaryField()),
            ("leaves", models.BinaryField()),
            ("previous", models.BinaryField()),
            ("accepts_late", models.CharField(default="", max_length=300)),
            ("made_at", models.DateTimeField()),
            ("hash", models.BinaryField()),
            ("key", models.CharField(max_length=60)),
            ("signature", models.BinaryField()),
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
            "db_table": "cases_root",
            "constraints": [models.UniqueConstraint(fields=("city", "serial"), name="cases_root_serial")],
        },
    ),
    migrations.CreateModel(
        name="RootLeaf",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "city",
                    "kind",
                    "chain_id",
                    "serial",
                    blank=True,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                ),
            ),
            ("kind", models.CharField(max_length=20)),
            ("chain_id", models.BigIntegerField()),
            ("serial", models.IntegerField()),
            ("number", models.CharField(max_length=60)),
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
            "db_table": "cases_root_leaf",
            "indexes": [models.Index(fields=["city", "serial"], name="cases_root_leaf_serial")],
        },
    ),
    migrations.CreateModel(
        name="AuditExport",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("what", models.CharField(max_length=20)),
            ("asked", models.JSONField()),
            ("rows", models.IntegerField()),
            ("digest", models.BinaryField()),
            ("key", models.CharField(max_length=60)),
            ("signature", models.BinaryField()),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=40)),
            ("at", models.DateTimeField()),
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
            "db_table": "cases_audit_export",
            "indexes": [models.Index(fields=["city", "-id"], name="cases_audit_export_city")],
        },
    ),
    migrations.AddIndex(
        model_name="report",
        index=models.Index(
            condition=models.Q(("split_from", None), _negated=True),
            fields=["split_from"],
            name="cases_report_split",
        ),
    ),
    migrations.AddIndex(
        model_name="case",
        index=models.Index(
            condition=models.Q(("closed_at", None), _negated=True),
            fields=["city", "closed_at"],
            name="cases_closed_day",
        ),
    ),
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
            "constraints": [models.UniqueConstraint(fields=("city", "res", "cell", "area"), name="cases_cell_once")],
        },
    ),
    migrations.CreateModel(
        name="Original",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("sealed", models.BinaryField()),
            ("key_mark", models.BinaryField()),
            ("kept_at", models.DateTimeField()),
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
            "db_table": "cases_original",
            "indexes": [models.Index(fields=["key_mark", "id"], name="cases_original_key")],
        },
    ),
    migrations.AddField(
        model_name="report",
        name="words_masked",
        field=models.BooleanField(default=False),
    ),
    migrations.AddIndex(
        model_name="report",
        index=models.Index(condition=models.Q(("words_masked", False)), fields=["id"], name="cases_report_unmasked"),
    ),
    migrations.CreateModel(
        name="ModelUse",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("name", models.CharField(blank=True, max_length=100)),
            ("at", models.DateTimeField()),
            ("by_login", models.CharField(max_length=150)),
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
            "db_table": "cases_model_use",
            "indexes": [models.Index(fields=["city", "-id"], name="cases_model_use_last")],
        },
    ),
    migrations.CreateModel(
        name="TrainedModel",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("name", models.CharField(max_length=100)),
            ("card", models.JSONField()),
            ("content", models.BinaryField()),
            ("added_at", models.DateTimeField()),
            ("added_by", models.CharField(max_length=150)),
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
            "db_table": "cases_model",
            "constraints": [models.UniqueConstraint(fields=("city", "name"), name="cases_model_once")],
        },
    ),
    migrations.AddField(
        model_name="report",
        name="reading",
        field=models.JSONField(null=True),
    ),
    migrations.CreateModel(
        name="Patrol",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("login", models.CharField(max_length=150)),
            ("area", models.CharField(max_length=100, null=True)),
            (
                "areas",
                django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), size=None),
            ),
            ("day", models.DateField()),
            ("consent", models.CharField(max_length=20)),
            ("started_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("withdrawn_at", models.DateTimeField(null=True)),
            ("touched", models.IntegerField(null=True)),
            ("whole", models.IntegerField(null=True)),
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
            "db_table": "cases_patrol",
            "indexes": [models.Index(fields=["city", "day", "login"], name="cases_patrol_day")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ended_at", None)),
                    fields=("city", "login"),
                    name="cases_patrol_one_at_a_time",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="PatrolPoint",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "patrol", "at", blank=True, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("at", models.DateTimeField()),
            ("lon", models.FloatField()),
            ("lat", models.FloatField()),
            ("accuracy_m", models.IntegerField()),
            ("grid", models.CharField(max_length=100, null=True)),
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
                "patrol",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="cases.patrol",
                ),
            ),
        ],
        options={
            "db_table": "cases_patrol_point",
            "indexes": [models.Index(fields=["city", "at"], name="cases_patrol_point_at")],
        },
    ),
    migrations.CreateModel(
        name="PatrolRead",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("patrol_id", models.BigIntegerField()),
            ("login", models.CharField(max_length=150)),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=30)),
            ("at", models.DateTimeField()),
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
            "db_table": "cases_patrol_read",
            "indexes": [models.Index(fields=["city", "at"], name="cases_patrol_read_at")],
        },
    ),
    migrations.CreateModel(
        name="FieldSending",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("key", models.UUIDField()),
            ("by_login", models.CharField(max_length=150)),
            ("what", models.CharField(max_length=20)),
            ("subject", models.CharField(max_length=60)),
            ("answer", models.JSONField(default=dict)),
            ("done_at", models.DateTimeField(null=True)),
            ("arrived_at", models.DateTimeField(null=True)),
            ("metres", models.IntegerField(null=True)),
            ("sent_at", models.DateTimeField()),
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
            "db_table": "cases_field_sending",
            "indexes": [models.Index(fields=["sent_at"], name="cases_field_sent")],
            "constraints": [models.UniqueConstraint(fields=("city", "key"), name="cases_field_key")],
        },
    ),
    migrations.AddField(
        model_name="case",
        name="repeat_of",
        field=models.CharField(max_length=40, null=True),
    ),
    migrations.AddField(
        model_name="case",
        name="repeat_why",
        field=models.JSONField(null=True),
    ),
    migrations.AddField(
        model_name="case",
        name="sign_stands",
        field=models.BooleanField(db_default=False, default=False),
    ),
]

PURPOSES = """
UPDATE cases_reporter SET consents = '{callback}', purposes =
    jsonb_build_object('name', jsonb_build_array(purpose), 'phone', jsonb_build_array(purpose))
"""


class Migration(migrations.Migration):
    replaces = [
        ("cases", name)
        for name in (
            "0006_handover",
            "0007_people",
            "0009_hard_cases",
            "0010_orders",
            "0012_callbacks",
            "0013_registers",
            "0015_precedents",
            "0016_audit",
            "0018_words_said_again",
            "0019_closed_day",
            "0020_cells",
            "0022_words_masked",
            "0023_trained_models",
            "0024_reading",
            "0025_field",
            "0026_repeats",
            "0027_sign_stands",
        )
    ]
    dependencies = [("cases", "0005_city_checked_on_the_case"), ("city", "0002_tables_of_0_2")]
    operations = [AtOnce(TABLES), migrations.RunSQL(PURPOSES), migrations.RemoveField("reporter", "purpose")]
