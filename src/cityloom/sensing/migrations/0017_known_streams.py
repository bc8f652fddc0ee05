"""Since when streams are known is noted by ranges of their numbers; rows that ingest renews have room to grow.

Half of each page is left free, so that a new time of a stream stays on its page and touches none of six indexes.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("city", "0011_reader_words"), ("sensing", "0016_fire_changes_only_grow")]
    operations = [
        migrations.CreateModel(
            name="KnownStreams",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("highest", models.BigIntegerField()),
                ("since", models.DateTimeField()),
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
            options={"db_table": "sensing_known_streams"},
        ),
        migrations.AddConstraint(
            "knownstreams",
            models.UniqueConstraint(fields=("city", "highest"), name="sensing_known_streams_once"),
        ),
        migrations.RunSQL(
            "INSERT INTO sensing_known_streams (city_id, highest, since) SELECT s.city_id, max(s.id), k.since "
            "FROM sensing_known_stream k JOIN sensing_stream s ON s.id = k.stream GROUP BY s.city_id, k.since"
        ),
        migrations.DeleteModel("KnownStream"),
        migrations.RunSQL(
            "ALTER TABLE sensing_stream SET (fillfactor = 50); ALTER TABLE sensing_device SET (fillfactor = 50)"
        ),
    ]
