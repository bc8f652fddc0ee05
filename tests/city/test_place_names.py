"""Places found by what somebody types, among the names of the city's own folder."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely

from cityloom.city.folder_values import Feature
from cityloom.city.place_names import find_places, name_road
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name


def _line(*points: tuple[float, float]) -> bytes:
    return bytes(shapely.to_wkb(shapely.LineString(points)))


def _road(code: str, zh: str, en: str, *points: tuple[float, float], kind: str = "street") -> Feature:
    return Feature("roads", code, Name(zh, en), kind, {}, _line(*points))


@pytest.fixture
def city(small_city: City) -> City:
    """The small city with three roads, one of two pieces, and a clinic."""
    roads = (
        _road("R1", "松塘路", "Songtang Road", (110.001, 30.001), (110.002, 30.001)),
        _road("R2", "松塘路", "Songtang Road", (110.002, 30.001), (110.006, 30.001)),
        _road("R3", "松塘路北段", "Songtang Road North", (110.001, 30.006), (110.006, 30.006)),
        _road("R4", "松塘小径", "Songtang Path", (110.001, 30.0012), (110.006, 30.0012), kind="path"),
    )
    clinic = Feature(
        "facilities", "F1", Name("松塘诊所", "Songtang Clinic"), "clinic", {}, _line((110, 30), (110, 30))
    )
    return replace(small_city, features={"roads": roads, "facilities": (clinic,)})


@pytest.mark.parametrize(
    ("typed", "first", "because"),
    [
        ("松塘路", "松塘路", "the name itself comes before longer ones"),
        ("松塘路18号", "松塘路", "a name inside what was typed is meant"),
        ("songtang cl", "松塘诊所", "either language, in small letters"),
        ("北段", "松塘路北段", "a part of a name is enough"),
        ("Southeast Str", "东南", "areas are places, too"),
    ],
)
def test_a_place_is_found_by_a_part_of_its_name(city: City, typed: str, first: str, because: str):
    found = find_places(city, typed, "zh")
    assert found, because
    assert found[0].name.zh.startswith(first), because


def test_a_road_of_many_pieces_is_one_place_on_its_longest_piece(city: City):
    found = [p for p in find_places(city, "松塘路", "zh") if p.name.zh == "松塘路"]
    assert [(round(p.lon, 4), round(p.lat, 4)) for p in found] == [(110.004, 30.001)]


@pytest.mark.parametrize("typed", ["", "   ", "没有这个地方"])
def test_nothing_is_found_for_nothing(city: City, typed: str):
    assert find_places(city, typed, "zh") == []


@pytest.mark.parametrize(
    ("lon", "lat", "road", "because"),
    [
        (110.003, 30.0011, "松塘路", "a path beside the road lends no name"),
        (110.003, 30.004, None, "the next road is too far away"),
    ],
)
def test_the_road_somebody_stands_on_is_named(city: City, lon: float, lat: float, road: str | None, because: str):
    found = name_road(city, lon, lat)
    assert (found.zh if found else None) == road, because
