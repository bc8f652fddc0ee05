"""A hotline's table of work orders comes into any city by the names that the city gives its things."""

from __future__ import annotations

from datetime import UTC, datetime

import openpyxl
import pytest
from django.db import connection

from cityloom.app.places import project_root
from cityloom.base.clock import GivenClock
from cityloom.cases.keeping import get_file
from cityloom.cases.reporters import is_phone_of
from cityloom.exchange.actions.import_cases import import_cases
from cityloom.exchange.mapping import read_mapping
from cityloom.exchange.names_of_city import area_names, class_names, unit_names

pytestmark = pytest.mark.django_db(transaction=True)
MAP = project_root() / "examples" / "workorder12345" / "map.toml"
COLUMNS = (
    "工单编号", "类型", "问题分类", "标签", "标题", "主要内容", "状态", "来电人", "电话", "被反映区", "街乡镇",
    "办理结果",
    "回复内容", "受理方式", "受理时间", "办结时间", "企业名称", "是否解决", "是否满意", "工单性质", "村/社区", "点位",
    "承办单位", "协办单位", "转办单位",
)  # fmt: skip
GOOD = {
    "工单编号": "GD20250603001", "类型": "投诉", "问题分类": "噪声扰民", "标签": "夜间", "标题": "夜间施工",
    "主要内容": "工地半夜还在打桩", "状态": "已办结", "来电人": "秦晓梅", "电话": "13800138000", "办理结果": "已停工",
    "回复内容": "已告知", "受理方式": "电话", "受理时间": "2025-06-03 09:00:00",
    "办结时间": "2025-06-05 15:00:00",
    "是否解决": "是", "是否满意": "基本满意", "工单性质": "主办", "点位": "110.0011,30.0011",
    "承办单位": "东南街道办",
}  # fmt: skip


@pytest.fixture
def taken(small_city, tmp_path):
    """Import rows made of the good one and give the counts and the cases by their work order."""

    def run(*changes):
        book = openpyxl.Workbook()
        book.active.append(COLUMNS)
        for number, change in enumerate(changes, 1):
            row = {**GOOD, "工单编号": f"GD{number}", **change}
            book.active.append([row.get(column) for column in COLUMNS])
        book.save(tmp_path / "orders.xlsx")
        clock = GivenClock(datetime(2026, 1, 1, tzinfo=UTC))
        mapping = read_mapping(MAP)
        done = import_cases(small_city, tmp_path / "orders.xlsx", mapping, clock, rejects=tmp_path / "rejects.csv")
        with connection.cursor() as cursor:
            cursor.execute("SELECT import_key, number FROM cases_case")
            found = {
                key.partition(":")[2]: get_file(cursor, small_city.id, number) for key, number in cursor.fetchall()
            }
        return done, found

    return run


def test_an_order_becomes_a_case_with_its_callback_and_a_sealed_caller(taken):
    done, cases = taken({})
    file = cases["GD1"]
    assert done.rejected_by == {}
    assert (file.case.class_code, file.case.state, file.case.lead_unit) == ("hotline:0101", "closed", "street_e1")
    assert (file.reports[0].solved, file.reports[0].satisfied) == ("yes", "basically")
    assert file.reports[0].state == "called_back"
    assert file.case.outcome["text"] == "已停工\n已告知"
    with connection.cursor() as cursor:
        cursor.execute("SELECT name_sealed::text || phone_sealed::text FROM cases_reporter")
        (sealed,) = cursor.fetchone()
        cursor.execute("SELECT e::text FROM cases_entry e")
        (entry,) = cursor.fetchone()
        assert is_phone_of(cursor, file.reports[0].reporter_id, "13800138000")
    assert "13800138000" not in sealed + entry
    assert "秦晓梅" not in sealed + entry


@pytest.mark.parametrize(
    ("change", "tasks", "because"),
    [
        ({}, [("street_e1", "lead", "done", 1)], "the unit leads"),
        (
            {"协办单位": "东区城市管理局、东北街道办"},
            [
                ("street_e1", "lead", "done", 1),
                ("east_urban", "assist", "done", 1),
                ("street_e2", "assist", "done", 1),
            ],
            "others assist",
        ),
        ({"工单性质": "协办"}, [("street_e1", "assist", "done", 1)], "it assists, and nobody known leads"),
        (
            {"工单性质": "转办", "转办单位": "东区城市管理局"},
            [("east_urban", "lead", "passed_on", 1), ("street_e1", "lead", "done", 2)],
            "it leads after another passed it on",
        ),
        (
            {"工单性质": "转办", "办结时间": None, "状态": "办理中", "转办单位": "东区城市管理局"},
            [("east_urban", "lead", "passed_on", 1), ("street_e1", "lead", "sent", 2)],
            "open: only the one it was passed to still owes it",
        ),
    ],
)
def test_lead_assist_and_passed_on_become_tasks(taken, change, tasks, because):
    _, cases = taken(change)
    file = cases["GD1"]
    assert [(t.unit, t.role, t.state, t.hop) for t in file.tasks] == tasks, because
    if file.lead is not None:
        assert file.lead.unit == file.case.lead_unit == "street_e1"


def test_an_area_is_found_by_its_names_and_a_point_in_one_cell_goes_first(taken, small_city):
    street = small_city.areas["990101002"].name.zh
    district = small_city.areas["990101"].name.zh
    done, cases = taken(
        {"点位": None, "被反映区": district, "街乡镇": street},
        {"被反映区": district, "街乡镇": street},
        {"点位": "110.0011"},
        {"点位": None, "被反映区": "月亮区"},
    )
    assert cases["GD1"].case.area == "990101002"
    assert cases["GD2"].case.lon == 110.0011
    assert done.rejected_by == {"row.half_point": 1, "row.unknown_area": 1}


def test_a_name_that_is_not_known_rejects_the_row(taken):
    done, _ = taken({"问题分类": "外星人来访"}, {"承办单位": "月球办"}, {"协办单位": "东北街道办、月球办"})
    assert done.rejected_by == {"row.unknown_class": 1, "row.unknown_unit": 2}


def test_names_that_stand_for_two_things_stand_for_none(small_city):
    areas = area_names(small_city)
    names = [area.name.zh for area in small_city.areas.values()]
    for code, area in small_city.areas.items():
        if names.count(area.name.zh) == 1:
            assert areas[area.name.zh] == code
        else:
            assert area.name.zh not in areas
    assert unit_names(small_city)["东南街道办"] == "street_e1"
    assert set(class_names(small_city).values()) <= set(small_city.leaves)
