"""A folder becomes the next version of its city: whole, once, and with its past kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from tests.city.small_city import CITY_CODE, write_small_city

from cityloom.city import models
from cityloom.city.actions.load_city import FolderRefused, TableChange, load_city
from cityloom.city.snapshot import (
    NoSuchCity,
    NoSuchVersion,
    city_at_version,
    current_city,
    forget_cities,
    list_cities,
)
from cityloom.city.values import Role

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 1, 8, tzinfo=UTC)
LATER = datetime(2026, 2, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_remembered():
    forget_cities()
    yield
    forget_cities()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_city(tmp_path / "city")


def rewrite(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def test_the_first_load_writes_every_row_as_version_one(folder):
    result = load_city(folder, "steward", AT)
    assert (result.version, result.unchanged) == (1, False)
    assert result.tables["areas"] == TableChange(total=47, added=47, changed=0, removed=0)
    stored = models.Version.objects.get(city__code=CITY_CODE, number=1)
    assert (stored.loaded_by, stored.loaded_at) == ("steward", AT)
    assert stored.counts["components"] == {"total": 6, "added": 6, "changed": 0, "removed": 0}


def test_loading_the_same_folder_again_makes_no_version(folder):
    load_city(folder, "steward", AT)
    result = load_city(folder, "steward", LATER)
    assert (result.version, result.unchanged) == (1, True)
    assert models.Version.objects.count() == 1
    assert not models.Area.objects.filter(version_from__gt=1).exists()


def test_a_change_touches_only_the_rows_that_changed(folder):
    load_city(folder, "steward", AT)
    rewrite(folder, "standards.csv", "灯不亮,lamp out,ordinary,1,", "灯不亮,lamp out,ordinary,2,")
    rewrite(folder, "components.geojson", '"9901010137000001"', '"9901010137000009"')
    result = load_city(folder, "steward", LATER)
    assert result.version == 2
    assert result.tables["standards"] == TableChange(total=18, added=0, changed=1, removed=0)
    assert result.tables["components"] == TableChange(total=6, added=1, changed=0, removed=1)
    assert result.tables["areas"] == TableChange(total=47, added=0, changed=0, removed=0)


def test_an_older_version_still_says_what_it_said(folder):
    load_city(folder, "steward", AT)
    rewrite(folder, "standards.csv", "灯不亮,lamp out,ordinary,1,", "灯不亮,lamp out,ordinary,2,")
    rewrite(folder, "city.toml", "radius_m = 50", "radius_m = 80")
    load_city(folder, "steward", LATER)
    now, then = current_city(CITY_CODE), city_at_version(CITY_CODE, 1)
    day = date(2026, 3, 1)
    assert now.standard("gb2013:0137", day).limit == 2
    assert then.standard("gb2013:0137", day).limit == 1
    assert (now.settings.twin_radius_m, then.settings.twin_radius_m) == (80, 50)
    assert city_at_version(CITY_CODE, 2) is now


def test_a_folder_set_back_to_what_it_was_is_a_new_version_that_says_the_old(folder):
    load_city(folder, "steward", AT)
    rewrite(folder, "units.csv", "Drainage Company", "Water Company")
    load_city(folder, "steward", LATER)
    rewrite(folder, "units.csv", "Water Company", "Drainage Company")
    assert load_city(folder, "steward", LATER).version == 3
    names = [city_at_version(CITY_CODE, n).unit("water_co").name.en for n in (1, 2, 3)]
    assert names == ["Drainage Company", "Water Company", "Drainage Company"]


def test_a_folder_with_an_error_changes_nothing(folder):
    load_city(folder, "steward", AT)
    rewrite(folder, "duties.csv", "water_co,lead", "water_company,lead")
    with pytest.raises(FolderRefused) as refused:
        load_city(folder, "steward", LATER)
    assert {p.code for p in refused.value.problems if p.level == "error"} == {"code_unknown"}
    assert current_city(CITY_CODE).version == 1


def test_people_get_accounts_that_work_only_after_a_password_was_set(folder):
    load_city(folder, "steward", AT)
    users = get_user_model().objects
    assert users.count() == 21
    agent = users.get(username="agent")
    assert (agent.first_name, agent.is_active, agent.has_usable_password()) == ("安小雨", True, False)


def test_a_person_who_left_cannot_sign_in_and_one_who_came_back_can(folder):
    users = get_user_model().objects
    load_city(folder, "steward", AT)
    line = "callback,焦问,callback_agent,hotline,,,\n"
    rewrite(folder, "people.csv", line, "")
    load_city(folder, "steward", LATER)
    assert not users.get(username="callback").is_active
    rewrite(folder, "people.csv", "supervisor,苏督", line + "supervisor,苏督")
    load_city(folder, "steward", LATER)
    assert users.get(username="callback").is_active


def test_an_account_put_to_sleep_by_an_administrator_is_not_woken_by_a_load(folder):
    users = get_user_model().objects
    load_city(folder, "steward", AT)
    users.filter(username="checker").update(is_active=False)
    rewrite(folder, "people.csv", "程核", "程合")
    load_city(folder, "steward", LATER)
    checker = users.get(username="checker")
    assert (checker.first_name, checker.is_active) == ("程合", False)


def test_a_load_leaves_the_password_of_an_account_that_was_there(folder):
    users = get_user_model().objects
    users.create_user("admin", password="kept-as-it-was")
    load_city(folder, "steward", AT)
    assert users.get(username="admin").check_password("kept-as-it-was")


def test_a_new_version_swaps_in_for_those_who_ask_again(folder, monkeypatch):
    load_city(folder, "steward", AT)
    before = current_city(CITY_CODE)
    rewrite(folder, "units.csv", "Drainage Company", "Water Company")
    monkeypatch.setattr("cityloom.city.actions.load_city.forget_cities", lambda: None)  # another process
    load_city(folder, "steward", LATER)
    moment = [1000.0]
    monkeypatch.setattr("cityloom.city.snapshot._kept", {CITY_CODE: _asked(before, moment[0])})
    monkeypatch.setattr("cityloom.city.snapshot.time.monotonic", lambda: moment[0])
    assert current_city(CITY_CODE) is before
    moment[0] += 1.0
    assert current_city(CITY_CODE).unit("water_co").name.en == "Water Company"
    assert before.unit("water_co").name.en == "Drainage Company"


def _asked(city, at):
    from cityloom.city.snapshot import Identity, _Kept

    return _Kept(city, Identity(city.id, city.version, city.digest), at)


def test_asking_for_the_city_again_at_once_costs_no_statement(folder, django_assert_num_queries):
    load_city(folder, "steward", AT)
    current_city(CITY_CODE)
    with django_assert_num_queries(0):
        assert current_city(CITY_CODE).version == 1


def test_an_older_version_is_read_once_and_then_kept(folder, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr("cityloom.city.snapshot.CHECK_EVERY_S", 3600)  # however slow the machine
    load_city(folder, "steward", AT)
    rewrite(folder, "units.csv", "Drainage Company", "Water Company")
    load_city(folder, "steward", LATER)
    current_city(CITY_CODE)
    before = city_at_version(CITY_CODE, 1)
    with django_assert_num_queries(0):
        assert city_at_version(CITY_CODE, 1) is before


def test_a_city_or_version_that_does_not_exist_is_told_with_what_exists(folder):
    load_city(folder, "steward", AT)
    with pytest.raises(NoSuchCity, match="known: 990100"):
        current_city("123456")
    with pytest.raises(NoSuchVersion, match="the newest is 1"):
        city_at_version(CITY_CODE, 7)


def test_cities_are_listed_with_their_current_version(folder):
    assert list_cities() == []
    load_city(folder, "steward", AT)
    (listed,) = list_cities()
    assert (listed.code, listed.name.zh, listed.version) == (CITY_CODE, "小城", 1)


def test_the_stored_city_is_the_folder_read_back(folder):
    from cityloom.city.folder import read_folder

    load_city(folder, "steward", AT)
    said, _ = read_folder(folder)
    city = current_city(CITY_CODE)
    assert city.config == said.config
    assert set(city.areas.values()) == set(said.areas)
    assert set(city.units.values()) == set(said.units)
    assert {p for posts in city.posts.values() for p in posts} == set(said.posts)
    assert set(city.classes.values()) == set(said.classes)
    assert {s for rows in city.standards.values() for s in rows} == set(said.standards)
    assert set(city.duties) == set(said.duties)
    assert set(city.components.values()) == set(said.components)
    assert set(city.things.values()) == set(said.things)
    assert set(city.rules.values()) == set(said.rules)
    assert list(city.indicators.values()) == list(said.indicators)
    assert dict(city.features) == {"parks": said.features}
    assert city.posts_of("deputy", date(2026, 5, 1))[0].role is Role.CHECKER


@pytest.mark.django_db(transaction=True)
def test_two_loads_at_once_wait_for_each_other(folder):
    def load(_: int) -> tuple[int, bool]:
        try:
            result = load_city(folder, "steward", AT)
            return result.version, result.unchanged
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(load, range(2))) == [(1, False), (1, True)]
    assert models.Area.objects.count() == 47
