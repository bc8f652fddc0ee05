"""Who a person is to the identity provider, which groups give posts, and accounts of machines."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("city", "0005_calendar_links"),
    ]

    operations = [
        migrations.CreateModel(
            name="GroupMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("login", models.CharField(max_length=150)),
                ("group", models.CharField(max_length=150)),
                ("joined_at", models.DateTimeField()),
                ("joined_by", models.CharField(max_length=20)),
                ("left_at", models.DateTimeField(null=True)),
                ("left_by", models.CharField(blank=True, max_length=20)),
            ],
            options={
                "db_table": "city_group_member",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_at", None)),
                        fields=("login", "group"),
                        name="city_group_member_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonIdentity",
            fields=[
                ("login", models.CharField(max_length=150, primary_key=True, serialize=False)),
                ("external_id", models.CharField(blank=True, max_length=100)),
                ("issuer", models.CharField(blank=True, max_length=300)),
                ("subject", models.CharField(blank=True, max_length=255)),
                ("bound_at", models.DateTimeField(null=True)),
                ("listed_at", models.DateTimeField(null=True)),
                ("asleep_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "city_person_identity",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("external_id",),
                        name="city_person_external_id",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("subject", ""), _negated=True),
                        fields=("issuer", "subject"),
                        name="city_person_subject",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=300)),
                ("version_from", models.IntegerField()),
                ("version_to", models.IntegerField(null=True)),
                ("digest", models.CharField(max_length=32)),
                ("group", models.CharField(max_length=150)),
                ("role", models.CharField(blank=True, max_length=60)),
                ("unit", models.CharField(blank=True, max_length=100)),
                ("area", models.CharField(blank=True, max_length=100)),
                ("valid_from", models.DateField(null=True)),
                ("valid_until", models.DateField(null=True)),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "city_grouppost",
                "indexes": [models.Index(fields=["group"], name="city_grouppost_group")],
                "constraints": [
                    models.UniqueConstraint(fields=("city", "key", "version_from"), name="city_grouppost_key"),
                    models.UniqueConstraint(
                        condition=models.Q(("version_to", None)),
                        fields=("city", "key"),
                        name="city_grouppost_current",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("login", models.CharField(max_length=150)),
                ("purpose", models.TextField()),
                ("owner", models.CharField(max_length=100)),
                ("responsible", models.CharField(db_index=True, max_length=150)),
                ("role", models.CharField(blank=True, max_length=60)),
                ("unit", models.CharField(blank=True, max_length=100)),
                ("area", models.CharField(blank=True, max_length=100)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=150)),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("disabled_at", models.DateTimeField(null=True)),
                ("disabled_by", models.CharField(blank=True, max_length=150)),
                (
                    "city",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="city.city"
                    ),
                ),
            ],
            options={
                "db_table": "city_service_account",
                "constraints": [models.UniqueConstraint(fields=("city", "login"), name="city_service_account_once")],
            },
        ),
    ]
