"""GBFS 2.3 and 3.0: what is published is read again, both versions' own words, and what is broken is named."""

import json
from datetime import UTC, datetime

import pytest

from cityloom.city.values import Name
from cityloom.exchange.gbfs import writing
from cityloom.exchange.gbfs.reading import BadFeed, feeds_of, read_document, stations_in, vehicles_in, zones_in
from cityloom.exchange.gbfs.writing import PlaceRow, VehicleRow

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)
OUTLINE = [[[110.0, 30.0], [110.001, 30.0], [110.001, 30.001], [110.0, 30.0]]]
PLACES = [PlaceRow("p1", "望江路1", 110.0005, 30.0005, 12, OUTLINE, 15)]
ROWS = [VehicleRow("v1", 110.0, 30.0, False, True, NOW, "p1"), VehicleRow("v2", 110.1, 30.1, True, False, NOW)]


def body(told: dict) -> bytes:
    return json.dumps(told).encode()


@pytest.mark.parametrize("version", ["2.3", "3.0"])
def test_what_is_published_is_read_again(version):
    urls = {"vehicle_status": "https://example.org/v", "station_information": "https://example.org/s"}
    told = read_document(body(writing.discovery(version, urls, ("zh", "en"), NOW)), "gbfs")
    assert feeds_of(told) == urls
    found = vehicles_in(read_document(body(writing.vehicles(version, ROWS, NOW)), "vehicles"))
    assert found.codes == ("v1", "v2")
    assert (found.lon.tolist(), found.disabled.tolist()) == ([110.0, 110.1], [True, False])
    information = read_document(body(writing.station_information(version, PLACES, NOW)), "information")
    status = read_document(body(writing.station_status(version, PLACES, NOW)), "status")
    (station,) = stations_in(information, status)
    assert (station.code, station.name, station.capacity, station.vehicles) == ("p1", "望江路1", 12, 15)
    (zone,) = zones_in(read_document(body(writing.geofencing_zones(version, PLACES, NOW)), "zones"))
    assert (zone.name, zone.ride_allowed, zone.parking_allowed) == ("望江路1", True, True)
    about = writing.system_information(version, "990100", Name("小城", "Small City"), "Asia/Shanghai", NOW)
    assert read_document(body(about), "about").data["system_id"] == "cityloom_990100"


def test_each_version_writes_moments_its_own_way():
    assert writing.frame("2.3", {}, NOW)["last_updated"] == 1780275600
    assert writing.frame("3.0", {}, NOW)["last_updated"] == "2026-06-01T01:00:00Z"


@pytest.mark.parametrize(
    ("told", "code", "because"),
    [
        (b"<html>", "gbfs.not_json", "no JSON"),
        (b"[" * 100_000, "gbfs.not_json", "too deep to be meant well"),
        (b"[]", "gbfs.missing", "no object"),
        (body({"version": "2.3", "ttl": 0}), "gbfs.missing", "no data"),
        (body({"version": "1.0", "ttl": 0, "data": {}}), "gbfs.version", "another version"),
        (body({"version": "2.3", "data": {}}), "gbfs.missing", "no ttl"),
        (body({"version": "2.3", "ttl": True, "data": {}}), "gbfs.missing", "no number"),
        (body({"version": "2.3", "ttl": 0, "data": {}}), "gbfs.missing", "no bikes"),
        (body({"version": "3.0", "ttl": 0, "data": {"bikes": []}}), "gbfs.missing", "bikes are vehicles in 3.0"),
        (body({"version": "2.3", "ttl": 0, "data": {"bikes": [7]}}), "gbfs.bad_value", "a bike is an object"),
        (body({"version": "2.3", "ttl": 0, "data": {"bikes": [{"bike_id": "", "lat": 1, "lon": 1}]}}),
         "gbfs.bad_value", "nameless"),
        (body({"version": "2.3", "ttl": 0, "data": {"bikes": [{"bike_id": "b", "lat": 91, "lon": 1}]}}),
         "gbfs.bad_value", "beyond the pole"),
        (body({"version": "2.3", "ttl": 0, "data": {"bikes": [{"bike_id": "b", "lat": True, "lon": 1}]}}),
         "gbfs.bad_value", "true is no latitude"),
        (body({"version": "2.3", "ttl": 0, "data": {"bikes": [{"bike_id": "b", "lat": 1}]}}), "gbfs.bad_value",
         "half a place"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(told, code, because):
    with pytest.raises(BadFeed) as refused:
        vehicles_in(read_document(told, "free_bike_status"))
    assert refused.value.reason.code == code, because


def test_a_bike_at_a_station_without_a_place_is_its_stations_and_a_code_counts_once():
    rows = [
        {"bike_id": "a", "station_id": "s"},
        {"bike_id": "b", "lat": 30.0, "lon": 110.0},
        {"bike_id": "b", "lat": 30.5, "lon": 110.5, "vehicle_type_id": "ebike"},
    ]
    found = vehicles_in(read_document(body({"version": "2.3", "ttl": 0, "data": {"bikes": rows}}), "f"))
    assert (found.codes, found.lat.tolist(), found.forms) == (("b",), [30.5], ("ebike",))


@pytest.mark.parametrize("data", [{"feeds": 7}, {}, {"feeds": [{"name": 1}]}])
def test_a_discovery_without_feeds_is_broken_or_empty(data):
    document = read_document(body({"version": "3.0", "ttl": 0, "data": data}), "gbfs")
    if isinstance(data.get("feeds"), list):
        assert feeds_of(document) == {}
    else:
        with pytest.raises(BadFeed):
            feeds_of(document)


@pytest.mark.parametrize("features", [None, [{"geometry": {"type": "Point"}}], [7]])
def test_zones_have_outlines(features):
    data = {"geofencing_zones": {"features": features}}
    with pytest.raises(BadFeed):
        zones_in(read_document(body({"version": "2.3", "ttl": 0, "data": data}), "zones"))
