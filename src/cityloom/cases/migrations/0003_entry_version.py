"""Each entry knows the version that the case had once it was kept, so that a stale reader is told what came since."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_history_only_grows")]
    operations = [
        migrations.AddField(model_name="entry", name="version", field=models.IntegerField(default=1)),
    ]
