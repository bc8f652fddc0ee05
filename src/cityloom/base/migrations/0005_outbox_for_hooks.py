"""The outbox has a second consumer, webhooks. What was there before is not theirs: a webhook tells what comes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("base", "0004_messages")]
    operations = [
        migrations.AddField("outbox", "for_hooks", models.BooleanField(db_default=False)),
        migrations.AlterField("outbox", "for_hooks", models.BooleanField(db_default=True)),
        migrations.AddIndex(
            "outbox",
            models.Index(condition=models.Q(("for_hooks", True)), fields=["id"], name="base_outbox_for_hooks"),
        ),
    ]
