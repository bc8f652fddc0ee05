"""What SensorThings needs besides: private devices and features, a stream's first reading, two indexes."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sensing", "0002_readings"),
    ]

    operations = [
        migrations.AddField(
            model_name="device",
            name="is_private",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="featureofinterest",
            name="private_to",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="stream",
            name="first_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="extraofreading",
            index=models.Index(
                condition=models.Q(("feature__isnull", False)), fields=["feature"], name="sensing_extra_feature"
            ),
        ),
        migrations.AddIndex(
            model_name="pastlocation",
            index=django.contrib.postgres.indexes.GinIndex(fields=["locations"], name="sensing_past_location_places"),
        ),
    ]
