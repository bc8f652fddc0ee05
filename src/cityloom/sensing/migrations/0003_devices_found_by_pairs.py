"""A device is found by any part of its code or names: an index of the pairs of letters that stand beside each other.

Pairs and not three letters, as Chinese words are mostly two; and no extension, which not every server has. A new
time of a device changes none of these columns, so it still touches no index. The function is told to be dear, so that
it is asked of the index and not row by row.
"""

from django.db import migrations

PAIRS = r"""
CREATE FUNCTION sensing_pairs(said text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
    RETURN ARRAY(SELECT substr(low, n, 2) FROM lower(said) low, generate_series(1, length(low) - 1) n);
CREATE INDEX sensing_device_pairs ON sensing_device
    USING gin (sensing_pairs(code || E'\n' || name_zh || E'\n' || name_en));
"""
GONE = "DROP INDEX sensing_device_pairs; DROP FUNCTION sensing_pairs;"


class Migration(migrations.Migration):
    dependencies = [("sensing", "0002_readings_and_guards")]

    operations = [migrations.RunSQL(PAIRS, GONE)]
