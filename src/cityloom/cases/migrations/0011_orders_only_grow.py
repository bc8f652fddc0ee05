"""The database itself keeps the history of supervision orders, as that of cases: only a text may be erased."""

from django.db import migrations

GUARD = """
CREATE FUNCTION cases_order_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.text IS NULL
        AND to_jsonb(NEW) - 'text' - 'text_salt' = to_jsonb(OLD) - 'text' - 'text_salt'
        AND (NEW.text_salt IS NULL OR NEW.text_salt = OLD.text_salt) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'history is only ever added to: entry % of order % stays', OLD.seq, OLD.order_id;
END $$;
CREATE TRIGGER cases_order_entry_only_grows BEFORE UPDATE OR DELETE ON cases_order_entry
    FOR EACH ROW EXECUTE FUNCTION cases_order_entry_only_grows();
"""
UNDO = """
DROP TRIGGER cases_order_entry_only_grows ON cases_order_entry;
DROP FUNCTION cases_order_entry_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_orders")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
