"""The words by which people speak of a class, from lexicon.csv."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0006_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClassWords",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=300)),
                ("version_from", models.IntegerField()),
                ("version_to", models.IntegerField(null=True)),
                ("digest", models.CharField(max_length=32)),
                ("class_code", models.CharField(blank=True, max_length=100)),
                ("zh", models.JSONField(default=list)),
                ("en", models.JSONField(default=list)),
                ("weight", models.FloatField()),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "city_class_words",
                "constraints": [
                    models.UniqueConstraint(fields=("city", "key", "version_from"), name="city_class_words_key"),
                    models.UniqueConstraint(
                        condition=models.Q(("version_to", None)),
                        fields=("city", "key"),
                        name="city_class_words_current",
                    ),
                ],
            },
        ),
    ]
