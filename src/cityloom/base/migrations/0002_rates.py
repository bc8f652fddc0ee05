"""How often a public door was knocked at: counts that several web processes share."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("base", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rate",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("free_at", models.DateTimeField()),
                ("step", models.DurationField()),
                ("span", models.DurationField()),
            ],
            options={
                "db_table": "base_rate",
            },
        ),
    ]
