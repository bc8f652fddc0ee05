"""A mapping is read whole or refused with everything that is wrong in it."""

import copy

import pytest
from tests.exchange.records_of_small_city import MAPPING

from cityloom.app.places import project_root
from cityloom.base.reasons import render
from cityloom.exchange.mapping import BadMapping, NoMapping, check_mapping, parse_mapping, read_mapping


def changed(path: str, value: object) -> dict:
    data = copy.deepcopy(MAPPING)
    *tables, key = path.split(".")
    at = data
    for table in tables:
        at = at.setdefault(table, {})
    at[key] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "told", "because"),
    [
        ("colums", {}, "unknown key colums (nearest known: columns)", "a misspelt table"),
        (
            "columns.opend_at",
            "x",
            "unknown key columns.opend_at (nearest known: columns.opened_at)",
            "a misspelt key",
        ),
        ("source.name", "", "source.name is missing", "records are known by their source's name"),
        ("source.name", "a:b", "a short name without a colon", "the colon parts name and id"),
        ("source.format", "xml", "csv, xlsx, json, geojson", "no such reader"),
        ("source.encoding", "utf-9", "utf-8, gb18030", "no such encoding"),
        ("source.time_zone", "Beijing", "an IANA name", "no such zone"),
        ("columns.opened_at", ["a", "b"], "one column", "only texts are joined of several"),
        ("columns.words", [], "the name of a column", "an empty list names nothing"),
        ("columns.class_from", "kind", "left out where columns.class is given", "a class comes from one place"),
        ("values.source", {"电话": "telephone"}, "known: resident, hotline", "our words are fixed"),
        ("values.solved", {"是": "yep"}, "yes (known: yes, partly, no)", "the nearest word is named"),
        ("defaults.source", "phone", "known: resident", "defaults are words of ours"),
        ("skip_points.points", [110.0, 30.0], "[[lon, lat], …]", "a list of points"),
        ("skip_points.within_deg", -1, "zero or more", "a distance"),
        ("time.format", "YYYY-MM-DD", 'like "%Y-%m-%d %H:%M"', "a format of strptime"),
        ("classes.slug", "yes", "true or false", "a truth value"),
    ],
)
def test_a_wrong_mapping_is_refused_with_what_would_be_right(path, value, told, because):
    with pytest.raises(BadMapping) as refused:
        parse_mapping(changed(path, value), "old.toml")
    assert told in str(refused.value), because
    assert "old.toml" in str(refused.value)
    assert all(render(problem, "zh") for problem in refused.value.problems)


@pytest.mark.parametrize(("column", "other"), [("lon", "lat"), ("lat", "lon")])
def test_half_a_point_is_no_mapping(column, other):
    data = copy.deepcopy(MAPPING)
    del data["columns"][column]
    assert [str(p.params["key"]) for p in check_mapping(data)] == [f"columns.{column}"]


def test_everything_wrong_is_told_at_once():
    with pytest.raises(BadMapping) as refused:
        parse_mapping({"source": {}, "columns": {"clas": "x"}, "more": {}})
    assert len(refused.value.problems) == 5
    assert "缺少" in refused.value.in_language("zh")


def test_a_mapping_that_is_absent_or_no_toml_is_told(tmp_path):
    with pytest.raises(NoMapping, match="there is no mapping file"):
        read_mapping(tmp_path / "map.toml")
    (tmp_path / "map.toml").write_text("[source\n", encoding="utf-8")
    with pytest.raises(NoMapping, match="is not valid TOML"):
        read_mapping(tmp_path / "map.toml")


@pytest.mark.parametrize(
    "file", sorted((project_root() / "examples").glob("*/*map.toml")), ids=lambda p: p.parent.name
)
def test_every_shipped_mapping_can_be_read(file):
    assert read_mapping(file).columns["source_id"]
