"""Signed roots with their leaves, samples, results and exports of an audit."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0015_precedents"),
        ("city", "0004_signatures"),
    ]

    operations = [
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
            model_name="auditsample",
            index=models.Index(fields=["city", "-id"], name="cases_audit_sample_city"),
        ),
        migrations.AddIndex(
            model_name="auditnote",
            index=models.Index(fields=["sample", "id"], name="cases_audit_note_sample"),
        ),
        migrations.AddConstraint(
            model_name="root",
            constraint=models.UniqueConstraint(fields=("city", "serial"), name="cases_root_serial"),
        ),
        migrations.AddIndex(
            model_name="rootleaf",
            index=models.Index(fields=["city", "serial"], name="cases_root_leaf_serial"),
        ),
    ]
