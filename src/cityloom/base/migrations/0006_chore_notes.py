"""When each chore of the worker was done last can be asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("base", "0005_outbox_for_hooks")]
    operations = [
        migrations.CreateModel(
            name="ChoreNote",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("done_at", models.DateTimeField()),
                ("took_ms", models.IntegerField()),
                ("found", models.JSONField()),
            ],
            options={"db_table": "base_chore_note"},
        ),
    ]
