"""Readings lie in partitions by day; what happened to alarms, devices and plans, and who looked, is never changed.

Partitions are made as days come. A reading is found by where it was written, not by a key: each batch is written in
the order of stream and time, so that block ranges tell both and no entry per row is kept. Half of each page of
streams and devices is left free, so that a new time of a stream stays on its page and touches none of six indexes.
"""

from django.db import migrations

READINGS = """
CREATE TABLE sensing_reading (stream bigint NOT NULL, at timestamptz NOT NULL, value double precision NOT NULL)
    PARTITION BY RANGE (at);
CREATE INDEX sensing_reading_at ON sensing_reading USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX sensing_reading_stream ON sensing_reading
    USING brin (stream) WITH (pages_per_range = 8, autosummarize = on);
"""

ALARMS_ONLY_GROW = """
CREATE FUNCTION sensing_alarm_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of an alarm is only ever added to: entry % stays', OLD.id;
END $$;
CREATE TRIGGER sensing_alarm_entry_only_grows BEFORE UPDATE OR DELETE ON sensing_alarm_entry
    FOR EACH ROW EXECUTE FUNCTION sensing_alarm_entry_only_grows();
"""

DEVICES_ONLY_GROW = """
CREATE FUNCTION sensing_device_history_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of a device is only ever added to: % % stays', TG_TABLE_NAME, OLD.id;
END $$;
CREATE TRIGGER sensing_calibration_only_grows BEFORE UPDATE OR DELETE ON sensing_calibration
    FOR EACH ROW EXECUTE FUNCTION sensing_device_history_only_grows();
CREATE TRIGGER sensing_replacement_only_grows BEFORE UPDATE OR DELETE ON sensing_replacement
    FOR EACH ROW EXECUTE FUNCTION sensing_device_history_only_grows();
CREATE TRIGGER sensing_fire_change_only_grows BEFORE UPDATE OR DELETE ON sensing_fire_change
    FOR EACH ROW EXECUTE FUNCTION sensing_device_history_only_grows();
CREATE TRIGGER sensing_fire_read_only_grows BEFORE UPDATE OR DELETE ON sensing_fire_read
    FOR EACH ROW EXECUTE FUNCTION cases_audit_only_grows();
"""

ROOM_TO_GROW = """
ALTER TABLE sensing_stream SET (fillfactor = 50);
ALTER TABLE sensing_device SET (fillfactor = 50);
"""


class Migration(migrations.Migration):
    replaces = [
        ("sensing", name)
        for name in (
            "0002_readings",
            "0007_alarm_history_only_grows",
            "0011_device_history_only_grows",
            "0016_fire_changes_only_grow",
            "0018_fire_reads_only_grow",
        )
    ]
    dependencies = [("sensing", "0001_tables"), ("cases", "0007_guards_of_0_2")]
    operations = [migrations.RunSQL(each) for each in (READINGS, ALARMS_ONLY_GROW, DEVICES_ONLY_GROW, ROOM_TO_GROW)]
