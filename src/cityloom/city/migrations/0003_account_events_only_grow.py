"""The database itself keeps what happened to an account: an event is never changed and never deleted."""

from django.db import migrations

GUARD = """
CREATE FUNCTION city_account_event_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to an account is only ever added to: event % stays', OLD.id;
END $$;
CREATE TRIGGER city_account_event_only_grows BEFORE UPDATE OR DELETE ON city_account_event
    FOR EACH ROW EXECUTE FUNCTION city_account_event_only_grows();
"""
UNDO = """
DROP TRIGGER city_account_event_only_grows ON city_account_event;
DROP FUNCTION city_account_event_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("city", "0002_accounts")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
