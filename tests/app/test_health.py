"""The two answers for whoever watches the processes: alive, and ready with each look and its next step."""

import pytest
from django.test import override_settings

from cityloom.app import health
from cityloom.app.health_checks import is_ready, looks
from cityloom.app.ready import TablesOfNoRelease, waiting_migrations

NEEDED = ["database", "tables", "city", "keys", "storage"]
TOLD = {"outbox", "partners", "devices", "messages"}


@pytest.fixture(autouse=True)
def look_each_time(monkeypatch):
    """Each test sees its own moment."""
    monkeypatch.setattr(health, "LOOKS_KEPT_S", 0)


@pytest.fixture
def own_storage(tmp_path):
    """Photos go to a folder of the test's own."""
    with override_settings(MEDIA_ROOT=tmp_path):
        yield tmp_path


@pytest.fixture
def ready_answer(client, small_city, own_storage):
    return client.get("/readyz")


def by_name(answer):
    return {check["what"]: check for check in answer.json()["checks"]}


def test_healthz_answers_without_a_database(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_is_content_when_everything_needed_is_well(ready_answer):
    assert ready_answer.status_code == 200
    assert ready_answer.json()["status"] == "ready"
    checks = by_name(ready_answer)
    assert [name for name, check in checks.items() if check["needed"]] == NEEDED
    assert all(checks[name]["ok"] for name in NEEDED)
    assert all(check["ms"] >= 0 for check in checks.values())


def test_readyz_is_asked_anew_by_every_proxy(ready_answer):
    assert "no-store" in ready_answer.headers["Cache-Control"]


@pytest.mark.parametrize("needed", [False, True])
def test_what_is_only_told_does_not_make_it_unready(ready_answer, needed):
    told = [check for check in ready_answer.json()["checks"] if check["needed"] == needed]
    assert {check["what"] for check in told} == (set(NEEDED) if needed else TOLD)
    assert ready_answer.status_code == 200, "no message server runs in the tests"


@pytest.mark.django_db
def test_readyz_says_which_command_helps_when_a_migration_waits(client, own_storage):
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert by_name(answer)["tables"]["ok"] is False
    assert "cityloom migrate" in by_name(answer)["tables"]["next_step"]


@pytest.mark.django_db
def test_tables_of_a_state_between_two_releases_are_named(client, own_storage):
    from django.db.migrations.recorder import MigrationRecorder

    known = MigrationRecorder.Migration.objects.filter(app="sensing")
    known.filter(name="0001_tables").delete()  # what an unreleased state had of it stays
    known.filter(name="0017_known_streams").delete()
    with pytest.raises(TablesOfNoRelease, match="cityloom restore"):
        waiting_migrations()
    answer = client.get("/readyz")
    assert by_name(answer)["tables"]["ok"] is False
    assert "'sensing'" in by_name(answer)["tables"]["next_step"]


@pytest.mark.django_db
def test_readyz_asks_for_a_city_where_none_is_loaded(client, own_storage):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "cityloom city load" in by_name(answer)["city"]["next_step"]


def test_readyz_names_the_cities_there_are_when_the_one_named_is_not(client, small_city, own_storage):
    with override_settings(CITYLOOM_CITY="110000"):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "990100" in by_name(answer)["city"]["next_step"]


def test_readyz_sees_that_photos_cannot_be_written(client, small_city, tmp_path):
    (tmp_path / "media").write_text("a file where a folder should be")
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "CITYLOOM_MEDIA_ROOT" in by_name(answer)["storage"]["next_step"]


def test_the_look_at_the_storage_leaves_nothing_behind(ready_answer, own_storage):
    assert [path for path in own_storage.rglob("*") if path.is_file()] == []


def test_readyz_sees_that_the_keys_are_not_those_of_the_data(client, life, own_storage):
    from cityloom.base.crypto import new_key

    life.report()
    with override_settings(CITYLOOM_DATA_KEYS=[new_key()], CITYLOOM_DATA_KEY_FILE=None):
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "CITYLOOM_DATA_KEYS" in by_name(answer)["keys"]["next_step"]


def test_a_silent_database_is_said_and_what_rests_on_it_is_not_asked(client, small_city, own_storage, monkeypatch):
    from django.db import OperationalError, connection

    def silent():
        raise OperationalError("connection to server at 10.9.8.7, user city, password secret-word failed")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", silent)
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "tables" not in by_name(answer)
    assert "10.9.8.7" not in answer.text, "addresses, users and passwords are for the log of the database"
    assert "secret-word" not in answer.text


def test_an_old_outbox_is_told_with_its_length_and_age(life, own_storage):
    life.report()
    told = {look.what: look for look in looks()}
    assert not told["outbox"].ok, "the case was told of in June and nobody took it since"
    assert told["outbox"].says.startswith("1 wait, the oldest for ")
    assert is_ready(list(told.values()))


def test_a_message_server_that_is_away_is_told_without_its_password(small_city, own_storage):
    with override_settings(CITYLOOM_NATS_URL="nats://city:secret-word@127.0.0.1:9"):
        look = {look.what: look for look in looks()}["messages"]
    assert (look.ok, look.needed) == (False, False)
    assert "secret-word" not in str(look)


def test_every_look_that_finds_something_names_the_next_step(small_city, own_storage):
    with override_settings(CITYLOOM_CITY="110000", CITYLOOM_NATS_URL="nats://127.0.0.1:9"):
        found = [look for look in looks() if not look.ok]
    assert {look.what for look in found} >= {"city", "messages"}
    assert all(look.next_step for look in found)


def test_who_asks_again_and_again_is_told_what_was_found_a_moment_ago(client, small_city, own_storage, monkeypatch):
    asked = []
    monkeypatch.setattr(health, "LOOKS_KEPT_S", 60)
    monkeypatch.setattr(health, "_kept", [])
    monkeypatch.setattr(health, "looks", lambda: asked.append(1) or looks())
    for _ in range(5):
        assert client.get("/readyz").status_code == 200
    assert len(asked) == 1


def test_every_answer_forbids_scripts_that_are_not_our_own(client):
    policy = client.get("/healthz").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
