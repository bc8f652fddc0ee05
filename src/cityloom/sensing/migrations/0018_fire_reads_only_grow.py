"""The database itself keeps who looked at the contacts of a building: a row is never changed and never deleted."""

from django.db import migrations

GUARD = """
CREATE TRIGGER sensing_fire_read_only_grows BEFORE UPDATE OR DELETE ON sensing_fire_read
    FOR EACH ROW EXECUTE FUNCTION cases_audit_only_grows();
"""
UNDO = "DROP TRIGGER sensing_fire_read_only_grows ON sensing_fire_read;"


class Migration(migrations.Migration):
    dependencies = [("sensing", "0017_known_streams"), ("cases", "0017_audit_only_grows")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
