"""Vital signs over a real database: an hour, a day, late readings, and feeds that fall silent."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from tests.cases.life import FLOOD, SOUTHEAST, Life
from tests.city.small_city import write_small_city
from tests.city.test_vital_signs import SIGNS

from cityloom.base.clock import GivenClock
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.sensing.actions.watch_feeds import watch_feeds
from cityloom.sensing.actions.work_out_vitals import revise_vitals, work_out_day, work_out_hour, work_out_vitals
from cityloom.sensing.archiving import archive_days
from cityloom.sensing.feeds import FeedState, completeness, expected_in_hour, refused_share, stale_since
from cityloom.sensing.indicators import Band
from cityloom.sensing.keep_feeds import list_feeds, note_feed
from cityloom.sensing.keeping import ensure_partition, keep_readings
from cityloom.sensing.models import Alarm, Device, Stream
from cityloom.sensing.values import readings_of
from cityloom.sensing.vital_readings import Tally
from cityloom.sensing.vital_rows import Kept, list_days, list_hours, list_runs

HOUR = datetime(2026, 6, 1, 1, tzinfo=UTC)  # nine in the small city
EAST_GRID, WEST_GRID = "990101001001001", "990102001001001"


@pytest.fixture
def life(db: None, tmp_path: Path) -> Life:
    """The small city with vital signs, two gauges in the east and one in the west."""
    ids.forget()
    forget_cities()
    folder = write_small_city(tmp_path / "city")
    (folder / "vital_signs.toml").write_text(SIGNS, encoding="utf-8")
    load_city(folder, "test", datetime(2026, 1, 1, tzinfo=UTC))
    city = current_city("990100")
    for code, grid in (("g1", EAST_GRID), ("g2", EAST_GRID), ("g3", WEST_GRID)):
        device = Device.objects.create(city_id=city.id, code=code, type="water_level", area=grid)
        Stream.objects.create(city_id=city.id, device=device, name="depth_cm", interval_s=600)
    return Life(city, GivenClock(HOUR + timedelta(minutes=65)))


def say(life: Life, code: str, *said: tuple[datetime, float]) -> None:
    stream = Stream.objects.get(device__code=code, city_id=life.city.id).id
    batch = readings_of([stream] * len(said), [round(at.timestamp() * 1000) for at, _ in said], [v for _, v in said])
    with connection.cursor() as cursor:
        keep_readings(cursor, life.city.id, batch, life.clock.now() + timedelta(days=1))


def kept(life: Life, at: datetime = HOUR) -> dict[tuple[str, str], Kept]:
    with connection.cursor() as cursor:
        rows = list_hours(
            cursor, life.city.id, list(life.city.areas), life.city.vital_signs, at, at + timedelta(hours=1)
        )
    return {(row.sign, row.area): row for row in rows}


def test_an_hour_is_worked_out_for_city_district_and_street(life):
    say(life, "g1", (HOUR, 3.0), (HOUR + timedelta(minutes=30), 20.0))
    say(life, "g2", (HOUR, 2.0))
    life.clock.at = HOUR + timedelta(minutes=10)
    life.report("grid_worker", "collector", class_code=FLOOD, place=SOUTHEAST)
    work_out_hour(life.city, HOUR, HOUR + timedelta(minutes=65))
    found = kept(life)
    depth = found["depth", "990100"].figure
    assert depth.value == pytest.approx(100 / 3), "one of three below the limit; the silent one counts as bad"
    assert (depth.band, depth.heard, depth.streams) == (Band.BAD, 2, 3)
    assert (depth.measured, depth.grids) == (1, 32), "one of 32 unit grids has a device that spoke"
    west = found["depth", "990102"].figure
    assert (west.value, west.band, west.heard) == (None, Band.UNMEASURED, 0), "silence is no number"
    floods = found["floods", "990100"].figure
    assert (floods.value, floods.band, floods.streams) == (1.0, Band.GOOD, 0)
    assert found["floods", "990102"].figure.value == 0.0, "no case is a real nought"
    drainage = found["drainage", "990100"].figure
    assert (drainage.band, drainage.value, drainage.known, drainage.parts) == (Band.BAD, 50.0, 2, 2)
    assert ("depth", EAST_GRID) not in found, "the smallest areas show their devices instead"


def test_late_readings_make_the_hour_and_its_day_anew_and_say_so(life):
    life.clock.at = HOUR + timedelta(minutes=61)
    say(life, "g1", (HOUR, 20.0))
    assert dict(work_out_vitals(life.city, life.clock))["vital_hours"] > 1, "missed hours are made up for"
    work_out_hour(life.city, HOUR, life.clock.now())
    assert dict(revise_vitals(life.city, life.clock)) == {"vital_hours_revised": 0}, "nothing came since"
    assert kept(life)["depth", "990101"].figure.value == 0.0
    say(life, "g2", (HOUR + timedelta(minutes=5), 1.0))
    assert dict(revise_vitals(life.city, life.clock)) == {"vital_hours_revised": 1}
    assert kept(life)["depth", "990101"].figure.value == 50.0
    with connection.cursor() as cursor:
        runs = list_runs(cursor, life.city.id, HOUR, HOUR + timedelta(hours=1))
        (day,) = list_days(cursor, life.city.id, ["990101"], ["depth"], date(2026, 6, 1), date(2026, 6, 1))
    assert (runs[HOUR].revised, runs[HOUR].readings, runs[HOUR].ended) == (1, 2, True)
    assert day.figure.value == 50.0


def test_a_past_that_is_told_after_its_hours_were_worked_out_fills_them_within_a_minute(life):
    assert dict(work_out_vitals(life.city, life.clock))["vital_hours_filled"] == 0
    assert kept(life)["depth", "990101"].figure.value is None
    say(life, "g1", (HOUR, 1.0))
    life.clock.advance(minutes=1)
    assert dict(work_out_vitals(life.city, life.clock))["vital_hours_filled"] == 1
    assert kept(life)["depth", "990101"].figure.value == 50.0
    with connection.cursor() as cursor:
        runs = list_runs(cursor, life.city.id, HOUR, HOUR + timedelta(hours=1))
    assert runs[HOUR].revised == 0, "its first readings are no late ones"
    for _ in range(4):
        life.clock.advance(minutes=1)
        dict(work_out_vitals(life.city, life.clock))
    life.clock.advance(hours=3)
    assert "vital_hours_filled" not in dict(work_out_vitals(life.city, life.clock)), "later it is looked at hourly"


def test_an_hour_whose_day_lies_in_a_file_is_worked_out_like_any_other(life, settings, tmp_path):
    settings.CITYLOOM_ARCHIVE = str(tmp_path / "archive")
    with connection.cursor() as cursor:
        ensure_partition(cursor, HOUR.date())
    say(life, "g1", (HOUR, 3.0), (HOUR + timedelta(minutes=30), 20.0), (HOUR + timedelta(hours=1), 1.0))
    say(life, "g2", (HOUR, 2.0), (HOUR + timedelta(minutes=1), float("nan")))
    work_out_hour(life.city, HOUR, life.clock.now())
    before = kept(life)
    life.clock.advance(days=10)
    assert archive_days(life.clock, 8) == 5
    work_out_hour(life.city, HOUR, life.clock.now())
    assert {key: row.figure for key, row in kept(life).items()} == {key: row.figure for key, row in before.items()}
    say(life, "g3", (HOUR + timedelta(minutes=7), 1.0))
    assert dict(revise_vitals(life.city, life.clock, back=24 * 14)) == {"vital_hours_revised": 1}
    assert kept(life)["depth", "990102"].figure.value == 100.0, "what came beside the file counts too"
    assert kept(life)["depth", "990101"].figure == before["depth", "990101"].figure


def test_a_tally_of_pieces_says_what_the_database_would():
    tally = Tally([7, 9, 7, 5], [None, None, (2.0, None), None])
    tally.add(readings_of([7, 7, 9], [1, 2, 1], [1.0, 3.0, float("nan")]))
    tally.add(readings_of([7], [3], [2.0]))
    found = tally.hours()
    assert found.said.tolist() == [3, 0, 3, 0]
    assert (found.mean[0], found.low[0], found.high[0], found.last[0]) == (2.0, 1.0, 3.0, 2.0)
    assert found.inside.tolist() == [3, 0, 2, 0], "of the range of two and more"
    assert np.isnan(found.mean[1])
    assert np.isnan(found.last[3])


def test_a_day_is_made_of_its_hours_and_keeps_their_ground(life):
    for n, depth in enumerate((1.0, 20.0)):
        say(life, "g1", (HOUR + timedelta(hours=n), depth))
        work_out_hour(life.city, HOUR + timedelta(hours=n), HOUR + timedelta(hours=3))
    work_out_day(life.city, date(2026, 6, 1))
    with connection.cursor() as cursor:
        (day,) = list_days(cursor, life.city.id, ["990101"], ["depth"], date(2026, 6, 1), date(2026, 6, 1))
    assert day.figure.value == 25.0, "the mean of 50 and 0 of 100"
    assert (day.figure.heard, day.figure.streams) == (2, 4), "stream-hours"
    assert day.figure.measured == 1


def test_the_hour_that_runs_holds_the_last_sixty_minutes(life):
    say(life, "g1", (HOUR + timedelta(minutes=50), 20.0))
    work_out_hour(life.city, HOUR + timedelta(hours=1), HOUR + timedelta(minutes=65))
    assert kept(life, HOUR + timedelta(hours=1))["depth", "990101"].figure.heard == 1


# --- feeds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected_s", "last_min", "now_min", "since_min", "because"),
    [
        (300.0, 0, 14, None, "three intervals have not passed"),
        (300.0, 0, 15, 15, "now they have"),
        (10.0, 0, 1, None, "nothing is stale sooner than two minutes"),
        (10.0, 0, 2, 2, "then it is"),
        (None, 0, 100_000, None, "what comes when it comes is never stale"),
        (300.0, None, 15, 15, "one never heard is measured from its registration"),
    ],
)
def test_a_feed_is_stale_after_three_intervals(expected_s, last_min, now_min, since_min, because):
    last = None if last_min is None else HOUR + timedelta(minutes=last_min)
    found = stale_since(FeedState("f", "http", expected_s, HOUR, last), HOUR + timedelta(minutes=now_min))
    assert found == (None if since_min is None else HOUR + timedelta(minutes=since_min)), because


def test_shares_of_a_feed_are_none_over_nothing():
    assert completeness(0, None) is None
    assert completeness(7, 14) == 0.5
    assert completeness(20, 14) == 1.0, "a burst is not more than complete"
    assert refused_share(0, 0) is None
    assert refused_share(3, 1) == 0.25
    assert expected_in_hour([300, 1800, None]) == 14
    assert expected_in_hour([None]) is None


def test_a_silent_feed_is_noticed_once_and_its_return_too(life):
    with connection.cursor() as cursor:
        note_feed(cursor, life.city.id, "open311:x", "open311", HOUR, received=3, expected_s=60)
        note_feed(cursor, life.city.id, "open311:x", "open311", HOUR, refused=1, error=Reason("city.unknown"))
    Device.objects.filter(code="g1").update(last_seen=HOUR + timedelta(minutes=64), readings=9, errors=1)
    assert dict(watch_feeds(life.city, life.clock)) == {"feeds_changed": 1}, "the devices spoke a minute ago"
    assert dict(watch_feeds(life.city, life.clock)) == {"feeds_changed": 0}
    (alarm,) = Alarm.objects.all()
    assert (alarm.rule, alarm.subject, alarm.state) == ("feed_silent", "feed:open311:x", "raised")
    assert alarm.raised_at == HOUR + timedelta(minutes=3), "since when it is stale, not since when it was noticed"
    with connection.cursor() as cursor:
        stale, devices = list_feeds(cursor, life.city.id, life.clock.now())
        assert (stale.state.code, stale.state.received, stale.state.refused) == ("open311:x", 3, 1)
        assert stale.state.stale_at == HOUR + timedelta(minutes=3)
        assert stale.last_error == {"code": "city.unknown"}
        assert (devices.state.code, devices.state.stale_at) == ("devices:water_level", None)
        note_feed(cursor, life.city.id, "open311:x", "open311", life.clock.now(), received=1)
    assert dict(watch_feeds(life.city, life.clock)) == {"feeds_changed": 1}
    assert Alarm.objects.get().state == "cleared"
    with connection.cursor() as cursor:
        cursor.execute("SELECT began_at, ended_at FROM sensing_feed_silence")
        assert cursor.fetchall() == [(HOUR, life.clock.now())]


def test_the_completeness_of_devices_is_told_by_the_hour(life):
    list(watch_feeds(life.city, life.clock))
    say(life, "g1", *[(HOUR + timedelta(minutes=10 * n), 1.0) for n in range(6)])
    work_out_hour(life.city, HOUR, life.clock.now())
    with connection.cursor() as cursor:
        (feed,) = list_feeds(cursor, life.city.id, life.clock.now())
    assert (feed.day_received, feed.day_expected) == (6, 18), "one of three devices spoke"
