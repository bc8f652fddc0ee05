"""The database itself keeps who looked at a patrol: a row is never changed and never deleted."""

from django.db import migrations

GUARD = """
CREATE TRIGGER cases_patrol_read_only_grows BEFORE UPDATE OR DELETE ON cases_patrol_read
    FOR EACH ROW EXECUTE FUNCTION cases_audit_only_grows();
"""
UNDO = "DROP TRIGGER cases_patrol_read_only_grows ON cases_patrol_read;"


class Migration(migrations.Migration):
    dependencies = [("cases", "0027_sign_stands"), ("cases", "0017_audit_only_grows")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
