"""A case knows whether the device that told of it still shows it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0026_repeats")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="sign_stands",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
