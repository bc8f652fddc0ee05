"""A case that tells once more of one that was closed says so, and why."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0025_field")]

    operations = [
        migrations.AddField(model_name="case", name="repeat_of", field=models.CharField(max_length=40, null=True)),
        migrations.AddField(model_name="case", name="repeat_why", field=models.JSONField(null=True)),
    ]
