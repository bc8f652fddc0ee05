"""Shared bikes: who stands in which place, what is too much of whom, how operators did; and the real places."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import shapely
from django.db import connection
from tests.cases.life import at
from tests.city.small_city import CITY_TOML, write_small_city

from cityloom.base.clock import GivenClock
from cityloom.base.ids import ids
from cityloom.city.actions.load_city import load_city
from cityloom.city.checks import check_folder
from cityloom.city.scenarios import Scenarios
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.exchange.actions.pull_gbfs import pull_gbfs
from cityloom.exchange.demo.bike_past import tell_bike_past
from cityloom.exchange.demo.fleets import Fleets, Place
from cityloom.exchange.fence_files import BadFenceFile, read_fences, rows_of
from cityloom.exchange.fetching import NoDocument
from cityloom.exchange.gbfs import writing
from cityloom.exchange.gbfs.writing import VehicleRow
from cityloom.sensing.actions.watch_bikes import NoBikes, NoSuchOperator, bike_rules, operator_of
from cityloom.sensing.bike_rows import count_in_places, keep_fences, list_cleared_heaps, list_open_heaps, standings
from cityloom.sensing.bikes import (
    Heap,
    Places,
    Standing,
    area_m2,
    cells_outside,
    heaps_of,
    is_cleared,
    room_of,
    shares_of_room,
    vehicles_of,
)
from cityloom.sensing.indicators import Band
from cityloom.sensing.keep_feeds import list_feeds

METRE = 1 / 111_320.0  # of latitude, in degrees


def box(lon: float, lat: float, wide: float = 1e-4, high: float = 1e-4) -> bytes:
    return shapely.to_wkb(shapely.box(lon, lat, lon + wide, lat + high))


def test_a_bike_stands_in_its_place_or_close_beside_it():
    places = Places([7, 9], [box(110.0, 30.0), box(110.01, 30.0)])
    lat = [30.00005, 30.0001 + 2 * METRE, 30.0001 + 4 * METRE, 30.00005]
    found = places.of(np.array([110.00005, 110.00005, 110.00005, 110.01005]), np.array(lat))
    assert found.tolist() == [7, 7, -1, 9], "inside, two metres beside, four metres beside, in the other one"
    assert Places([], []).of(np.array([1.0]), np.array([1.0])).tolist() == [-1]


def test_room_and_area_are_what_they_are():
    assert room_of(10, 1.2) == 8
    assert room_of(0.3, 1.2) == 1, "a place has room for one"
    assert area_m2(shapely.box(0, 0, METRE, METRE)) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    ("quotas", "shares", "because"),
    [
        ({"a": 3000, "b": 1000}, {"a": 0.75, "b": 0.25}, "by quota"),
        ({"a": 3000, "b": None}, {"a": 0.5, "b": 0.5}, "alike where one has none"),
        ({"a": None}, {"a": 1.0}, "all of it"),
    ],
)
def test_a_place_is_shared_by_quota(quotas, shares, because):
    assert shares_of_room(quotas) == shares, because


@pytest.mark.parametrize(
    ("counts", "found", "because"),
    [
        ({"a": 13}, [], "three beyond the room of ten are let pass"),
        ({"a": 14}, [Heap(1, "a", 14, 5)], "four are not"),
        ({"a": 12, "b": 2}, [Heap(1, "a", 12, 5)], "only who is beyond its own share"),
        ({"a": 7, "b": 7}, [Heap(1, "a", 7, 5), Heap(1, "b", 7, 5)], "both are"),
    ],
)
def test_too_much_is_told_of_those_beyond_their_share(counts, found, because):
    assert heaps_of({1: counts}, {1: 10}, {"a": 0.5, "b": 0.5}, 1.0, 3) == found, because


def test_a_heap_is_gone_when_the_place_or_the_operator_is_within_its_room():
    assert not is_cleared(12, 12, 5, 10, 1.0)
    assert is_cleared(9, 10, 5, 10, 1.0)
    assert is_cleared(5, 15, 5, 10, 1.0), "the rest is not theirs"


@pytest.mark.parametrize(
    ("kept", "ended", "band"),
    [(0, 0, Band.UNJUDGED), (9, 9, Band.UNJUDGED), (9, 10, Band.GOOD), (8, 10, Band.WATCH), (7, 10, Band.BAD)],
)
def test_operators_stand_in_bands_and_few_clearances_are_not_judged(kept, ended, band):
    standing = Standing("a", kept, ended, None, 0, 1200, 1000, 0, 0)
    assert standing.band(10) is band
    assert standing.over_quota == 200
    assert Standing("a", 0, 0, None, 0, 5, None, 0, 0).over_quota is None


# --- in the small city --------------------------------------------------------------------------------------------

BIKES = """
[bikes]
class = "gb2013:E0110"
limit_min = 60
least_over = 1
outside_most = 4
outside_limit_min = 30

