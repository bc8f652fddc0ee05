"""Every write to the cases tells what it changed in the counts by cell: moves, imports and erasing alike.

One row a statement, cell and area, so that a thousand imported cases cost one grouping; appended only, so that no two
writers wait for each other. What is there already is counted once.
"""

from django.db import migrations

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


FOLLOW = f"""
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
UNDO = """
DROP TRIGGER cases_case_cells_new ON cases_case;
DROP TRIGGER cases_case_cells_moved ON cases_case;
DROP TRIGGER cases_case_cells_gone ON cases_case;
DROP FUNCTION cases_count_cells();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0020_cells")]
    operations = [migrations.RunSQL(FOLLOW, UNDO)]
