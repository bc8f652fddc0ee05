"""What people said word for word lies sealed apart where the shown text is masked.

Reports that are there already are marked as not looked through; the worker masks them some at a time.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0021_cells_follow_the_cases"),
        ("city", "0006_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="Original",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sealed", models.BinaryField()),
                ("key_mark", models.BinaryField()),
                ("kept_at", models.DateTimeField()),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={"db_table": "cases_original"},
        ),
        migrations.AddIndex(
            model_name="original",
            index=models.Index(fields=["key_mark", "id"], name="cases_original_key"),
        ),
        migrations.AddField(
            model_name="report",
            name="words_masked",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("words_masked", False)), fields=["id"], name="cases_report_unmasked"
            ),
        ),
    ]
