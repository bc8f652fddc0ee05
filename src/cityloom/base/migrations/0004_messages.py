"""Messages to people, sealed, and what each has wished about them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0003_rates_unlogged"),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("city", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=10)),
                ("purpose", models.CharField(max_length=20)),
                ("template", models.CharField(max_length=60)),
                ("params_sealed", models.BinaryField()),
                ("language", models.CharField(max_length=10)),
                ("to_sealed", models.BinaryField()),
                ("to_index", models.BinaryField()),
                ("case_number", models.CharField(max_length=40)),
                ("report_id", models.BigIntegerField(null=True)),
                ("once", models.CharField(max_length=200, null=True)),
                ("state", models.CharField(max_length=10)),
                ("attempts", models.IntegerField()),
                ("reason", models.JSONField()),
                ("next_at", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("provider_id", models.CharField(max_length=200)),
            ],
            options={
                "db_table": "base_message",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "sending"])),
                        fields=["next_at", "id"],
                        name="base_message_due",
                    ),
                    models.Index(fields=["city", "to_index", "sent_at"], name="base_message_to"),
                    models.Index(fields=["city", "id"], name="base_message_city"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("once", None), _negated=True),
                        fields=("city", "once"),
                        name="base_message_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MessageWish",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("city", models.CharField(max_length=40)),
                ("to_index", models.BinaryField()),
                ("purpose", models.CharField(max_length=20)),
                ("allowed", models.BooleanField()),
                ("said_at", models.DateTimeField()),
            ],
            options={
                "db_table": "base_message_wish",
                "constraints": [
                    models.UniqueConstraint(fields=("city", "to_index", "purpose"), name="base_message_wish_one")
                ],
            },
        ),
    ]
