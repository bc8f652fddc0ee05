"""Tables and columns that release 0.2 adds: accounts, identities, words of classes, vital signs, payloads.

The database itself keeps what happened to an account: an event is never changed and never deleted.
"""

import django.db.models.deletion
from django.db import migrations, models

from cityloom.base.at_once import AtOnce

TABLES = [
    migrations.CreateModel(
        name="Account",
        fields=[
            ("login", models.CharField(max_length=150, primary_key=True, serialize=False)),
            ("password_set_at", models.DateTimeField(null=True)),
            ("must_change", models.BooleanField(default=False)),
        ],
        options={
            "db_table": "city_account",
        },
    ),
    migrations.CreateModel(
        name="AccountSession",
        fields=[
            ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
            ("login", models.CharField(db_index=True, max_length=150)),
            ("began_at", models.DateTimeField()),
            ("address", models.CharField(blank=True, max_length=60)),
            ("device", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "db_table": "city_account_session",
        },
    ),
    migrations.CreateModel(
        name="RecoveryCode",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("login", models.CharField(db_index=True, max_length=150)),
            ("digest", models.BinaryField()),
            ("made_at", models.DateTimeField()),
            ("used_at", models.DateTimeField(null=True)),
        ],
        options={
            "db_table": "city_recovery_code",
        },
    ),
    migrations.CreateModel(
        name="SecondFactor",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("login", models.CharField(max_length=150, unique=True)),
            ("key_sealed", models.BinaryField()),
            ("key_mark", models.BinaryField(default=b"")),
            ("made_at", models.DateTimeField()),
            ("confirmed_at", models.DateTimeField(null=True)),
            ("last_step", models.BigIntegerField(default=0)),
        ],
        options={
            "db_table": "city_second_factor",
        },
    ),
    migrations.CreateModel(
        name="AccountEvent",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("login", models.CharField(max_length=150)),
            ("kind", models.CharField(blank=True, max_length=60)),
            ("by_login", models.CharField(max_length=150)),
            ("at", models.DateTimeField()),
        ],
        options={
            "db_table": "city_account_event",
            "indexes": [models.Index(fields=["login", "-id"], name="city_account_event_login")],
        },
    ),
    migrations.CreateModel(
        name="Deputy",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("login", models.CharField(max_length=150)),
            ("deputy", models.CharField(max_length=150)),
            ("role", models.CharField(blank=True, max_length=60)),
            ("unit", models.CharField(blank=True, max_length=100)),
            ("area", models.CharField(blank=True, max_length=100)),
            ("first_day", models.DateField()),
            ("last_day", models.DateField()),
            ("set_by", models.CharField(max_length=150)),
            ("set_at", models.DateTimeField()),
            ("ended_by", models.CharField(blank=True, max_length=150)),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "city",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "city_deputy",
            "indexes": [
                models.Index(
                    condition=models.Q(("ended_at", None)),
                    fields=["city", "deputy", "last_day"],
                    name="city_deputy_deputy",
                ),
                models.Index(fields=["city", "login"], name="city_deputy_login"),
            ],
        },
    ),
    migrations.AddField(
        model_name="version",
        name="signatures",
        field=models.JSONField(default=list),
    ),
    migrations.CreateModel(
        name="CalendarLink",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("login", models.CharField(max_length=150)),
            ("role", models.CharField(blank=True, max_length=60)),
            ("unit", models.CharField(blank=True, max_length=100)),
            ("area", models.CharField(blank=True, max_length=100)),
            ("digest", models.BinaryField(unique=True)),
            ("made_at", models.DateTimeField()),
            ("last_used_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "city",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "city_calendar_link",
            "indexes": [models.Index(fields=["city", "login"], name="city_calendar_login")],
        },
    ),
    migrations.CreateModel(
        name="GroupMember",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
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
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "city_service_account",
            "constraints": [models.UniqueConstraint(fields=("city", "login"), name="city_service_account_once")],
        },
    ),
    migrations.CreateModel(
        name="ClassWords",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
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
    migrations.CreateModel(
        name="VitalSign",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.CharField(max_length=300)),
            ("version_from", models.IntegerField()),
            ("version_to", models.IntegerField(null=True)),
            ("digest", models.CharField(max_length=32)),
            ("code", models.CharField(blank=True, max_length=100)),
            ("name_zh", models.CharField(blank=True, max_length=300)),
            ("name_en", models.CharField(blank=True, max_length=300)),
            ("told", models.JSONField(default=dict)),
            (
                "city",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "city_vital_sign",
            "constraints": [
                models.UniqueConstraint(fields=("city", "key", "version_from"), name="city_vital_sign_key"),
                models.UniqueConstraint(
                    condition=models.Q(("version_to", None)),
                    fields=("city", "key"),
                    name="city_vital_sign_current",
                ),
            ],
        },
    ),
    migrations.AddField(
        model_name="alarmrule",
        name="more",
        field=models.JSONField(default=dict),
    ),
    migrations.CreateModel(
        name="Payload",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.CharField(max_length=300)),
            ("version_from", models.IntegerField()),
            ("version_to", models.IntegerField(null=True)),
            ("digest", models.CharField(max_length=32)),
            ("code", models.CharField(blank=True, max_length=100)),
            ("told", models.JSONField(default=dict)),
            (
                "city",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
                ),
            ),
        ],
        options={
            "db_table": "city_payload",
            "constraints": [
                models.UniqueConstraint(fields=("city", "key", "version_from"), name="city_payload_key"),
                models.UniqueConstraint(
                    condition=models.Q(("version_to", None)),
                    fields=("city", "key"),
                    name="city_payload_current",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ReaderWords",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.CharField(max_length=300)),
            ("version_from", models.IntegerField()),
            ("version_to", models.IntegerField(null=True)),
            ("digest", models.CharField(max_length=32)),
            ("code", models.CharField(blank=True, max_length=100)),
            ("told", models.JSONField(default=dict)),
            (
                "city",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="city.city",
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

GUARD = """
CREATE FUNCTION city_account_event_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to an account is only ever added to: event % stays', OLD.id;
END $$;
CREATE TRIGGER city_account_event_only_grows BEFORE UPDATE OR DELETE ON city_account_event
    FOR EACH ROW EXECUTE FUNCTION city_account_event_only_grows();
"""


class Migration(migrations.Migration):
    replaces = [
        ("city", name)
        for name in (
            "0002_accounts",
            "0003_account_events_only_grow",
            "0004_signatures",
            "0005_calendar_links",
            "0006_identity",
            "0007_class_words",
            "0008_vital_signs",
            "0009_alarm_rules",
            "0010_payloads",
            "0011_reader_words",
        )
    ]
    dependencies = [("city", "0001_initial")]
    operations = [AtOnce(TABLES), migrations.RunSQL(GUARD)]
