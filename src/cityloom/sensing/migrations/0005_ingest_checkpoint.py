"""Where ingest stood when it last wrote what it keeps in memory, and how often the register was changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sensing", "0004_vital_signs"),
    ]

    operations = [
        migrations.AddField(
            model_name="offset",
            name="flushed_generation",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="offset",
            name="flushed_sequence",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="offset",
            name="gate",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="writer",
            name="registry",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
