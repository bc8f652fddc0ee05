"""People's data: purposes and consents by field, relay, rights requests, holds, whom a complaint is about."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_handover"),
        ("city", "0003_account_events_only_grow"),
    ]

    operations = [
        migrations.CreateModel(
            name="GoneFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
            ],
            options={
                "db_table": "cases_hold",
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
            ],
            options={
                "db_table": "cases_relay",
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
            ],
            options={
                "db_table": "cases_rights_request",
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
            model_name="legalhold",
            name="case",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
        migrations.AddField(
            model_name="relaymessage",
            name="case",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="relaymessage",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="case",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case"
            ),
        ),
        migrations.AddField(
            model_name="rightsrequest",
            name="city",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="city.city",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)), fields=("case",), name="cases_hold_one"
            ),
        ),
        migrations.AddIndex(
            model_name="relaymessage",
            index=models.Index(fields=["case", "id"], name="cases_relay_case"),
        ),
        migrations.AddIndex(
            model_name="relaymessage",
            index=models.Index(fields=["key_mark", "id"], name="cases_relay_key"),
        ),
        migrations.AddIndex(
            model_name="rightsrequest",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["city", "due_at", "id"], name="cases_rights_open"
            ),
        ),
        migrations.AddIndex(
            model_name="rightsrequest",
            index=models.Index(fields=["report_id"], name="cases_rights_report"),
        ),
        migrations.AddIndex(
            model_name="rightsrequest",
            index=models.Index(fields=["key_mark", "id"], name="cases_rights_key"),
        ),
        migrations.RunSQL(
            "UPDATE cases_reporter SET purposes = jsonb_build_object("
            "'name', jsonb_build_array(purpose), 'phone', jsonb_build_array(purpose)), consents = '{callback}'",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(
            model_name="reporter",
            name="purpose",
        ),
    ]
