"""Real messages without a place: all of them become reports that wait for a person."""

import csv
from datetime import UTC, datetime

import pytest
from django.db import connection

from cityloom.app.places import project_root
from cityloom.base.clock import GivenClock
from cityloom.base.ids import ids
from cityloom.city.actions.load_city import load_city
from cityloom.city.checks import check_folder
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.exchange.actions.import_cases import import_cases
from cityloom.exchange.mapping import read_mapping

EXAMPLE = project_root() / "examples" / "hotline_cn"
NOW = GivenClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def city(db):
    ids.forget()
    forget_cities()
    load_city(EXAMPLE, "test", NOW.now())
    return current_city("masked-a")


def test_the_folder_passes_the_check():
    _, problems = check_folder(EXAMPLE)
    assert problems == []


@pytest.mark.parametrize(
    ("table", "label", "cell", "classes", "because"),
    [
        ("labelled", "一级标签", "环境保护", {"mailbox:environment"}, "the class somebody named"),
        ("messages", "点赞数", "3", {None}, "no class told: a person decides"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_a_message_waits_with_its_place_open(table, label, cell, classes, because, city, tmp_path):
    file = tmp_path / f"{table}.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", label])
        writer.writerow(["7", "某人", "河边有异味", "2019-05-06 08:09:10", "傍晚气味更重，请来看看", cell])
    done = import_cases(city, file, read_mapping(EXAMPLE / f"{table}.map.toml"), NOW)
    assert (done.new, done.open, done.place_none) == (1, 1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT c.state, c.class_code, c.area, r.words FROM cases_case c, cases_report r")
        state, class_code, area, words = cursor.fetchone()
    assert (state, area, words) == ("registered", None, "河边有异味\n傍晚气味更重，请来看看")
    assert class_code in classes, because


@pytest.mark.real_data
@pytest.mark.django_db(transaction=True)
def test_all_real_messages_come_in(city, data_dir):
    folder = data_dir / "hotline_cn_2020"
    if not folder.is_dir():
        pytest.skip(f"the messages are not at {folder}")
    counts = {}
    for table in ("labelled", "messages", "replies"):
        done = import_cases(city, folder / f"{table}.csv", read_mapping(EXAMPLE / f"{table}.map.toml"), NOW)
        counts[table] = (done.rows, done.new, done.finished, done.rejected, done.place_none)
    assert counts == {
        "labelled": (908, 908, 0, 0, 908),
        "messages": (2917, 2917, 0, 0, 2917),
        "replies": (1993, 1993, 1992, 0, 1993),
    }
