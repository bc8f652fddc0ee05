"""The demo's shared bikes: fleets that follow the day, heaps that come and go, and the server that publishes them."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.partner_settings import bike_feeds
from cityloom.base.clock import GivenClock
from cityloom.exchange.actions.pull_gbfs import fetch_vehicles
from cityloom.exchange.demo.bike_firms import FIRMS, feeds_at
from cityloom.exchange.demo.bike_server import document_of, serve_bikes
from cityloom.exchange.demo.fleets import FULL, Fleets, Place
from cityloom.exchange.fetching import fetch
from cityloom.exchange.gbfs.reading import read_document, vehicles_in

ZONE_S = 8 * 3_600
DAY = 20_700
MIDNIGHT = DAY * 86_400 - ZONE_S
PLACES = [Place(109.0 + 0.002 * (n % 16), 33.3 + 0.002 * (n // 16), (10, 16, 26, 40)[n % 4]) for n in range(244)]


@pytest.fixture(scope="module")
def fleets() -> Fleets:
    return Fleets(PLACES, ZONE_S, 7)


def standing_at(fleets: Fleets, firm: int, at_s: float) -> dict[tuple[float, float], int]:
    found: dict[tuple[float, float], int] = {}
    for bike in fleets.bikes_at(firm, at_s):
        found[bike.lon, bike.lat] = found.get((bike.lon, bike.lat), 0) + 1
    return found


def test_no_place_is_too_full_on_a_usual_day_and_people_ride_to_work(fleets):
    for hour in (3, 12):
        held: dict[tuple[float, float], int] = {}
        for firm in range(len(FIRMS)):
            for point, count in standing_at(fleets, firm, MIDNIGHT + hour * 3_600).items():
                held[point] = held.get(point, 0) + count
        heaped = {(h.lon, h.lat) for h in fleets.heaps_of_day(DAY) if h.there_at(MIDNIGHT + hour * 3_600)}
        over = [p for p in PLACES if held.get((p.lon, p.lat), 0) > FULL * p.room + 1 and (p.lon, p.lat) not in heaped]
        assert not over, hour
    night, noon = (fleets.bikes_at(0, MIDNIGHT + hour * 3_600) for hour in (3, 12))
    moved = sum(a[1:] != b[1:] for a, b in zip(night, noon, strict=True))
    assert 0.3 < moved / len(night) < 0.9
    assert [bike.code for bike in night] == [bike.code for bike in noon], "no bike comes or goes"


def test_a_morning_leaves_heaps_that_grow_and_are_cleared(fleets):
    heaps = [heap for day in range(DAY, DAY + 5) for heap in fleets.heaps_of_day(day)]
    morning = [heap for heap in heaps if 7 <= (heap.begin_s + ZONE_S) % 86_400 / 3_600 < 9.5]
    assert len(morning) > 10
    assert {heap.place >= 0 for heap in morning} == {True, False}
    one = next(heap for heap in morning if heap.place >= 0)
    before, in_it, after = (
        sum(abs(b.lon - one.lon) < 3e-5 and abs(b.lat - one.lat) < 3e-5 for b in fleets.bikes_at(one.firm, at_s))
        for at_s in (one.begin_s - 60, one.end_s - 60, one.end_s + 1_800)
    )
    assert in_it >= PLACES[one.place].room + 12 > max(before, after)
    assert fleets.heaps_of_day(DAY) == Fleets(PLACES, ZONE_S, 7).heaps_of_day(DAY)


def test_who_starts_the_city_sees_a_heap_in_a_place_and_one_out_of_any_within_two_minutes():
    noon = MIDNIGHT + 15 * 3_600.0
    usual, started = Fleets(PLACES, ZONE_S, 7), Fleets(PLACES, ZONE_S, 7, noon)
    for firm in (0, 1):
        usually, now = ({b.code: b[1:] for b in each.bikes_at(firm, noon + 120)} for each in (usual, started))
        assert sum(usually[code] != now[code] for code in now) > 20
    assert started.bikes_at(0, noon + 3_600) == usual.bikes_at(0, noon + 3_600), "it was cleared"


def test_each_operator_publishes_documents_that_the_reader_takes(fleets):
    at = datetime.fromtimestamp(MIDNIGHT + 43_200, UTC)
    for number, firm in enumerate(FIRMS):
        told = document_of(fleets, f"/{firm.code}/vehicle_status.json", "http://x", at)
        read = vehicles_in(read_document(json.dumps(told).encode(), "vehicle_status"))
        assert len(read.codes) == firm.fleet
        assert read.lon.tolist() == [bike.lon for bike in fleets.bikes_at(number, at.timestamp())]
        assert document_of(fleets, f"/{firm.code}/system_information.json", "http://x", at) is not None
    for path in ("/", "/nobody/gbfs.json", "/jinxing/secret.json", "/jinxing"):
        assert document_of(fleets, path, "http://x", at) is None
    silent = [document_of(fleets, "/qingsuo/gbfs.json", "", datetime.fromtimestamp(60 * m, UTC)) for m in range(180)]
    assert sum(each is None for each in silent) == 9, "nine minutes of every three hours"


def test_the_operator_that_falls_silent_does_so_within_a_visitors_first_minutes(fleets):
    started_s = float(MIDNIGHT // 10_800 * 10_800)  # its usual silence is an hour and forty minutes away
    begun = Fleets(fleets.places, ZONE_S, 7, started_s)
    quiet = [m for m in range(60) for firm in range(len(FIRMS)) if begun.is_silent(firm, started_s + 60 * m)]
    assert quiet == list(range(5, 14)), "one operator alone, for nine minutes"


def test_where_operators_publish_may_stand_in_a_setting():
    told = {"CITYLOOM_BIKE_FEEDS": "a=https://x.example/gbfs.json?key=s3cret, b=http://y.example/g.json"}
    assert bike_feeds(Environment(told)) == {
        "a": "https://x.example/gbfs.json?key=s3cret", "b": "http://y.example/g.json",
    }  # fmt: skip
    with pytest.raises(SettingNotUnderstood) as refused:
        bike_feeds(Environment({"CITYLOOM_BIKE_FEEDS": "s3cret"}))
    assert "s3cret" not in str(refused.value)


def test_the_puller_reads_the_server_and_a_second_one_stays_away_from_its_port(fleets):
    clock = GivenClock(datetime.fromtimestamp(MIDNIGHT + 43_200, UTC))
    server = serve_bikes(0, lambda: fleets, clock)
    assert server is not None
    port = server.server_address[1]
    try:
        assert serve_bikes(port, lambda: fleets, clock) is None
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/lanlu/vehicle_status.json", timeout=10)
        assert len(json.load(answer)["data"]["vehicles"]) == FIRMS[1].fleet
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/nobody/gbfs.json", timeout=10)
        assert len(fetch_vehicles(feeds_at(port)["jinxing"], fetch).codes) == FIRMS[0].fleet
    finally:
        server.shutdown()
        server.server_close()
