"""The counts at public doors are written at every knock and may be lost: they stay out of the write-ahead log."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("base", "0002_rates")]
    operations = [migrations.RunSQL("ALTER TABLE base_rate SET UNLOGGED", "ALTER TABLE base_rate SET LOGGED")]
