"""A rule may say more than a threshold: kinds, windows, combinations and what it silences stand in one column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0008_vital_signs"),
    ]

    operations = [
        migrations.AddField(
            model_name="alarmrule",
            name="more",
            field=models.JSONField(default=dict),
        ),
    ]
