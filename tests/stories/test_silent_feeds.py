"""Every kind of feed falls silent and speaks again: devices, the two doors for readings, bikes, warnings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.db import connection
from tests.cases.life import Life
from tests.city.small_city import CITY_TOML, write_small_city
from tests.exchange.cap.test_cap_documents import ALERT
from tests.sensing.test_bikes import BIKES, fetching

from cityloom.city.actions.load_city import load_city
from cityloom.city.scenarios import CapRules, CapSource
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.exchange.actions.pull_cap import pull_cap
from cityloom.exchange.actions.pull_gbfs import pull_gbfs
from cityloom.exchange.cap.writing import write_alert
from cityloom.exchange.fetching import NoDocument
from cityloom.sensing.actions.watch_feeds import watch_feeds
from cityloom.sensing.feed_alarms import CODE
from cityloom.sensing.models import Alarm, Device, Stream
from cityloom.sensing.reading_feeds import HTTP, SENSORTHINGS, note_readings

SOURCE = CapSource("met", Name("气象", "Weather"), "https://met.example/cap.atom", 5.0)
KINDS = ("cap", "devices", "gbfs", HTTP, SENSORTHINGS)


def city_with_feeds(life: Life, folder: Path) -> City:
    """The small city with a gauge, shared bikes and a source of warnings."""
    write_small_city(folder)
    (folder / "city.toml").write_text(CITY_TOML + BIKES, encoding="utf-8")
    load_city(folder, "test", life.clock.now())
    forget_cities()
    city = current_city("990100")
    gauge = Device.objects.create(city_id=city.id, code="g1", type="water_level", area="990101001001001")
    Stream.objects.create(city_id=city.id, device=gauge, name="depth_cm", interval_s=600)
    scenarios = replace(city.config.scenarios, cap=CapRules(sources={"met": SOURCE}))
    return replace(city, config=replace(city.config, scenarios=scenarios))


def all_speak(city: City, life: Life) -> None:
    """Each feed brings something by its own door."""
    now = life.clock.now()
    Device.objects.filter(code="g1").update(last_seen=now, readings=1)
    streams = [Stream.objects.get(device__code="g1").pk]
    with connection.cursor() as cursor:
        for door in (HTTP, SENSORTHINGS):
            note_readings(cursor, city.id, door, "service:pump", now, streams, owner="lighting_co")
    list(pull_gbfs(city, fetching(1), life.clock, at_once=True))
    list(pull_cap(city, lambda _: write_alert(ALERT), life.clock, at_once=True))


def nobody_answers(url: str) -> bytes:
    raise NoDocument("fetch.away", host=url, detail="")


def states() -> dict[str, str]:
    """Kind of feed → state of its alarm."""
    alarms = Alarm.objects.filter(rule=CODE).values_list("subject", "state")
    return {subject.removeprefix("feed:").partition(":")[0]: state for subject, state in alarms}


def test_every_kind_of_feed_that_falls_silent_is_an_alarm_until_it_speaks_again(life: Life, tmp_path: Path) -> None:
    life.clock.at = ALERT.sent
    city = city_with_feeds(life, tmp_path / "with_feeds")
    all_speak(city, life)
    assert dict(watch_feeds(city, life.clock)) == {"feeds_changed": 0}
    life.clock.advance(hours=5)
    list(pull_gbfs(city, nobody_answers, life.clock, at_once=True))
    list(pull_cap(city, nobody_answers, life.clock, at_once=True))
    assert dict(watch_feeds(city, life.clock)) == {"feeds_changed": len(KINDS)}, "a try in vain is no word"
    assert states() == dict.fromkeys(KINDS, "raised")
    life.clock.advance(minutes=1)
    assert dict(watch_feeds(city, life.clock)) == {"feeds_changed": 0}, "told once for each silence"
    all_speak(city, life)
    assert dict(watch_feeds(city, life.clock)) == {"feeds_changed": len(KINDS)}
    assert states() == dict.fromkeys(KINDS, "cleared")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(ended_at) FROM sensing_feed_silence")
        assert cursor.fetchone() == (len(KINDS), len(KINDS))
