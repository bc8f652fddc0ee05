"""A device is found by any part of its code or its names, whatever their case; the index of pairs says the same."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from cityloom.city.values import Post, Role
from cityloom.sensing import device_queries
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.device_queries import _PAIRS, list_devices
from cityloom.sensing.models import Device

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SEES_ALL = Post("x", Role.SUPERVISOR)
CALLED = {
    "level-1": ("河边水位计", "Gauge by the river"),
    "level-2": ("桥下水位计", "Gauge under the bridge"),
    "smoke-9": ("一号楼烟感", "Smoke 100% detector"),
}


@pytest.fixture
def city(small_city):
    load_devices(small_city)
    one = Device.objects.get(code="level-1")
    for code, (one.name_zh, one.name_en) in CALLED.items():
        one.pk = None if code != one.code else one.pk
        one.code = code
        one.save()
    return small_city


@pytest.mark.parametrize(
    ("words", "found", "because"),
    [
        ("level-", {"level-1", "level-2"}, "a part of the code"),
        ("水位", {"level-1", "level-2"}, "two signs are a word"),
        ("楼", {"smoke-9"}, "a single sign is a part too"),
        ("GAUGE BY", {"level-1"}, "case does not count"),
        (" 桥下水位计 ", {"level-2"}, "the whole name, blanks around it left out"),
        ("0% d", {"smoke-9"}, "a sign of patterns is only itself"),
        ("l_vel", set(), "the same"),
        ("1河边", set(), "not across the end of the code and the beginning of the name"),
        ("水位计桥下", set(), "all pairs but one in another order"),
    ],
)
def test_a_device_is_found_by_any_part_of_its_code_or_names(city, monkeypatch, words, found, because):
    with connection.cursor() as cursor:
        for many in (5_000, 0):  # few enough for the index to name them, too many
            monkeypatch.setattr(device_queries, "MANY_FOUND", many)
            rows = list_devices(cursor, city, SEES_ALL, NOW, find=words)
            assert {row.code for row in rows} & set(CALLED) == found, because


def test_the_search_is_answered_by_the_index_of_pairs(city):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM sensing_device d WHERE {_PAIRS} @> sensing_pairs('水位')")
        assert "sensing_device_pairs" in "\n".join(row[0] for row in cursor.fetchall())
