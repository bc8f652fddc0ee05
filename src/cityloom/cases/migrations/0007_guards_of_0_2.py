"""The database itself keeps history, and counts open cases by cell.

An entry's or an order's text may be erased and take its salt along: the digest in the chain then tells nothing of
what stood there. A check of a record, once answered, stays; what was sealed in it may be erased or sealed again
under another key. Roots, their leaves, logs of reads and what auditors did are only ever added to.

Every write to the cases tells what it changed in the counts by cell: moves, imports and erasing alike. One row a
statement, cell and area, so that a thousand imported cases cost one grouping; appended only, so that no two writers
wait for each other. What is there already is counted once.
"""

from django.db import migrations

SALTS_MAY_GO = """
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

ORDERS_ONLY_GROW = """
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

CHECKS_ONLY_GROW = """
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

TABLES = (
    "cases_root",
    "cases_root_leaf",
    "cases_reporter_read",
    "cases_register_read",
    "cases_audit_sample",
    "cases_audit_note",
    "cases_audit_export",
    "cases_patrol_read",
)
AUDIT_ONLY_GROWS = """
CREATE FUNCTION cases_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what an audit stands on is only ever added to: rows of % stay', TG_TABLE_NAME;
END $$;
""" + "".join(
    f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION cases_audit_only_grows();\n"
    for table in TABLES
)

COLUMNS = "city_id, cell, area, open, overdue, urgent, street"
ONE = """
    city_id, cell, coalesce(area, '') AS area, {sign} AS open, {sign} * overdue_raw::int AS overdue,
    {sign} * (urgency = 'urgent')::int AS urgent, {sign} * (path IN ('street', 'street_public'))::int AS street
    FROM {rows} WHERE closed_at IS NULL AND cell IS NOT NULL AND NOT confidential
    AND cardinality(complained_about) = 0
"""
GROUPED = """
INSERT INTO cases_cell_delta ({columns})
SELECT city_id, cell, area, sum(open), sum(overdue), sum(urgent), sum(street) FROM ({parts}) change
GROUP BY city_id, cell, area
HAVING sum(open) <> 0 OR sum(overdue) <> 0 OR sum(urgent) <> 0 OR sum(street) <> 0;
"""


def grouped(*parts: tuple[str, int]) -> str:
    """The statement that appends what these rows add (1) or take away (-1)."""
    union = " UNION ALL ".join("SELECT " + ONE.format(rows=rows, sign=sign) for rows, sign in parts)
    return GROUPED.format(columns=COLUMNS, parts=union)


CELLS_FOLLOW = f"""
CREATE FUNCTION cases_count_cells() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        {grouped(("fresh", 1))}
    ELSIF TG_OP = 'UPDATE' THEN
        {grouped(("stale", -1), ("fresh", 1))}
    ELSE
        {grouped(("stale", -1))}
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_case_cells_new AFTER INSERT ON cases_case
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION cases_count_cells();
CREATE TRIGGER cases_case_cells_moved AFTER UPDATE ON cases_case
    REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION cases_count_cells();
CREATE TRIGGER cases_case_cells_gone AFTER DELETE ON cases_case
    REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION cases_count_cells();
{grouped(("cases_case", 1))}
"""


class Migration(migrations.Migration):
    replaces = [
        ("cases", name)
        for name in (
            "0008_salts_may_go",
            "0011_orders_only_grow",
            "0014_register_checks_only_grow",
            "0017_audit_only_grows",
            "0021_cells_follow_the_cases",
            "0028_patrol_reads_only_grow",
        )
    ]
    dependencies = [("cases", "0006_tables_of_0_2")]
    operations = [
        migrations.RunSQL(each)
        for each in (SALTS_MAY_GO, ORDERS_ONLY_GROW, CHECKS_ONLY_GROW, AUDIT_ONLY_GROWS, CELLS_FOLLOW)
    ]
