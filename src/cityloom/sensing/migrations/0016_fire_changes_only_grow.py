"""The database itself keeps what was changed about plans: a row is never changed and never deleted."""

from django.db import migrations

GUARD = """
CREATE TRIGGER sensing_fire_change_only_grows BEFORE UPDATE OR DELETE ON sensing_fire_change
    FOR EACH ROW EXECUTE FUNCTION sensing_device_history_only_grows();
"""
UNDO = "DROP TRIGGER sensing_fire_change_only_grows ON sensing_fire_change;"


class Migration(migrations.Migration):
    dependencies = [("sensing", "0015_fire_changes"), ("sensing", "0011_device_history_only_grows")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
