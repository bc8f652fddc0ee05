"""Readings lie in partitions by day, which are made as days come; found by where they were written, not by a key.

Each batch is written in the order of stream and time, so that block ranges tell both: no entry per row is kept.
"""

from django.db import migrations

TABLE = """
CREATE TABLE sensing_reading (stream bigint NOT NULL, at timestamptz NOT NULL, value double precision NOT NULL)
    PARTITION BY RANGE (at);
CREATE INDEX sensing_reading_at ON sensing_reading USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX sensing_reading_stream ON sensing_reading
    USING brin (stream) WITH (pages_per_range = 8, autosummarize = on);
"""
UNDO = "DROP TABLE sensing_reading;"


class Migration(migrations.Migration):
    dependencies = [("sensing", "0001_registry")]
    operations = [migrations.RunSQL(TABLE, UNDO)]
