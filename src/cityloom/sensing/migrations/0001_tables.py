"""Tables of devices, streams, alarms, vital signs, feeds, warnings, shared bikes and watched buildings."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from cityloom.base.at_once import AtOnce

TABLES = [
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
            "indexes": [
                models.Index(
                    condition=models.Q(("feature__isnull", False)),
                    fields=["feature"],
                    name="sensing_extra_feature",
                )
            ],
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
            ("registry", models.BigIntegerField(db_default=0, default=0)),
        ],
        options={
            "db_table": "sensing_writer",
        },
    ),
    migrations.CreateModel(
        name="Device",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.device",
                ),
            ),
            (
                "replaced_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.device",
                ),
            ),
            ("is_private", models.BooleanField(db_default=False, default=False)),
        ],
        options={
            "db_table": "sensing_device",
            "indexes": [
                models.Index(fields=["city", "type"], name="sensing_device_type"),
                models.Index(fields=["city", "owner"], name="sensing_device_owner"),
            ],
            "constraints": [models.UniqueConstraint(fields=("city", "code"), name="sensing_device_once")],
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
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
            "indexes": [models.Index(fields=["city", "id"], name="sensing_location_city")],
        },
    ),
    migrations.CreateModel(
        name="FeatureOfInterest",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
            ("private_to", models.CharField(blank=True, db_default="", default="", max_length=100)),
        ],
        options={
            "db_table": "sensing_feature",
            "indexes": [models.Index(fields=["city", "id"], name="sensing_feature_city")],
        },
    ),
    migrations.CreateModel(
        name="Offset",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
            ("flushed_generation", models.BigIntegerField(db_default=0, default=0)),
            ("flushed_sequence", models.BigIntegerField(db_default=0, default=0)),
            ("gate", models.JSONField(db_default={}, default=dict)),
            ("heard_ms", models.BigIntegerField(db_default=0, default=0)),
        ],
        options={
            "db_table": "sensing_offset",
            "constraints": [models.UniqueConstraint(fields=("city", "part"), name="sensing_offset_once")],
        },
    ),
    migrations.CreateModel(
        name="PastLocation",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.device"),
            ),
        ],
        options={
            "db_table": "sensing_past_location",
            "indexes": [
                models.Index(fields=["device", "at"], name="sensing_past_location_at"),
                django.contrib.postgres.indexes.GinIndex(fields=["locations"], name="sensing_past_location_places"),
            ],
        },
    ),
    migrations.CreateModel(
        name="PlaceOfDevice",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "device",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.device"),
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
            "constraints": [models.UniqueConstraint(fields=("device", "location"), name="sensing_place_once")],
        },
    ),
    migrations.CreateModel(
        name="Problem",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
            "constraints": [models.UniqueConstraint(fields=("city", "kind", "about"), name="sensing_problem_once")],
        },
    ),
    migrations.CreateModel(
        name="Property",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
            "indexes": [models.Index(fields=["city", "code"], name="sensing_property_code")],
        },
    ),
    migrations.CreateModel(
        name="Sensor",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
            "indexes": [models.Index(fields=["city", "code"], name="sensing_sensor_code")],
        },
    ),
    migrations.CreateModel(
        name="Stream",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.device"),
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
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.sensor",
                ),
            ),
            ("first_at", models.DateTimeField(null=True)),
            ("mended_at", models.DateTimeField(null=True)),
        ],
        options={
            "db_table": "sensing_stream",
            "indexes": [models.Index(fields=["city", "id"], name="sensing_stream_city")],
            "constraints": [models.UniqueConstraint(fields=("device", "name"), name="sensing_stream_once")],
        },
    ),
    migrations.CreateModel(
        name="Feed",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("code", models.CharField(max_length=100)),
            ("kind", models.CharField(max_length=20)),
            ("name_zh", models.CharField(blank=True, default="", max_length=300)),
            ("name_en", models.CharField(blank=True, default="", max_length=300)),
            ("owner", models.CharField(blank=True, default="", max_length=100)),
            ("expected_s", models.FloatField(null=True)),
            ("made_at", models.DateTimeField()),
            ("last_at", models.DateTimeField(null=True)),
            ("received", models.BigIntegerField(db_default=0, default=0)),
            ("refused", models.BigIntegerField(db_default=0, default=0)),
            ("last_error", models.JSONField(null=True)),
            ("last_error_at", models.DateTimeField(null=True)),
            ("stale_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
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
            ("asked_at", models.DateTimeField(null=True)),
        ],
        options={
            "db_table": "sensing_feed",
            "constraints": [models.UniqueConstraint(fields=("city", "code"), name="sensing_feed_once")],
        },
    ),
    migrations.CreateModel(
        name="FeedHour",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "feed", "at", blank=True, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("at", models.DateTimeField()),
            ("expected", models.BigIntegerField(null=True)),
            ("received", models.BigIntegerField(default=0)),
            ("refused", models.BigIntegerField(default=0)),
            (
                "feed",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.feed",
                ),
            ),
        ],
        options={
            "db_table": "sensing_feed_hour",
        },
    ),
    migrations.CreateModel(
        name="FeedSilence",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("began_at", models.DateTimeField()),
            ("noticed_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "feed",
                models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.feed"),
            ),
        ],
        options={
            "db_table": "sensing_feed_silence",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ended_at", None)),
                    fields=("feed",),
                    name="sensing_feed_silence_open",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Fence",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("code", models.CharField(max_length=100)),
            ("name", models.CharField(blank=True, default="", max_length=300)),
            ("road", models.CharField(blank=True, default="", max_length=300)),
            ("area", models.CharField(blank=True, default="", max_length=100)),
            ("geometry", models.BinaryField()),
            ("lon", models.FloatField()),
            ("lat", models.FloatField()),
            ("area_m2", models.FloatField()),
            ("capacity", models.IntegerField()),
            ("since", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
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
            "db_table": "sensing_fence",
            "constraints": [models.UniqueConstraint(fields=("city", "code"), name="sensing_fence_once")],
        },
    ),
    migrations.CreateModel(
        name="FireSite",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("code", models.CharField(max_length=100)),
            ("name_zh", models.CharField(blank=True, default="", max_length=300)),
            ("name_en", models.CharField(blank=True, default="", max_length=300)),
            ("address", models.CharField(blank=True, default="", max_length=300)),
            ("area", models.CharField(blank=True, default="", max_length=100)),
            ("owner", models.CharField(blank=True, default="", max_length=100)),
            ("lon", models.FloatField()),
            ("lat", models.FloatField()),
            ("floors", models.JSONField(default=list)),
            ("contacts_sealed", models.BinaryField(null=True)),
            ("key_mark", models.BinaryField(default=b"")),
            ("changed_at", models.DateTimeField()),
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
            "db_table": "sensing_fire_site",
            "constraints": [models.UniqueConstraint(fields=("city", "code"), name="sensing_fire_site_once")],
        },
    ),
    migrations.CreateModel(
        name="FirePoint",
        fields=[
            (
                "device",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    primary_key=True,
                    related_name="+",
                    serialize=False,
                    to="sensing.device",
                ),
            ),
            ("kind", models.CharField(max_length=20)),
            ("floor", models.CharField(blank=True, default="", max_length=40)),
            ("x", models.FloatField(null=True)),
            ("y", models.FloatField(null=True)),
            (
                "site",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sensing.firesite"
                ),
            ),
        ],
        options={
            "db_table": "sensing_fire_point",
        },
    ),
    migrations.CreateModel(
        name="FireVerdict",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("alarm", models.BigIntegerField()),
            ("verdict", models.CharField(max_length=12)),
            ("cause", models.CharField(blank=True, default="", max_length=40)),
            ("note", models.CharField(blank=True, default="", max_length=300)),
            ("by_login", models.CharField(max_length=150)),
            ("at", models.DateTimeField()),
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
            "db_table": "sensing_fire_verdict",
            "indexes": [models.Index(fields=["city", "alarm", "-id"], name="sensing_fire_verdict_alarm")],
        },
    ),
    migrations.CreateModel(
        name="FleetDay",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "city",
                    "operator",
                    "day",
                    blank=True,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                ),
            ),
            ("operator", models.CharField(max_length=100)),
            ("day", models.DateField()),
            ("most", models.IntegerField()),
            ("quota", models.IntegerField(null=True)),
            ("looks", models.IntegerField()),
            ("stood", models.BigIntegerField()),
            ("inside", models.BigIntegerField()),
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
            "db_table": "sensing_fleet_day",
        },
    ),
    migrations.CreateModel(
        name="FootfallDay",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "stream", "day", blank=True, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("day", models.DateField()),
            ("counted", models.FloatField(null=True)),
            ("measured", models.IntegerField()),
            ("expected", models.IntegerField()),
            ("estimate", models.FloatField(null=True)),
            ("at", models.DateTimeField()),
            (
                "stream",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.stream",
                ),
            ),
        ],
        options={
            "db_table": "sensing_footfall_day",
        },
    ),
    migrations.CreateModel(
        name="Overflow",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("operator", models.CharField(max_length=100)),
            ("began_at", models.DateTimeField()),
            ("vehicles", models.IntegerField()),
            ("most", models.IntegerField()),
            ("room", models.IntegerField()),
            ("case_number", models.CharField(blank=True, default="", max_length=40)),
            ("due_at", models.DateTimeField()),
            ("cleared_at", models.DateTimeField(null=True)),
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
                "fence",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.fence",
                ),
            ),
            ("cell", models.BigIntegerField(null=True)),
            ("lat", models.FloatField(null=True)),
            ("lon", models.FloatField(null=True)),
            ("name", models.CharField(blank=True, default="", max_length=300)),
        ],
        options={
            "db_table": "sensing_overflow",
            "indexes": [models.Index(fields=["city", "operator", "began_at"], name="sensing_overflow_operator")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("cleared_at", None)),
                    fields=("city", "operator", "fence"),
                    name="sensing_overflow_open",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("cleared_at", None)),
                    fields=("city", "operator", "cell"),
                    name="sensing_overflow_open_outside",
                ),
                models.CheckConstraint(
                    condition=models.Q(("fence", None), ("cell", None), _connector="XOR"),
                    name="sensing_overflow_somewhere",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Vehicle",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("operator", models.CharField(max_length=100)),
            ("code", models.CharField(max_length=200)),
            ("form", models.CharField(blank=True, default="", max_length=60)),
            ("lon", models.FloatField()),
            ("lat", models.FloatField()),
            ("reserved", models.BooleanField(default=False)),
            ("disabled", models.BooleanField(default=False)),
            ("fence", models.BigIntegerField(null=True)),
            ("said_at", models.DateTimeField()),
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
            ("cell", models.BigIntegerField(null=True)),
        ],
        options={
            "db_table": "sensing_vehicle",
            "constraints": [
                models.UniqueConstraint(fields=("city", "operator", "code"), name="sensing_vehicle_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="VitalDay",
        fields=[
            ("area", models.CharField(max_length=100)),
            ("sign", models.CharField(max_length=100)),
            ("value", models.FloatField(null=True)),
            ("band", models.CharField(max_length=12)),
            ("streams", models.IntegerField()),
            ("heard", models.IntegerField()),
            ("grids", models.IntegerField()),
            ("measured", models.IntegerField()),
            ("known", models.IntegerField()),
            ("parts", models.IntegerField()),
            (
                "pk",
                models.CompositePrimaryKey(
                    "city",
                    "area",
                    "sign",
                    "day",
                    blank=True,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                ),
            ),
            ("day", models.DateField()),
            ("low", models.FloatField(null=True)),
            ("high", models.FloatField(null=True)),
            ("hours", models.IntegerField()),
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
            "db_table": "sensing_vital_day",
            "indexes": [models.Index(fields=["city", "day"], name="sensing_vital_day_day")],
        },
    ),
    migrations.CreateModel(
        name="VitalHour",
        fields=[
            ("area", models.CharField(max_length=100)),
            ("sign", models.CharField(max_length=100)),
            ("value", models.FloatField(null=True)),
            ("band", models.CharField(max_length=12)),
            ("streams", models.IntegerField()),
            ("heard", models.IntegerField()),
            ("grids", models.IntegerField()),
            ("measured", models.IntegerField()),
            ("known", models.IntegerField()),
            ("parts", models.IntegerField()),
            (
                "pk",
                models.CompositePrimaryKey(
                    "city",
                    "area",
                    "sign",
                    "at",
                    blank=True,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                ),
            ),
            ("at", models.DateTimeField()),
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
            "db_table": "sensing_vital_hour",
            "indexes": [models.Index(fields=["city", "at"], name="sensing_vital_hour_at")],
        },
    ),
    migrations.CreateModel(
        name="VitalRun",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "city", "hour", blank=True, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("hour", models.DateTimeField()),
            ("at", models.DateTimeField()),
            ("readings", models.BigIntegerField()),
            ("ended", models.BooleanField()),
            ("revised", models.IntegerField(default=0)),
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
            "db_table": "sensing_vital_run",
        },
    ),
    migrations.CreateModel(
        name="Warning",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("identifier", models.CharField(max_length=300)),
            ("sender", models.CharField(max_length=300)),
            ("sent", models.DateTimeField()),
            ("own", models.BooleanField(default=False)),
            ("feed", models.CharField(blank=True, default="", max_length=100)),
            ("kind", models.CharField(max_length=10)),
            ("status", models.CharField(max_length=10)),
            ("scope", models.CharField(max_length=12)),
            ("severity", models.CharField(max_length=10)),
            ("begins", models.DateTimeField()),
            ("expires", models.DateTimeField(null=True)),
            ("state", models.CharField(max_length=12)),
            ("replaced_by", models.CharField(blank=True, default="", max_length=300)),
            ("west", models.FloatField(null=True)),
            ("south", models.FloatField(null=True)),
            ("east", models.FloatField(null=True)),
            ("north", models.FloatField(null=True)),
            ("content", models.JSONField()),
            ("told", models.TextField()),
            ("received_at", models.DateTimeField()),
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
            "db_table": "sensing_warning",
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "standing")),
                    fields=["city", "expires"],
                    name="sensing_warning_standing",
                )
            ],
            "constraints": [
                models.UniqueConstraint(fields=("city", "sender", "identifier"), name="sensing_warning_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="Alarm",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("rule", models.CharField(max_length=60)),
            ("subject", models.CharField(max_length=120)),
            ("severity", models.CharField(max_length=20)),
            ("state", models.CharField(max_length=20)),
            ("raised_at", models.DateTimeField()),
            ("recorded_at", models.DateTimeField()),
            ("city_version", models.IntegerField()),
            ("type", models.CharField(blank=True, default="", max_length=60)),
            ("device_id", models.BigIntegerField(null=True)),
            ("stream_id", models.BigIntegerField(null=True)),
            ("area", models.CharField(max_length=100, null=True)),
            (
                "areas",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=100), default=list, size=None
                ),
            ),
            ("owner", models.CharField(max_length=100, null=True)),
            ("lon", models.FloatField(null=True)),
            ("lat", models.FloatField(null=True)),
            ("class_code", models.CharField(max_length=100, null=True)),
            ("value", models.FloatField(null=True)),
            ("stands", models.BooleanField()),
            ("changed_ms", models.BigIntegerField()),
            (
                "changes",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.BigIntegerField(), default=list, size=None
                ),
            ),
            ("flapping", models.BooleanField(default=False)),
            ("silenced_area", models.CharField(max_length=100, null=True)),
            ("silenced_by", models.BigIntegerField(null=True)),
            ("window_id", models.BigIntegerField(null=True)),
            ("acknowledged_at", models.DateTimeField(null=True)),
            ("acknowledged_by", models.CharField(blank=True, default="", max_length=150)),
            ("cleared_at", models.DateTimeField(null=True)),
            ("closed_at", models.DateTimeField(null=True)),
            ("closed_by", models.CharField(blank=True, default="", max_length=150)),
            ("rung", models.IntegerField(default=0)),
            ("escalate_at", models.DateTimeField(null=True)),
            ("verdict", models.CharField(blank=True, default="", max_length=10)),
            ("review", models.JSONField(null=True)),
            ("case_wanted", models.BooleanField(default=False)),
            ("case_id", models.BigIntegerField(null=True)),
            ("case_number", models.CharField(max_length=40, null=True)),
            ("told_stands", models.BooleanField(null=True)),
            ("evidence", models.JSONField(null=True)),
            ("version", models.IntegerField()),
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
            "db_table": "sensing_alarm",
            "indexes": [
                models.Index(fields=["city", "rule", "subject", "-id"], name="sensing_alarm_of_subject"),
                models.Index(fields=["city", "-raised_at", "-id"], name="sensing_alarm_newest"),
                models.Index(fields=["device_id", "-id"], name="sensing_alarm_device"),
                models.Index(
                    condition=models.Q(("state", "closed"), _negated=True),
                    fields=["city"],
                    name="sensing_alarm_open",
                ),
                models.Index(
                    condition=models.Q(("case_wanted", True)),
                    fields=["id"],
                    name="sensing_alarm_case_wanted",
                ),
                models.Index(
                    condition=models.Q(("case_id__isnull", False)),
                    fields=["case_id"],
                    name="sensing_alarm_case",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["raised", "acknowledged", "silenced"])),
                    fields=("city", "rule", "subject"),
                    name="sensing_alarm_one_stands",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="AlarmEntry",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("alarm_id", models.BigIntegerField()),
            ("move", models.CharField(max_length=30)),
            ("from_state", models.CharField(blank=True, max_length=20)),
            ("to_state", models.CharField(max_length=20)),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=30)),
            ("by_unit", models.CharField(max_length=100, null=True)),
            ("for_login", models.CharField(blank=True, default="", max_length=150)),
            ("reason", models.JSONField(null=True)),
            ("note", models.TextField(blank=True, default="")),
            ("changes", models.JSONField(default=dict)),
            ("occurred_at", models.DateTimeField()),
            ("recorded_at", models.DateTimeField()),
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
            "db_table": "sensing_alarm_entry",
            "indexes": [models.Index(fields=["alarm_id", "id"], name="sensing_alarm_entry_alarm")],
        },
    ),
    migrations.CreateModel(
        name="MaintenanceWindow",
        fields=[
            ("id", models.BigIntegerField(primary_key=True, serialize=False)),
            ("from_at", models.DateTimeField()),
            ("until_at", models.DateTimeField()),
            ("reason", models.CharField(max_length=300)),
            ("device_id", models.BigIntegerField(null=True)),
            ("area", models.CharField(max_length=100, null=True)),
            ("type", models.CharField(blank=True, default="", max_length=60)),
            ("owner", models.CharField(max_length=100, null=True)),
            (
                "areas",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=100), default=list, size=None
                ),
            ),
            ("planned_by", models.CharField(max_length=150)),
            ("planned_at", models.DateTimeField()),
            ("stopped_at", models.DateTimeField(null=True)),
            ("stopped_by", models.CharField(blank=True, default="", max_length=150)),
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
            "db_table": "sensing_window",
            "indexes": [models.Index(fields=["city", "until_at"], name="sensing_window_until")],
        },
    ),
    migrations.CreateModel(
        name="RuleState",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("part", models.CharField(default="", max_length=40)),
            ("city_version", models.IntegerField()),
            ("sequence", models.BigIntegerField()),
            ("at", models.DateTimeField()),
            ("state", models.BinaryField()),
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
            "db_table": "sensing_rule_state",
            "indexes": [models.Index(fields=["city", "part", "-id"], name="sensing_rule_state_newest")],
        },
    ),
    migrations.CreateModel(
        name="RuleTick",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("part", models.CharField(default="", max_length=40)),
            ("after", models.BigIntegerField()),
            ("now_ms", models.BigIntegerField()),
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
            "db_table": "sensing_rule_tick",
            "indexes": [models.Index(fields=["city", "part", "id"], name="sensing_rule_tick_order")],
        },
    ),
    migrations.CreateModel(
        name="FireRead",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=30)),
            ("by_unit", models.CharField(blank=True, default="", max_length=100)),
            ("reason", models.CharField(max_length=40)),
            ("at", models.DateTimeField()),
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
                "site",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.firesite",
                ),
            ),
        ],
        options={
            "db_table": "sensing_fire_read",
            "indexes": [models.Index(fields=["site", "-id"], name="sensing_fire_read_site")],
        },
    ),
    migrations.CreateModel(
        name="Replacement",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("at", models.DateTimeField()),
            ("reason", models.CharField(max_length=300)),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=30)),
            ("by_unit", models.CharField(blank=True, default="", max_length=100)),
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
                "new",
                models.ForeignKey(
                    db_constraint=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.device",
                ),
            ),
            (
                "old",
                models.OneToOneField(
                    db_constraint=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.device",
                ),
            ),
        ],
        options={
            "db_table": "sensing_replacement",
        },
    ),
    migrations.CreateModel(
        name="Calibration",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("day", models.DateField()),
            ("factor", models.FloatField()),
            ("offset", models.FloatField()),
            ("factor_before", models.FloatField()),
            ("offset_before", models.FloatField()),
            ("points", models.JSONField(default=list)),
            ("note", models.CharField(blank=True, default="", max_length=300)),
            ("next_due", models.DateField(null=True)),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=30)),
            ("by_unit", models.CharField(blank=True, default="", max_length=100)),
            ("recorded_at", models.DateTimeField()),
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
                "stream",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.stream",
                ),
            ),
        ],
        options={
            "db_table": "sensing_calibration",
            "indexes": [models.Index(fields=["stream", "-id"], name="sensing_calibration_stream")],
        },
    ),
    migrations.CreateModel(
        name="FirePlan",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("floor", models.CharField(blank=True, default="", max_length=40)),
            ("form", models.CharField(max_length=10)),
            ("width", models.IntegerField()),
            ("height", models.IntegerField()),
            ("picture", models.BinaryField()),
            ("digest", models.CharField(max_length=64)),
            ("changed_at", models.DateTimeField()),
            (
                "site",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.firesite",
                ),
            ),
        ],
        options={
            "db_table": "sensing_fire_plan",
            "constraints": [models.UniqueConstraint(fields=("site", "floor"), name="sensing_fire_plan_once")],
        },
    ),
    migrations.CreateModel(
        name="Combination",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("parts", models.IntegerField()),
            ("state", models.JSONField()),
            ("at", models.DateTimeField()),
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
            "db_table": "sensing_combination",
            "constraints": [models.UniqueConstraint(fields=("city", "parts"), name="sensing_combination_once")],
        },
    ),
    migrations.CreateModel(
        name="Condition",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("log", models.CharField(max_length=100)),
            ("sequence", models.BigIntegerField()),
            ("rule", models.CharField(max_length=100)),
            ("device", models.BigIntegerField()),
            ("raised", models.BooleanField()),
            ("at_ms", models.BigIntegerField()),
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
            "db_table": "sensing_condition",
            "indexes": [models.Index(fields=["city", "sequence", "id"], name="sensing_condition_order")],
        },
    ),
    migrations.CreateModel(
        name="FireChange",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("floor", models.CharField(max_length=40)),
            ("device", models.CharField(blank=True, default="", max_length=100)),
            ("x", models.FloatField(null=True)),
            ("y", models.FloatField(null=True)),
            ("digest", models.CharField(blank=True, default="", max_length=64)),
            ("by_login", models.CharField(max_length=150)),
            ("by_role", models.CharField(max_length=30)),
            ("by_unit", models.CharField(blank=True, default="", max_length=100)),
            ("at", models.DateTimeField()),
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
                "site",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="sensing.firesite",
                ),
            ),
        ],
        options={
            "db_table": "sensing_fire_change",
            "indexes": [models.Index(fields=["site", "-id"], name="sensing_fire_change_site")],
        },
    ),
    migrations.CreateModel(
        name="KnownStreams",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("highest", models.BigIntegerField()),
            ("since", models.DateTimeField()),
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
            "db_table": "sensing_known_streams",
            "constraints": [models.UniqueConstraint(fields=("city", "highest"), name="sensing_known_streams_once")],
        },
    ),
]


class Migration(migrations.Migration):
    replaces = [
        ("sensing", name)
        for name in (
            "0001_registry",
            "0003_sensorthings",
            "0004_vital_signs",
            "0005_ingest_checkpoint",
            "0006_alarms",
            "0008_feed_turns",
            "0009_fire_reads",
            "0010_device_life",
            "0012_bikes_outside_and_plans",
            "0013_parts_together",
            "0014_mended_streams",
            "0015_fire_changes",
            "0017_known_streams",
        )
    ]
    dependencies = [("city", "0002_tables_of_0_2")]
    operations = [AtOnce(TABLES)]
