"""A stream says up to which time a door has corrected or deleted readings of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sensing", "0013_parts_together")]
    operations = [migrations.AddField("stream", "mended_at", models.DateTimeField(null=True))]
