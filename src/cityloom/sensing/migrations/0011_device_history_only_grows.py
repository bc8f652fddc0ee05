"""The database itself keeps calibrations and replacements: a row is never changed and never deleted."""

from django.db import migrations

GUARD = """
CREATE FUNCTION sensing_device_history_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of a device is only ever added to: % % stays', TG_TABLE_NAME, OLD.id;
END $$;
CREATE TRIGGER sensing_calibration_only_grows BEFORE UPDATE OR DELETE ON sensing_calibration
    FOR EACH ROW EXECUTE FUNCTION sensing_device_history_only_grows();
CREATE TRIGGER sensing_replacement_only_grows BEFORE UPDATE OR DELETE ON sensing_replacement
    FOR EACH ROW EXECUTE FUNCTION sensing_device_history_only_grows();
"""
UNDO = """
DROP TRIGGER sensing_calibration_only_grows ON sensing_calibration;
DROP TRIGGER sensing_replacement_only_grows ON sensing_replacement;
DROP FUNCTION sensing_device_history_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("sensing", "0010_device_life")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
