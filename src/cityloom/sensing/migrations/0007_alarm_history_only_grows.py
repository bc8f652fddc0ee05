"""The database itself keeps what happened to an alarm: an entry is never changed and never deleted."""

from django.db import migrations

GUARD = """
CREATE FUNCTION sensing_alarm_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of an alarm is only ever added to: entry % stays', OLD.id;
END $$;
CREATE TRIGGER sensing_alarm_entry_only_grows BEFORE UPDATE OR DELETE ON sensing_alarm_entry
    FOR EACH ROW EXECUTE FUNCTION sensing_alarm_entry_only_grows();
"""
UNDO = """
DROP TRIGGER sensing_alarm_entry_only_grows ON sensing_alarm_entry;
DROP FUNCTION sensing_alarm_entry_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("sensing", "0006_alarms")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
