"""`cityloom check`: what rests on the database is looked at as well, each with its next step."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from django.test import override_settings

from cityloom.app.cli import main
from cityloom.app.ready import DATABASE_URL

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def check(monkeypatch, database_url, tmp_path):
    """Calls the command on the test's own database and photos: what was found, by name."""
    monkeypatch.setenv(DATABASE_URL, database_url)

    def call(**settings):
        with override_settings(MEDIA_ROOT=tmp_path, **settings):
            done = CliRunner().invoke(main, ["check", "--json"])
        return {finding["what"]: finding for finding in json.loads(done.stdout)}

    return call


def test_a_whole_installation_is_found_whole(check, small_city):
    found = check()
    for what in ("database", "city", "keys", "storage"):
        assert found[what]["ok"], found[what]


def test_that_no_city_is_loaded_yet_is_told_with_the_command_and_is_no_lack(check):
    city = check()["city"]
    assert city["ok"]
    assert "cityloom city load" in city["says"]


def test_keys_that_are_not_those_of_the_data_are_a_lack(check, life):
    from cityloom.base.crypto import new_key

    life.report()
    keys = check(CITYLOOM_DATA_KEYS=[new_key()], CITYLOOM_DATA_KEY_FILE=None)["keys"]
    assert not keys["ok"]
    assert "CITYLOOM_DATA_KEYS" in keys["says"]


def test_without_its_tables_nothing_that_rests_on_them_is_asked(check):
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="sessions").delete()
    try:
        found = check()
    finally:
        MigrationRecorder.Migration.objects.create(app="sessions", name="0001_initial")
    assert "cityloom migrate" in found["database"]["says"]
    assert "city" not in found
