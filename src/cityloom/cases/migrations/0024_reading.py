"""What a report's words seemed to say when they came is kept beside them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0023_trained_models")]

    operations = [
        migrations.AddField(model_name="report", name="reading", field=models.JSONField(null=True)),
    ]
