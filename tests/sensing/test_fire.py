"""Fire watch: hints, figures with denominators, buildings from a table, sealed contacts; and footfall's gaps."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from tests.cases.life import Life, at
from tests.cases.tampered_log import each_is_named, tamperings_of

from cityloom.base.keys import vault
from cityloom.cases.actions.sign_root import sign_root
from cityloom.cases.read_log import ReadFilter, list_reads
from cityloom.exchange.fire_files import BadFireFile, load_fire_sites
from cityloom.sensing.actions.count_footfall import count_day, list_footfall
from cityloom.sensing.actions.judge_fire import (
    NoSuchSite,
    NotYourFireWatch,
    UnknownWord,
    judge_fire,
    look_at_contacts,
    site_seen,
    sites_seen,
)
from cityloom.sensing.fire import FireAlarm, figures_of, hints_of
from cityloom.sensing.fire_rows import list_fire_alarms, list_looks, list_points
from cityloom.sensing.footfall import Day, day_of
from cityloom.sensing.keeping import keep_readings
from cityloom.sensing.models import Alarm, Device, Stream
from cityloom.sensing.values import readings_of

NOW = at(6, 1, 12)


def alarm(number: int, minutes: float = 0, device: int = 1, **said: object) -> FireAlarm:
    """An alarm so many minutes before noon."""
    return FireAlarm(number, "b1", device, raised_at=NOW - timedelta(minutes=minutes), **{"kind": "smoke", **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("others", "hints", "because"),
    [
        ([], ("alone",), "one detector by itself"),
        ([alarm(2, 4, device=2)], ("several",), "a second one within five minutes"),
        ([alarm(2, 6, device=2)], ("alone",), "six minutes are too long"),
        ([alarm(2, 30, device=9, kind="electrical")], ("wiring_before", "alone"), "the wiring spoke first"),
        ([alarm(n, 1440 * n, verdict="false") for n in (2, 3, 4)], ("often_false", "alone"), "it was false thrice"),
        ([FireAlarm(2, "b2", 2, "smoke", NOW)], ("alone",), "another building says nothing"),
    ],
)  # fmt: skip
def test_an_operator_is_told_what_speaks_for_and_against_a_fire(others, hints, because):
    assert hints_of(alarm(1), others) == hints, because


def test_the_ratio_has_its_denominator_and_is_none_over_nothing():
    none = figures_of([])
    assert (none.warnings_per_fire, none.false_share, none.median_s) == (None, None, None)
    some = figures_of([
        alarm(1, 10, acknowledged_at=NOW - timedelta(minutes=9), verdict="fire"),
        alarm(2, 20, acknowledged_at=NOW - timedelta(minutes=17), verdict="false"),
        alarm(3, 30, verdict="false"), alarm(4, 40, verdict="test"), alarm(5, 50),
    ])  # fmt: skip
    assert (some.alarms, some.acknowledged, some.median_s) == (5, 2, 120.0)
    assert (some.judged, some.warnings_per_fire) == (3, 3.0), "a test and an open one judge nothing"
    assert some.false_share == pytest.approx(2 / 3)
    assert figures_of([alarm(1, verdict="false")]).warnings_per_fire is None, "no fire, no ratio"


TABLE = """\
site,name_zh,name_en,address,owner,lon,lat,contact,phone,contact_role,device,kind,floor,x,y,plan
b1,东南大厦,Southeast Tower,东南路1,water_co,110.0011,30.0011,欧阳静疑,13912345678,物业,smoke-1,smoke,1F,0.2,0.5,p.svg
b1,,,,,,,值班室,0660-1234,,wire-1,electrical,1F,0.8,0.5
b1,,,,,,,,,,smoke-2,smoke,2F,,
b1,,,,,,,,,,nowhere,smoke,2F,0.1,0.1
"""


PLAN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><script>alert(1)</script>'
    '<rect x="1" y="1" width="298" height="198" fill="#fff" onclick="alert(2)"/></svg>'
)


@pytest.fixture
def watched(life: Life, tmp_path: Path) -> Life:
    return watched_building(life, tmp_path)


def watched_building(life: Life, tmp_path: Path) -> Life:
    """A building with two smoke detectors and one on its wiring, of which one has an alarm."""
    grid = "990101001001001"
    for code, kind in (
        ("smoke-1", "smoke_detector"),
        ("smoke-2", "smoke_detector"),
        ("wire-1", "electrical_monitor"),
    ):
        Device.objects.create(city_id=life.city.id, code=code, type=kind, area=grid, owner="water_co")
    (tmp_path / "b.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "p.svg").write_text(PLAN, encoding="utf-8")
    assert load_fire_sites(life.city, tmp_path / "b.csv", life.clock) == {
        "sites": 1, "devices": 3, "plans": 1, "unknown_devices": 1,
    }  # fmt: skip
    device = Device.objects.get(code="smoke-1")
    Alarm.objects.create(
        id=7, city_id=life.city.id, rule="smoke", subject=f"device:{device.id}", severity="urgent", state="raised",
        raised_at=life.clock.now(), recorded_at=life.clock.now(), city_version=1, type="smoke_detector",
        device_id=device.id, area=grid, areas=list(life.city.ancestors(grid)), owner="water_co", stands=True,
        changed_ms=0, lon=110.0011, lat=30.0011, version=1,
    )  # fmt: skip
    return life


def test_contacts_are_sealed_and_every_look_is_kept(watched):
    site = site_seen(watched.city, "b1", watched.post("dispatcher"))
    assert (site.area, site.floors, site.has_contacts) == ("990101001001001", ("1F", "2F"), True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT contacts_sealed, key_mark FROM sensing_fire_site")
        sealed, mark = cursor.fetchone()
        assert b"13912345678" not in bytes(sealed)
        assert bytes(mark) == vault().key_mark
        points = list_points(cursor, site.id)
        assert [(p.code, p.floor, p.x) for p in points] == [
            ("smoke-1", "1F", 0.2), ("wire-1", "1F", 0.8), ("smoke-2", "2F", None),
        ]  # fmt: skip
    contacts = look_at_contacts(watched.city, "b1", "alarm", watched.post("dispatcher"), watched.clock)
    assert [(c.name, c.phone) for c in contacts] == [("欧阳静疑", "13912345678"), ("值班室", "0660-1234")]
    with connection.cursor() as cursor:
        (look,) = list_looks(cursor, site.id)
    assert (look.by_login, look.reason, look.at) == ("dispatcher", "alarm", watched.clock.now())
    (read,) = list_reads(watched.city, ReadFilter(), watched.clock.now() + timedelta(days=2))
    assert (read.log, read.what, read.by_login, read.unusual) == ("fire_read", "b1", "dispatcher", ("alone",))
    judge_fire(watched.city, 7, "false", "cooking", "", watched.post("dispatcher"), watched.clock)
    assert list_reads(watched.city, ReadFilter(), watched.clock.now() + timedelta(days=2))[0].unusual == ()
    with pytest.raises(NotYourFireWatch):
        look_at_contacts(watched.city, "b1", "alarm", watched.post("leader"), watched.clock)
    with pytest.raises(UnknownWord):
        look_at_contacts(watched.city, "b1", "curiosity", watched.post("dispatcher"), watched.clock)
    with pytest.raises(NotYourFireWatch):
        sites_seen(watched.city, watched.post("handler_e1"))
    with pytest.raises(NoSuchSite):
        site_seen(watched.city, "b9", watched.post("dispatcher"))


def test_a_look_at_contacts_stands_under_the_signed_root_and_a_tampered_one_is_found(watched):
    look_at_contacts(watched.city, "b1", "alarm", watched.post("dispatcher"), watched.clock)
    assert sign_root(watched.city, watched.clock).logs == 1
    table = "sensing_fire_read"
    drill = (f"UPDATE {table} SET reason = 'drill'", "not the one that was signed", "another reason")
    tamperings = [drill, *tamperings_of(table, "city_id, site_id, by_role, by_unit, reason")]
    each_is_named(watched.city, "fire_read", table, tamperings)


def test_the_newest_verdict_counts_and_the_alarm_is_told(watched):
    kinds = {"smoke_detector": "smoke"}

    def seen() -> FireAlarm:
        with connection.cursor() as cursor:
            (row,) = list_fire_alarms(cursor, watched.city.id, kinds, watched.clock.now() - timedelta(days=1))
        return row.alarm

    assert (seen().site, seen().verdict) == ("b1", "")
    judge_fire(watched.city, 7, "false", "cooking", "油烟", watched.post("dispatcher"), watched.clock)
    assert (seen().verdict, seen().cause) == ("false", "cooking")
    assert Alarm.objects.get(id=7).verdict == "false"
    judge_fire(watched.city, 7, "fire", "", "", watched.post("dispatcher"), watched.clock)
    assert (seen().verdict, Alarm.objects.get(id=7).verdict) == ("fire", "true")
    judge_fire(watched.city, 7, "unclear", "", "", watched.post("dispatcher"), watched.clock)
    assert seen().verdict == "unclear"
    with pytest.raises(UnknownWord):
        judge_fire(watched.city, 7, "maybe", "", "", watched.post("dispatcher"), watched.clock)


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        ("water_co", "moon_co", "no such unit"),
        ("110.0011", "east", "no number"),
        ("110.0011", "99.0", "outside the city"),
        ("electrical,1F", "gas,1F", "no such kind"),
        ("0.2,0.5", "2,0.5", "a plan ends at 1"),
        ("site,name_zh", "code,name_zh", "a column is missing"),
        ("p.svg", "q.svg", "no such picture"),
        ("p.svg", "../p.svg", "a picture from outside the folder"),
        ("p.svg", "b.csv", "no picture"),
    ],
)
def test_a_table_with_a_wrong_row_loads_nothing(life, tmp_path, old, new, because):
    (tmp_path / "b.csv").write_text(TABLE.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "p.svg").write_text(PLAN, encoding="utf-8")
    with pytest.raises(BadFireFile):
        load_fire_sites(life.city, tmp_path / "b.csv", life.clock)
    assert sites_seen(life.city, life.post("dispatcher")) == [], because


# --- footfall -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "past", "day", "because"),
    [
        ({}, [], Day(None, 0, 3), "nothing measured is not nobody"),
        ({0: 10, 1: 20, 2: 30}, [], Day(60, 3, 3), "a whole day needs no estimate"),
        ({0: 10, 2: 30}, [], Day(40, 2, 3), "a gap with no past stays a gap"),
        ({0: 10, 2: 30}, [{1: 18}, {1: 22}], Day(40, 2, 3, 60), "two weeks fill it, and it is called an estimate"),
        ({0: 10, 2: 30}, [{1: 18}], Day(40, 2, 3), "one week is too few"),
        ({0: 10}, [{1: 1, 2: 1}, {1: 1, 2: 1}], Day(10, 1, 3), "less than half measured is not estimated"),
        ({0: 10, 1: -4, 2: 30, 9: 5}, [], Day(40, 2, 3), "a negative count and one outside the day are no counts"),
    ],
)
def test_a_day_tells_what_was_measured_and_marks_what_is_estimated(said, past, day, because):
    assert day_of(said, 3, past) == day, because
    assert day_of({}, 0, []).share is None


def test_a_counters_day_is_kept_with_its_share(life):
    device = Device.objects.create(city_id=life.city.id, code="f1", type="footfall_counter", area="990101001001001")
    stream = Stream.objects.create(city_id=life.city.id, device=device, name="persons_in", interval_s=3600)
    life.clock.at = at(6, 1, 12)
    hours = [at(6, 1, hour) for hour in range(0, 11)]
    batch = readings_of([stream.id] * 11, [round(h.timestamp() * 1000) for h in hours], [10.0] * 11)
    with connection.cursor() as cursor:
        keep_readings(cursor, life.city.id, batch, life.clock.now())
    assert count_day(life.city, at(6, 1).date(), life.clock) == 1
    with connection.cursor() as cursor:
        (kept,) = list_footfall(cursor, life.city.id, at(6, 1).date(), at(6, 1).date())
    assert (kept.device, kept.figures) == ("f1", Day(110.0, 11, 12)), "of the twelve hours so far one is missing"
