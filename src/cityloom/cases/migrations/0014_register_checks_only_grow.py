"""A check of a record, once answered, stays: the database itself refuses to change or delete it.

What was sealed in it may be erased or sealed again under another key; nothing else.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION cases_register_check_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.outcome = '' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'sealed_corrections' = to_jsonb(OLD) - 'sealed_corrections' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'checks of registers are only ever added to: check % stays', OLD.id;
END $$;
CREATE TRIGGER cases_register_check_only_grows BEFORE UPDATE OR DELETE ON cases_register_check
    FOR EACH ROW EXECUTE FUNCTION cases_register_check_only_grows();
"""
UNDO = """
DROP TRIGGER cases_register_check_only_grows ON cases_register_check;
DROP FUNCTION cases_register_check_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0013_registers")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
