"""What streams of several processes show to rules that combine them, and how far each process is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0011_reader_words"),
        ("sensing", "0012_bikes_outside_and_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="offset",
            name="heard_ms",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="Combination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("parts", models.IntegerField()),
                ("state", models.JSONField()),
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
                "db_table": "sensing_combination",
                "constraints": [models.UniqueConstraint(fields=("city", "parts"), name="sensing_combination_once")],
            },
        ),
        migrations.CreateModel(
            name="Condition",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("log", models.CharField(max_length=100)),
                ("sequence", models.BigIntegerField()),
                ("rule", models.CharField(max_length=100)),
                ("device", models.BigIntegerField()),
                ("raised", models.BooleanField()),
                ("at_ms", models.BigIntegerField()),
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
                "db_table": "sensing_condition",
                "indexes": [models.Index(fields=["city", "sequence", "id"], name="sensing_condition_order")],
            },
        ),
    ]
