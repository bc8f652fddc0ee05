"""Bikes that stand out of any place, and the plans of watched buildings."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0011_reader_words"),
        ("sensing", "0011_device_history_only_grows"),
    ]

    operations = [
        migrations.CreateModel(
            name="FirePlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("floor", models.CharField(blank=True, default="", max_length=40)),
                ("form", models.CharField(max_length=10)),
                ("width", models.IntegerField()),
                ("height", models.IntegerField()),
                ("picture", models.BinaryField()),
                ("digest", models.CharField(max_length=64)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "sensing_fire_plan",
            },
        ),
        migrations.AddField(
            model_name="overflow",
            name="cell",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="overflow",
            name="lat",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="overflow",
            name="lon",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="overflow",
            name="name",
            field=models.CharField(blank=True, default="", max_length=300),
        ),
        migrations.AddField(
            model_name="vehicle",
            name="cell",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="overflow",
            name="fence",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.fence"
            ),
        ),
        migrations.AddConstraint(
            model_name="overflow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cleared_at", None)),
                fields=("city", "operator", "cell"),
                name="sensing_overflow_open_outside",
            ),
        ),
        migrations.AddConstraint(
            model_name="overflow",
            constraint=models.CheckConstraint(
                condition=models.Q(("fence", None), ("cell", None), _connector="XOR"),
                name="sensing_overflow_somewhere",
            ),
        ),
        migrations.AddField(
            model_name="fireplan",
            name="site",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.firesite"
            ),
        ),
        migrations.AddConstraint(
            model_name="fireplan",
            constraint=models.UniqueConstraint(fields=("site", "floor"), name="sensing_fire_plan_once"),
        ),
    ]
