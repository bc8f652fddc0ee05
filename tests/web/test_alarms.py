"""Alarms and devices in a browser: seen by unit and area, acknowledged, judged, closed; maintenance planned."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from tests.cases.life import Life

from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.actions.open_alarm_cases import open_alarm_cases
from cityloom.sensing.actions.raise_alarms import raise_alarms
from cityloom.sensing.alarm_keeping import read_alarms
from cityloom.sensing.alarm_values import Alarm
from cityloom.sensing.models import Alarm as Row
from cityloom.sensing.rules import Change, Subject
from cityloom.web.alarm_charts import plot_of, spark_of

Browsers = Callable[..., Client]


@pytest.fixture
def flooded(site: Life) -> Life:
    """A gauge with an hour of readings, two gaps of it, and an alarm with its case."""
    load_devices(site.city)
    now = site.clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT d.id, s.id FROM sensing_device d JOIN sensing_stream s ON s.device_id = d.id")
        device, stream = cursor.fetchone()
        cursor.executemany(
            "INSERT INTO sensing_late (stream, at, value, generation, judged) VALUES (%s, %s, %s, 0, true)",
            [[stream, now - timedelta(minutes=5 * n), 30.0 - n] for n in range(20) if n not in (7, 8, 9, 10, 11)],
        )
    at_ms = round((now - timedelta(minutes=40)).timestamp() * 1000)
    raise_alarms(site.city, [Change("flood", Subject(device), True, at_ms, stream, 22.0)], site.clock)
    assert open_alarm_cases(site.city, site.clock) == 1
    return site


def the_alarm() -> Alarm:
    with connection.cursor() as cursor:
        return read_alarms(cursor, "true ORDER BY a.id", [])[-1]


def test_an_alarm_is_seen_acknowledged_judged_and_closed(flooded: Life, browser_of: Browsers):
    desk, unit = browser_of("dispatcher"), browser_of("handler_water")
    number = the_alarm().id
    for other in ("handler_e1", "agent"):
        assert str(number) not in browser_of(other).get("/alarms/").content.decode()
        assert browser_of(other).get(f"/alarms/{number}/").status_code == 403
    listed = desk.get("/alarms/").content.decode()
    assert "Underpass flooded" in listed
    assert the_alarm().case_number in listed
    assert f'value="{number}"' in listed
    assert "No alarms here" in desk.get("/alarms/?severity=urgent").content.decode()
    page = desk.post("/alarms/acknowledge/", {"alarms": [str(number), "1"]}).content.decode()
    assert "1 acknowledged" in page
    assert "there is no alarm 1" in page
    assert the_alarm().state == "acknowledged"

    shown = unit.get(f"/alarms/{number}/").content.decode()
    line = re.search(r'<figure class="plot">.*?<path d="([^"]+)"', shown, re.S)
    assert line is not None
    assert line[1].count("M") == 2, "the gap is drawn as a gap"
    assert "limit 15" in shown
    assert f"/case/{the_alarm().case_number}/" in shown
    refused = unit.post(
        f"/alarms/{number}/move/", {"move": "close", "version": the_alarm().version, "note": "已抽干"}
    )
    assert (refused.status_code, "after its review" in refused.content.decode()) == (422, True)
    assert unit.post(f"/alarms/{number}/move/", {"move": "note", "version": "1", "note": "x"}).status_code == 409
    for move in ({"move": "mark_false", "note": "浮子卡住"}, {"move": "close", "note": "已清理"}):
        answer = unit.post(f"/alarms/{number}/move/", {**move, "version": the_alarm().version})
        assert answer.status_code == 302
    assert (the_alarm().state, the_alarm().verdict) == ("closed", "false")
    closed = desk.get("/alarms/?view=closed").content.decode()
    assert "1 of 1 judged" in closed


def test_what_stands_comes_before_what_is_over_also_across_pages(
    flooded: Life, browser_of: Browsers, monkeypatch: pytest.MonkeyPatch
):
    """The middle one of three alarms is the gravest, but it is over; each is on its own page."""
    first = Row.objects.get()
    for number, (state, severity) in enumerate((("cleared", "urgent"), ("raised", "notice")), start=1):
        Row.objects.create(
            id=first.id + number, city_id=first.city_id, rule=f"r{number}", subject=first.subject, state=state,
            severity=severity, raised_at=first.raised_at, recorded_at=first.recorded_at, city_version=1,
            type=first.type, device_id=first.device_id, area=first.area, areas=first.areas, owner=first.owner,
            stands=state == "raised", changed_ms=0, lon=first.lon, lat=first.lat, version=1,
        )  # fmt: skip
    monkeypatch.setattr("cityloom.sensing.alarm_queries.PAGE", 1)
    desk, seen, address = browser_of("dispatcher"), [], "/alarms/"
    while address:
        page = desk.get(address).content.decode()
        seen += re.findall(r'href="/alarms/(\d+)/" data-open', page)
        following = re.search(r'class="pager"><a class="button" href="([^"]+)"', page)
        address = "/alarms/" + following[1].replace("&amp;", "&") if following else ""
    assert seen == [str(first.id + each) for each in (0, 2, 1)]
    shown = desk.get("/alarms/map.geojson").json()["features"]
    assert shown[0]["properties"]["href"] == f"/alarms/{first.id}/"


def test_a_device_tells_how_it_fares_and_its_maintenance_is_planned_and_ended(flooded: Life, browser_of: Browsers):
    desk, unit = browser_of("dispatcher"), browser_of("handler_water")
    listed = desk.get("/devices/?health=alarm").content.decode()
    assert "Underpass gauge" in listed
    assert "alarm stands" in listed
    assert "Underpass gauge" not in browser_of("handler_e1").get("/devices/").content.decode()
    for words, is_there in (("LEVEL-", True), ("pass g", True), ("level_1", False), ("%", False), ("no-such", False)):
        found = desk.get("/devices/", {"find": words, "type": "water_level"}).content.decode()
        assert ("<strong>Underpass gauge" in found) is is_there, words
        assert 'name="type" value="water_level"' in found, "a search keeps the chosen words"
    page = unit.get("/devices/level-1/").content.decode()
    assert 'class="spark"' in page
    assert "Underpass flooded" in page
    begin = flooded.clock.now().astimezone(flooded.city.calendar().tz)
    span = {
        "from": begin.strftime("%Y-%m-%dT%H:%M"),
        "until": (begin + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M"),
    }
    assert unit.post("/devices/level-1/maintenance/", {**span, "reason": " "}).status_code == 422
    assert unit.post("/devices/level-1/maintenance/", {"from": "x", "until": "y", "reason": "z"}).status_code == 422
    assert unit.post("/devices/level-1/maintenance/", {**span, "reason": "更换探头"}).status_code == 302
    planned = unit.get("/devices/level-1/").content.decode()
    window = re.search(r'name="stop" value="(\d+)"', planned)
    assert "更换探头" in planned
    assert window is not None
    assert browser_of("handler_e1").post("/devices/level-1/maintenance/", {"stop": window[1]}).status_code == 403
    assert unit.post("/devices/level-1/maintenance/", {"stop": window[1]}).status_code == 302
    assert "ended early" in unit.get("/devices/level-1/").content.decode()
    assert unit.get("/devices/no-such/").status_code == 404


def test_the_owner_unit_calibrates_a_device_and_replaces_it(flooded: Life, browser_of: Browsers):
    desk, unit = browser_of("dispatcher"), browser_of("handler_water")
    today = flooded.clock.now().astimezone(flooded.city.calendar().tz).date().isoformat()
    shown = unit.get("/devices/level-1/").content.decode()
    assert ("Single readings." in shown, "It has not been calibrated yet" in shown) == (True, True)
    assert "Record a calibration" not in desk.get("/devices/level-1/").content.decode(), "another unit's device"
    said = {"stream": "level_m", "day": today, "shown_1": "30", "reference_1": "28,5", "note": "刻度尺"}
    stream = re.search(r'<select id="cal_stream".*?<option>(\w+)</option>', shown)
    assert stream is not None
    said["stream"] = stream[1]
    assert desk.post("/devices/level-1/calibrate/", {**said, "reference_1": "1"}).status_code == 403
    refused = unit.post("/devices/level-1/calibrate/", said)
    assert (refused.status_code, 'value="刻度尺"' in refused.content.decode()) == (422, True), "what was typed stays"
    assert unit.post("/devices/level-1/calibrate/", {**said, "day": "x"}).status_code == 422
    assert unit.post("/devices/level-1/calibrate/", {**said, "reference_1": "28.5"}).status_code == 302
    calibrated = unit.get(f"/devices/level-1/?span=year&stream={stream[1]}").content.decode()
    for words in ("×1 − 1.5", "shown 30, reference 28.5", "刻度尺", "By days", 'class="band"'):
        assert words in calibrated, words

    place = {"new": "level-2", "serial": "SN 4711", "reason": "探头损坏"}
    assert desk.post("/devices/level-1/replace/", place).status_code == 403
    assert unit.post("/devices/level-1/replace/", {**place, "new": "level 2"}).status_code == 422
    told = unit.post("/devices/level-1/replace/", place)
    assert (told.status_code, told["Cache-Control"]) == (200, "no-store, private")
    assert re.search(r'class="secret"><code>[\w-]{32}</code>', told.content.decode())
    assert the_alarm().state == "cleared"
    flooded.clock.advance(minutes=1)
    new = unit.get("/devices/level-2/").content.decode()
    for words in ("took the place of level-1", "SN 4711", "探头损坏", 'class="border"', "gave way to level-2"):
        assert words in new, words
    assert "replaced by level-2" in unit.get("/devices/level-1/").content.decode()


def test_drawings_keep_gaps_and_flat_lines() -> None:
    assert plot_of([], {}, 0, None, "") is None
    minutes = [(60_000 * n, 5.0) for n in (0, 1, 2, 9, 10)]
    assert spark_of(minutes).count("M") == 2
    assert spark_of(minutes[:1]) == ""
    plot = plot_of(minutes, {"limit": 8.0}, 120_000, None, "cm")
    assert plot is not None
    assert (len(plot.levels), plot.lowest, plot.highest, plot.levels[0].y < plot.scale[0].y) == (1, "5", "5", True)
