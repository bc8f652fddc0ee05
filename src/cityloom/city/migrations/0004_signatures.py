"""A version remembers who signed its folder."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0003_account_events_only_grow"),
    ]

    operations = [
        migrations.AddField(
            model_name="version",
            name="signatures",
            field=models.JSONField(default=list),
        ),
    ]
