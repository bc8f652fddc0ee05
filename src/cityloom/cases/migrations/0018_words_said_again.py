"""Reports that say the words of another one are found by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0017_audit_only_grows"),
        ("city", "0004_signatures"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("split_from", None), _negated=True),
                fields=["split_from"],
                name="cases_report_split",
            ),
        ),
    ]
