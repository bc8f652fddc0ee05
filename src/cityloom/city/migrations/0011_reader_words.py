"""What a city lays over the shipped words of dangers and special routes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0010_payloads"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReaderWords",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=300)),
                ("version_from", models.IntegerField()),
                ("version_to", models.IntegerField(null=True)),
                ("digest", models.CharField(max_length=32)),
                ("code", models.CharField(blank=True, max_length=100)),
                ("told", models.JSONField(default=dict)),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "city_reader_words",
                "constraints": [
                    models.UniqueConstraint(fields=("city", "key", "version_from"), name="city_reader_words_key"),
                    models.UniqueConstraint(
                        condition=models.Q(("version_to", None)),
                        fields=("city", "key"),
                        name="city_reader_words_current",
                    ),
                ],
            },
        ),
    ]
