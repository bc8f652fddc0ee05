"""A row becomes a record or is refused with the first thing that is wrong."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.exchange.records_of_small_city import MAPPING, mapping, row

from cityloom.base.reasons import render
from cityloom.exchange.mapping import parse_mapping
from cityloom.exchange.records import BadRow, RecordReader

ZONE = ZoneInfo("Asia/Shanghai")


def read(cells, **tables):
    return RecordReader(mapping(**tables), ZONE).read(2, cells)


def test_a_good_row_is_read_in_our_words():
    record = read(row())
    assert (record.key, record.row, record.source) == ("old-hotline:1", 2, "hotline")
    assert record.opened_at == datetime(2025, 6, 3, 1, 10, tzinfo=UTC)
    assert (record.lon, record.lat, record.was_default_point) == (110.0011, 30.0011, False)
    assert (record.unit, record.solved, record.outcome) == ("street_e1", None, "已劝停")


@pytest.mark.parametrize(
    ("changes", "code", "because"),
    [
        ({"id": " "}, "row.no_source_id", "without an id it could come twice"),
        ({"opened": ""}, "row.no_opened", "a case begins some time"),
        ({"opened": "3 June"}, "row.bad_time", "no time in the stated format"),
        ({"closed": "2025-06-31 10:00:00"}, "row.bad_time", "June has 30 days"),
        ({"closed": "2025-06-01 10:00:00"}, "row.closed_before_opened", "closed before it was opened"),
        ({"x": "east"}, "row.bad_number", "no number"),
        ({"x": "nan"}, "row.bad_number", "a number that is none"),
        ({"x": ""}, "row.half_point", "only a latitude"),
        ({"x": "30.0011", "y": "110.0011"}, "row.swapped_point", "a latitude above 90 that is a longitude"),
        ({"x": "4321000", "y": "39000"}, "row.bad_point", "metres of a projection"),
        ({"via": "传真"}, "row.unknown_word", "a word without a meaning"),
        ({"said": "a\0b"}, "row.nul", "no database text"),
        ({"id": "9" * 200}, "row.too_long", "longer than an id may be"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(changes, code, because):
    with pytest.raises(BadRow) as refused:
        read(row(**changes))
    assert refused.value.reason.code == code, because
    assert render(refused.value.reason, "zh") != render(refused.value.reason, "en")


@pytest.mark.parametrize(
    ("text", "format", "expected", "because"),
    [
        ("2025-06-03T09:10:00+00:00", "", (2025, 6, 3, 9, 10), "an offset counts"),
        ("2025-06-03 09:10:00", "", (2025, 6, 3, 1, 10), "without one the source's zone counts"),
        ("2025-06-03", "", (2025, 6, 2, 16, 0), "a day begins at its midnight"),
        ("3/6/2025 9:10", "%d/%m/%Y %H:%M", (2025, 6, 3, 1, 10), "in the stated format"),
    ],
)
def test_times_are_read_with_their_zone(text, format, expected, because):
    tables = {"time": {"format": format}} if format else {}
    record = read(row(opened=text, closed="", due=""), **tables)
    assert record.opened_at == datetime(*expected, tzinfo=UTC), because


@pytest.mark.parametrize(
    ("x", "y", "expected", "because"),
    [
        ("110.0", "30.0", (None, None, True), "the default point means no place"),
        ("110.00004", "30.0", (None, None, True), "so does what is rounded to it"),
        ("110.0002", "30.0", (110.0002, 30.0, False), "its neighbour is a place"),
        ("", "", (None, None, False), "no point told"),
    ],
)
def test_a_default_point_is_no_place(x, y, expected, because):
    record = read(row(x=x, y=y))
    assert (record.lon, record.lat, record.was_default_point) == expected, because


@pytest.mark.parametrize(
    ("columns", "classes", "values", "cell", "expected", "because"),
    [
        ({"class": "kind"}, {}, {}, "hotline:0101", "hotline:0101", "a code with its scheme"),
        ({"class": "kind"}, {"scheme": "hotline"}, {}, "0101", "hotline:0101", "a code without one"),
        ({"class_from": "kind"}, {"scheme": "old", "slug": True}, {}, "Street Lamp!", "old:street-lamp", "a slug"),
        ({"class_from": "kind"}, {"scheme": "old"}, {"噪声": "0101"}, "噪声", "old:0101", "a translated name"),
        ({"class_from": "kind"}, {"scheme": "old"}, {"其他": ""}, "其他", None, "a name that means no class"),
        ({"class": "kind"}, {}, {}, "", None, "no class told"),
    ],
)
def test_a_class_comes_from_a_code_or_a_name(columns, classes, values, cell, expected, because):
    plain = {key: name for key, name in MAPPING["columns"].items() if key != "class"}
    data = {**MAPPING, "columns": {**plain, **columns}, "classes": classes}
    data["values"] = {**MAPPING["values"], "class": values}
    assert RecordReader(parse_mapping(data), ZONE).read(2, row(kind=cell)).class_code == expected, because


def test_several_columns_are_joined_and_the_same_text_is_said_once():
    columns = {**MAPPING["columns"], "words": ["said", "done", "said"]}
    assert read(row(), columns=columns).words == "夜里施工很吵\n已劝停"
