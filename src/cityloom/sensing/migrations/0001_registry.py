"""Devices, their streams, what SensorThings tells of them, and what stands beside the readings."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("city", "0007_class_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archive",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("file", models.CharField(max_length=300)),
                ("readings", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("dropped", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "sensing_archive",
            },
        ),
        migrations.CreateModel(
            name="ExtraOfReading",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("result", models.JSONField(null=True)),
                ("result_time", models.DateTimeField(null=True)),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
                ("phenomenon_until", models.DateTimeField(null=True)),
                ("parameters", models.JSONField(null=True)),
                ("quality", models.JSONField(null=True)),
                ("feature", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "sensing_extra",
            },
        ),
        migrations.CreateModel(
            name="RollUp",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
                ("count", models.IntegerField()),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                ("total", models.FloatField()),
                ("last", models.FloatField(null=True)),
            ],
            options={
                "db_table": "sensing_roll_up",
            },
        ),
        migrations.CreateModel(
            name="Writer",
            fields=[
                (
                    "city",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="city.city",
                    ),
                ),
                ("generation", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "sensing_writer",
            },
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, default="", max_length=100)),
                ("type", models.CharField(blank=True, default="", max_length=60)),
                ("name_zh", models.CharField(blank=True, default="", max_length=300)),
                ("name_en", models.CharField(blank=True, default="", max_length=300)),
                ("description", models.TextField(blank=True, default="")),
                ("properties", models.JSONField(default=dict)),
                ("component", models.CharField(blank=True, default="", max_length=100)),
                ("area", models.CharField(blank=True, default="", max_length=100)),
                ("owner", models.CharField(blank=True, default="", max_length=100)),
                ("lon", models.FloatField(null=True)),
                ("lat", models.FloatField(null=True)),
                ("source", models.CharField(default="api", max_length=10)),
                ("since", models.DateField(null=True)),
                ("until", models.DateField(null=True)),
                ("state", models.CharField(default="active", max_length=20)),
                ("quarantined_at", models.DateTimeField(null=True)),
                ("quarantined_until", models.DateTimeField(null=True)),
                ("quarantine_reason", models.JSONField(default=dict)),
                ("secret_hash", models.BinaryField(null=True)),
                ("secret_at", models.DateTimeField(null=True)),
                ("last_seen", models.DateTimeField(null=True)),
                ("battery", models.FloatField(null=True)),
                ("errors", models.BigIntegerField(default=0)),
                ("readings", models.BigIntegerField(default=0)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.device"
                    ),
                ),
                (
                    "replaced_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.device"
                    ),
                ),
            ],
            options={
                "db_table": "sensing_device",
            },
        ),
        migrations.CreateModel(
            name="LateReading",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stream", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("value", models.FloatField()),
                ("generation", models.BigIntegerField(default=0)),
                ("judged", models.BooleanField(default=True)),
            ],
            options={
                "db_table": "sensing_late",
                "indexes": [
                    models.Index(
                        condition=models.Q(("generation__gt", 0)),
                        fields=["generation"],
                        name="sensing_late_generation",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, default="", max_length=300)),
                ("description", models.TextField(blank=True, default="")),
                ("encoding", models.CharField(blank=True, default="", max_length=300)),
                ("location", models.JSONField()),
                ("properties", models.JSONField(default=dict)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_location",
            },
        ),
        migrations.CreateModel(
            name="FeatureOfInterest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, default="", max_length=300)),
                ("description", models.TextField(blank=True, default="")),
                ("encoding", models.CharField(blank=True, default="", max_length=300)),
                ("feature", models.JSONField()),
                ("properties", models.JSONField(default=dict)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.location",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_feature",
            },
        ),
        migrations.CreateModel(
            name="Offset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part", models.CharField(default="", max_length=40)),
                ("log", models.CharField(blank=True, default="", max_length=100)),
                ("sequence", models.BigIntegerField(default=0)),
                ("generation", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField(null=True)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_offset",
            },
        ),
        migrations.CreateModel(
            name="PastLocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("locations", models.JSONField(default=list)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.device"
                    ),
                ),
            ],
            options={
                "db_table": "sensing_past_location",
            },
        ),
        migrations.CreateModel(
            name="PlaceOfDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.device"
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.location"
                    ),
                ),
            ],
            options={
                "db_table": "sensing_place_of_device",
            },
        ),
        migrations.CreateModel(
            name="Problem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=60)),
                ("about", models.CharField(blank=True, default="", max_length=200)),
                ("count", models.BigIntegerField(default=0)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("sample", models.CharField(blank=True, default="", max_length=300)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_problem",
            },
        ),
        migrations.CreateModel(
            name="Property",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, default="", max_length=100)),
                ("name", models.CharField(blank=True, default="", max_length=300)),
                ("name_zh", models.CharField(blank=True, default="", max_length=300)),
                ("definition", models.TextField(blank=True, default="")),
                ("description", models.TextField(blank=True, default="")),
                ("properties", models.JSONField(default=dict)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_property",
            },
        ),
        migrations.CreateModel(
            name="Sensor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, default="", max_length=100)),
                ("name", models.CharField(blank=True, default="", max_length=300)),
                ("description", models.TextField(blank=True, default="")),
                ("encoding", models.CharField(blank=True, default="", max_length=300)),
                ("metadata", models.JSONField(default=str)),
                ("properties", models.JSONField(default=dict)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
            ],
            options={
                "db_table": "sensing_sensor",
            },
        ),
        migrations.CreateModel(
            name="Stream",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, default="", max_length=300)),
                ("unit_name", models.CharField(blank=True, default="", max_length=300)),
                ("unit_symbol", models.CharField(blank=True, default="", max_length=60)),
                ("unit_definition", models.TextField(blank=True, default="")),
                ("interval_s", models.FloatField(null=True)),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                ("factor", models.FloatField(default=1.0)),
                ("offset", models.FloatField(default=0.0)),
                ("calibrated_at", models.DateTimeField(null=True)),
                ("description", models.TextField(blank=True, default="")),
                ("properties", models.JSONField(default=dict)),
                ("observation_type", models.CharField(blank=True, default="", max_length=300)),
                ("observed_area", models.JSONField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                ("last_value", models.FloatField(null=True)),
                (
                    "city",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="city.city",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.device"
                    ),
                ),
                (
                    "property",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sensing.property",
                    ),
                ),
                (
                    "sensor",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.sensor"
                    ),
                ),
            ],
            options={
                "db_table": "sensing_stream",
            },
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(fields=["city", "type"], name="sensing_device_type"),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(fields=["city", "owner"], name="sensing_device_owner"),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.UniqueConstraint(fields=("city", "code"), name="sensing_device_once"),
        ),
        migrations.AddIndex(
            model_name="location",
            index=models.Index(fields=["city", "id"], name="sensing_location_city"),
        ),
        migrations.AddIndex(
            model_name="featureofinterest",
            index=models.Index(fields=["city", "id"], name="sensing_feature_city"),
        ),
        migrations.AddConstraint(
            model_name="offset",
            constraint=models.UniqueConstraint(fields=("city", "part"), name="sensing_offset_once"),
        ),
        migrations.AddIndex(
            model_name="pastlocation",
            index=models.Index(fields=["device", "at"], name="sensing_past_location_at"),
        ),
        migrations.AddConstraint(
            model_name="placeofdevice",
            constraint=models.UniqueConstraint(fields=("device", "location"), name="sensing_place_once"),
        ),
        migrations.AddConstraint(
            model_name="problem",
            constraint=models.UniqueConstraint(fields=("city", "kind", "about"), name="sensing_problem_once"),
        ),
        migrations.AddIndex(
            model_name="property",
            index=models.Index(fields=["city", "code"], name="sensing_property_code"),
        ),
        migrations.AddIndex(
            model_name="sensor",
            index=models.Index(fields=["city", "code"], name="sensing_sensor_code"),
        ),
        migrations.AddIndex(
            model_name="stream",
            index=models.Index(fields=["city", "id"], name="sensing_stream_city"),
        ),
        migrations.AddConstraint(
            model_name="stream",
            constraint=models.UniqueConstraint(fields=("device", "name"), name="sensing_stream_once"),
        ),
    ]
