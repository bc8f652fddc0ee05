"""The cases that were closed on a day are found by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0018_words_said_again"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("closed_at", None), _negated=True),
                fields=["city", "closed_at"],
                name="cases_closed_day",
            ),
        ),
    ]
