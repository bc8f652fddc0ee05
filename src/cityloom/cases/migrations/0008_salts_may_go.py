"""An erased text may take its salt along: the digest in the chain then tells nothing of what stood there."""

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION cases_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.text IS NULL
       AND (NEW.text_salt IS NULL OR NEW.text_salt = OLD.text_salt)
       AND to_jsonb(NEW) - 'text' - 'text_salt' = to_jsonb(OLD) - 'text' - 'text_salt' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'history is only ever added to: entry % of case % stays', OLD.seq, OLD.case_id;
END $$;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION cases_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.text IS NULL AND to_jsonb(NEW) - 'text' = to_jsonb(OLD) - 'text' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'history is only ever added to: entry % of case % stays', OLD.seq, OLD.case_id;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_people")]
    operations = [migrations.RunSQL(GUARD, BEFORE)]
