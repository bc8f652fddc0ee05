"""When a feed that is pulled was asked last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sensing", "0007_alarm_history_only_grows"),
    ]

    operations = [
        migrations.AddField(
            model_name="feed",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="feed",
            name="received",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="feed",
            name="refused",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
