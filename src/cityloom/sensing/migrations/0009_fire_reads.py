"""Who looked at the contacts of a watched building."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0011_reader_words"),
        ("sensing", "0008_feed_turns"),
    ]

    operations = [
        migrations.CreateModel(
            name="FireRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("by_login", models.CharField(max_length=150)),
                ("by_role", models.CharField(max_length=30)),
                ("by_unit", models.CharField(blank=True, default="", max_length=100)),
                ("reason", models.CharField(max_length=40)),
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
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.firesite",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_fire_read",
                "indexes": [models.Index(fields=["site", "-id"], name="sensing_fire_read_site")],
            },
        ),
    ]
