"""Roots, their leaves, logs of reads and what auditors did are only ever added to: the database keeps it so."""

from django.db import migrations

TABLES = (
    "cases_root",
    "cases_root_leaf",
    "cases_reporter_read",
    "cases_register_read",
    "cases_audit_sample",
    "cases_audit_note",
    "cases_audit_export",
)
GUARD = """
CREATE FUNCTION cases_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what an audit stands on is only ever added to: rows of % stay', TG_TABLE_NAME;
END $$;
""" + "".join(
    f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION cases_audit_only_grows();\n"
    for table in TABLES
)
UNDO = (
    "".join(f"DROP TRIGGER {table}_only_grows ON {table};\n" for table in TABLES)
    + "DROP FUNCTION cases_audit_only_grows();"
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0016_audit")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
