from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE base_ids INCREMENT BY 1000 START WITH 1000",
            "DROP SEQUENCE base_ids",
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("city", models.CharField(max_length=40)),
                ("topic", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=80)),
                ("payload", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("waiting", models.BooleanField(default=True)),
            ],
            options={
                "db_table": "base_outbox",
                "indexes": [
                    models.Index(condition=models.Q(("waiting", True)), fields=["id"], name="base_outbox_waiting")
                ],
            },
        ),
    ]
