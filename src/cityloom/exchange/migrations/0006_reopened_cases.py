"""Open cases that were reopened are found without reading all open work, as every feed asks. A few pages of disk."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("exchange", "0005_open311_rounds"), ("cases", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX exchange_reopened ON cases_case (city_id, id) WHERE closed_at IS NULL AND reopen_count > 0",
            "DROP INDEX exchange_reopened",
        ),
    ]
