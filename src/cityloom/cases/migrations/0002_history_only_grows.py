"""The database itself keeps history: an entry is never deleted and never changed, except to erase its text."""

from django.db import migrations

GUARD = """
CREATE FUNCTION cases_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.text IS NULL AND to_jsonb(NEW) - 'text' = to_jsonb(OLD) - 'text' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'history is only ever added to: entry % of case % stays', OLD.seq, OLD.case_id;
END $$;
CREATE TRIGGER cases_entry_only_grows BEFORE UPDATE OR DELETE ON cases_entry
    FOR EACH ROW EXECUTE FUNCTION cases_entry_only_grows();
"""
UNDO = """
DROP TRIGGER cases_entry_only_grows ON cases_entry;
DROP FUNCTION cases_entry_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
