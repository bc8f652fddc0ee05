"""What was changed about the plans of watched buildings and the devices on them, and by whom."""

import django.db.models.deletion
from django.db import migrations, models

_KEY = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "db_index": False}


class Migration(migrations.Migration):
    dependencies = [("city", "0011_reader_words"), ("sensing", "0014_mended_streams")]
    operations = [
        migrations.CreateModel(
            name="FireChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("floor", models.CharField(max_length=40)),
                ("device", models.CharField(blank=True, default="", max_length=100)),
                ("x", models.FloatField(null=True)),
                ("y", models.FloatField(null=True)),
                ("digest", models.CharField(blank=True, default="", max_length=64)),
                ("by_login", models.CharField(max_length=150)),
                ("by_role", models.CharField(max_length=30)),
                ("by_unit", models.CharField(blank=True, default="", max_length=100)),
                ("at", models.DateTimeField()),
                ("city", models.ForeignKey(db_constraint=False, to="city.city", **_KEY)),
                ("site", models.ForeignKey(to="sensing.firesite", **_KEY)),
            ],
            options={
                "db_table": "sensing_fire_change",
                "indexes": [models.Index(fields=["site", "-id"], name="sensing_fire_change_site")],
            },
        ),
    ]
