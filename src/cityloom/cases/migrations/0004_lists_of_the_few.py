"""Lists by source, of what nobody leads and of what was late find their rows without walking all history."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_entry_version")]
    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["city", "source", "opened_at", "id"], name="cases_source"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("lead_unit", None)), fields=["city", "opened_at", "id"], name="cases_nobodys"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("overdue_raw", True)), fields=["city", "opened_at", "id"], name="cases_overdue"
            ),
        ),
    ]