[bikes.operators.jin]
name_zh = "锦行"
name_en = "Jinxing"
unit = "street_e1"
quota = 5
gbfs = "https://bikes.example/gbfs.json"
"""
SQUARE = {"type": "Polygon", "coordinates": [[[110.001, 30.001], [110.0011, 30.001], [110.0011, 30.0011],
                                              [110.001, 30.0011], [110.001, 30.001]]]}  # fmt: skip


@pytest.fixture
def city(db: None, tmp_path: Path):
    ids.forget()
    forget_cities()
    folder = write_small_city(tmp_path / "city")
    (folder / "city.toml").write_text(CITY_TOML + BIKES, encoding="utf-8")
    load_city(folder, "test", at(1, 1))
    city = current_city("990100")
    told = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"code": "p1", "name": "东南路口", "capacity": 2}, "geometry": SQUARE},
    ]}  # fmt: skip
    (tmp_path / "places.geojson").write_text(json.dumps(told), encoding="utf-8")
    with connection.cursor() as cursor:
        rows = rows_of(city, read_fences(tmp_path / "places.geojson"), 1.2)
        assert keep_fences(cursor, city.id, rows, at(6, 1)) == 0
    return city


def fetching(count: int, outside: int = 1, lon: float = 110.005):
    """A server whose system has so many bikes at the place and others together out of any."""
    rows = [VehicleRow(f"b{n}", 110.00105, 30.00105, False, False, at(6, 1)) for n in range(count)]
    rows += [VehicleRow(f"far{n}", lon, 30.005, False, False, at(6, 1)) for n in range(outside)]
    told = {
        "https://bikes.example/gbfs.json": writing.discovery("3.0", {"vehicle_status": "https://x/v"}, (), at(6, 1)),
        "https://x/v": writing.vehicles("3.0", rows, at(6, 1)),
    }
    return lambda url: json.dumps(told[url]).encode()


def test_a_heap_becomes_one_case_with_a_limit_and_is_timed_when_it_is_cleared(city):
    clock = GivenClock(at(6, 1, 9))
    done = dict(pull_gbfs(city, fetching(4), clock))
    assert done == {"bikes_seen": 5, "bike_heaps": 1, "bike_heaps_cleared": 0}
    clock.advance(minutes=6)
    assert dict(pull_gbfs(city, fetching(6), clock))["bike_heaps"] == 0, "the same heap is no second case"
    with connection.cursor() as cursor:
        (heap,) = list_open_heaps(cursor, city.id)
        assert (heap.most, heap.due_at - heap.began_at) == (6, timedelta(hours=1))
        cursor.execute("SELECT class_code, area, source FROM cases_case WHERE number = %s", [heap.case_number])
        assert cursor.fetchone() == ("gb2013:E0110", "990101001001001", "sensor")
        cursor.execute("SELECT words FROM cases_report")
        assert [words for (words,) in cursor.fetchall()] == [
            "东南路口停放锦行共享单车4辆，超出可停2辆，请于60分钟内清理"
        ]
    clock.advance(minutes=34)
    assert dict(pull_gbfs(city, fetching(2), clock))["bike_heaps_cleared"] == 1
    with connection.cursor() as cursor:
        assert list_open_heaps(cursor, city.id) == []
        (standing,) = standings(cursor, city.id, {"jin": 5}, at(5, 1), clock.now(), at(5, 1).date())
    assert (standing.kept, standing.ended, standing.median_min) == (1, 1, 40.0)
    assert (standing.most, standing.over_quota) == (7, 2)
    assert (standing.inside, standing.stood) == (12, 15)


def test_bikes_heaped_out_of_any_place_become_a_case_with_a_limit_of_its_own(city):
    clock = GivenClock(at(6, 1, 9))
    assert dict(pull_gbfs(city, fetching(0, outside=5), clock))["bike_heaps"] == 0, "one beyond four is let pass"
    clock.advance(minutes=6)
    assert dict(pull_gbfs(city, fetching(0, outside=7), clock))["bike_heaps"] == 1
    clock.advance(minutes=6)
    assert dict(pull_gbfs(city, fetching(0, outside=9), clock))["bike_heaps"] == 0, "the same heap is no second case"
    with connection.cursor() as cursor:
        (heap,) = list_open_heaps(cursor, city.id)
        assert (heap.fence, heap.most, heap.room, heap.due_at - heap.began_at) == (None, 9, 4, timedelta(minutes=30))
        assert (heap.lon, heap.lat) == (110.005, 30.005)
        cursor.execute("SELECT words FROM cases_report")
        (words,) = cursor.fetchone()
    assert "停放点以外堆积锦行共享单车7辆，最多可停4辆，请于30分钟内清理" in words
    clock.advance(minutes=6)
    assert dict(pull_gbfs(city, fetching(0, outside=4), clock))["bike_heaps_cleared"] == 1
    clock.advance(minutes=6)
    assert dict(pull_gbfs(city, fetching(0, outside=9, lon=118.0), clock))["bike_heaps"] == 0, "not in this city"


def test_density_out_of_places_is_counted_by_cells_of_fifty_metres():
    lon, lat = np.array([110.0, 110.00001, 110.01]), np.array([30.0, 30.0, 30.0])
    cells = cells_outside(lon, lat, np.array([-1, -1, -1]))
    assert cells[0] == cells[1] != cells[2]
    assert cells_outside(lon, lat, np.array([7, -1, 7])).tolist() == [0, int(cells[1]), 0], (
        "who has a place has no cell"
    )


def test_nobody_is_asked_before_the_turn_and_a_silent_operator_is_told(city):
    clock = GivenClock(at(6, 1, 9))

    def away(url: str) -> bytes:
        raise NoDocument("fetch.away", host="bikes.example", detail="HTTP 503")

    assert dict(pull_gbfs(city, away, clock)) == {"bike_feeds_silent": 1}
    assert dict(pull_gbfs(city, away, clock)) == {}, "five minutes have not passed"
    with connection.cursor() as cursor:
        (feed,) = list_feeds(cursor, city.id, clock.now())
        assert count_in_places(cursor, city.id) == {}
    assert feed.last_error["code"] == "fetch.away"
    assert (feed.state.last_at, feed.state.refused) == (None, 1)


def test_the_demo_tells_what_its_operators_cleared_in_the_month_before_once(city):
    named = replace(city.config.scenarios.bikes, operators={"jinxing": operator_of(bike_rules(city), "jin")})
    demo = replace(city, config=replace(city.config, scenarios=Scenarios(bikes=named)))
    fleets = Fleets([Place(110.00105, 30.00105, 2)], 28_800, 7)
    assert tell_bike_past(demo, fleets, at(6, 1, 9)) > 30
    assert tell_bike_past(demo, fleets, at(6, 1, 9)) == 0
    with connection.cursor() as cursor:
        assert list_open_heaps(cursor, city.id) == []
        (standing,) = standings(cursor, city.id, {"jinxing": 5}, at(5, 1), at(6, 1, 9), at(5, 1).date())
        cleared = list_cleared_heaps(cursor, city.id, at(5, 1), ["jinxing"], 1_000)
    assert standing.ended == len(cleared) > standing.kept > 0
    assert all(timedelta(0) < heap.cleared_at - heap.began_at < timedelta(hours=3) for heap in cleared)


def test_rules_and_operators_are_named_when_they_are_not_there(small_city, city):
    with pytest.raises(NoSuchOperator):
        operator_of(bike_rules(city), "moon")


def test_a_city_may_have_no_bikes(small_city):
    with pytest.raises(NoBikes):
        bike_rules(small_city)


@pytest.mark.parametrize(
    ("old", "new", "code", "because"),
    [
        ("gb2013:E0110", "gb2013:E9", "code_unknown", "no such class"),
        ("street_e1", "street_x", "code_unknown", "no such unit"),
        ("limit_min", "limit", "key_unknown", "a key is misspelt"),
        ("60", "0", "value_form", "no time is no limit"),
        ("https://", "ftp://", "value_form", "feeds come by http"),
        ('unit = "street_e1"\n', "", "key_missing", "who clears?"),
    ],
)
def test_city_toml_is_checked(tmp_path, old, new, code, because):
    folder = write_small_city(tmp_path)
    assert old in BIKES
    (folder / "city.toml").write_text(CITY_TOML + BIKES.replace(old, new), encoding="utf-8")
    _, problems = check_folder(folder)
    assert code in [p.code for p in problems if p.file == "city.toml"], because


# --- files of places ----------------------------------------------------------------------------------------------


def test_a_table_of_places_is_read_and_what_cannot_be_used_is_counted(tmp_path):
    good = '"[118.1,24.5],[118.1001,24.5],[118.1001,24.5001],[118.1,24.5001],[118.1,24.5]"'
    crossed = '"[118.1,24.5],[118.1001,24.5001],[118.1001,24.5],[118.1,24.5001],[118.1,24.5]"'
    text = (
        f'\ufeffFENCE_ID,FENCE_LOC\n长乐路0_L_A1,{good}\n长乐路0_L_A1,{good}\nX_1,{crossed}\nY_1,"[1,2]"\nZ,nothing\n'
    )
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    read = read_fences(tmp_path / "p.csv")
    assert [(f.code, f.road) for f in read.fences] == [("长乐路0_L_A1", "长乐路"), ("X_1", "X")]
    assert all(f.outline.is_valid for f in read.fences), "crossed outlines are mended"
    assert read.left_out == {"twice": (1, "长乐路0_L_A1"), "outline": (2, "Y_1")}


@pytest.mark.parametrize("text", ["", "{}", '{"features": 7}', "[1"])
def test_a_file_without_places_is_refused(tmp_path, text):
    (tmp_path / "p.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(BadFenceFile):
        read_fences(tmp_path / "p.geojson")


def test_the_real_places_of_a_city_hold_their_own_centres(data_dir):
    read = read_fences(data_dir / "xiamen_bike_fences" / "gxdc_tcd.csv")
    assert len(read.fences) + sum(n for n, _ in read.left_out.values()) == 14_071
    assert len(read.fences) > 14_000
    places = Places(range(len(read.fences)), [shapely.to_wkb(f.outline) for f in read.fences], slack_m=0)
    centres = [f.outline.centroid for f in read.fences]
    found = places.of(np.array([c.x for c in centres]), np.array([c.y for c in centres]))
    assert (found >= 0).all()
    assert (found == np.arange(len(found))).mean() > 0.95, "some places lie over one another"


def test_codes_of_vehicles_count_once():
    assert vehicles_of([("a", "", 1.0, 2.0, False, False), ("a", "", 3.0, 4.0, False, False)]).lon.tolist() == [3.0]
