"""The demo's day in the small city: who means to do what, and what comes of it through the real actions."""

import random
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from tests.cases.life import at, photo

from cityloom.cases.keeping import get_file_by_id
from cityloom.cases.models import Case, Entry
from cityloom.cases.queries_audit import broken_in, walk_cases
from cityloom.city.values import Nature, Source
from cityloom.exchange.demo.day import OWN_MARK, VISITORS_WAIT, Day, Staff
from cityloom.exchange.demo.pictures import draw_street
from cityloom.exchange.demo.play import Player
from cityloom.exchange.demo.sayings import SOURCES, Speakers, Streets


@pytest.fixture
def day(small_city):
    return Day(small_city, Streets(small_city), Staff(small_city))


@pytest.fixture
def small_pictures(monkeypatch):
    monkeypatch.setattr("cityloom.exchange.demo.play._picture", lambda seed, trouble: photo())


def player_of(life, seed=1, **more):
    return Player(lambda: life.city, life.clock, threading.Event(), chance=random.Random(seed), **more)


def live(life, player, minutes):
    """Let the player live so many minutes, half a minute at a time."""
    for _ in range(2 * minutes):
        player._looked_at_s = None
        while player.step():
            pass
        life.clock.advance(seconds=30)


def live_until(life, player, holds):
    """Let the player live, ten minutes at a time, until it holds; four days are enough for the sleepiest."""
    for _ in range(4 * 24 * 6):
        if holds():
            return
        player._looked_at_s = None
        while player.step():
            pass
        life.clock.advance(minutes=10)
    raise AssertionError("it never came to hold")


@pytest.fixture
def nobody_reports(monkeypatch):
    monkeypatch.setattr("cityloom.exchange.demo.play.BUSIEST_EVERY_S", 1e9)


def files():
    with connection.cursor() as cursor:
        return [get_file_by_id(cursor, i) for i in Case.objects.order_by("id").values_list("id", flat=True)]


# --- meaning to -------------------------------------------------------------------------------------------------


def test_the_same_case_at_the_same_version_means_the_same_next_move(life, day):
    life.report(idempotency_key=f"{OWN_MARK}1")
    first, again = (day.next_of(life.file, life.clock.now()) for _ in range(2))
    assert first == again
    assert first.version == life.file.case.version
    assert first.by in life.city.posts[first.by.login]


def test_a_plan_holds_what_is_due_by_now_and_no_more(life, day):
    life.report(idempotency_key=f"{OWN_MARK}1")
    meant = day.next_of(life.file, life.clock.now())
    assert day.plan([life.file], meant.at - timedelta(seconds=1)) == []
    assert day.plan([life.file], meant.at) == [meant]


def test_a_case_of_a_visitor_is_left_to_the_visitor_for_a_while(life, day):
    life.report()
    assert day.next_of(life.file, life.clock.now()).at >= life.clock.now() + VISITORS_WAIT


def test_twice_the_rate_halves_the_wait(life, day):
    life.report(class_code="hotline:0904", source="hotline", by="agent", idempotency_key=f"{OWN_MARK}1")
    assert life.file.case.next_due_at is not None
    slept = replace(life.file, case=replace(life.file.case, next_due_at=None))  # whoever sleeps wakes by the clock
    now = life.clock.now()
    ones, twos = day.next_of(slept, now).at - now, replace(day, rate=2.0).next_of(slept, now).at - now
    assert abs(ones / 2 - twos) < timedelta(milliseconds=1)


def test_nobody_means_anything_with_an_ended_case(life, day):
    life.report(class_code="hotline:0903")
    assert life.file.case.has_ended
    assert day.next_of(life.file, life.clock.now()) is None


@pytest.mark.parametrize(("said", "move", "because"), [
    ({"class_code": None}, "reclassify", "nothing can be dispatched while the class is open"),
    ({"place": None}, "relocate", "nothing can be dispatched while the place is open"),
    ({"class_code": "hotline:0901", "hold": True}, "answer", "a question at the desk is answered there"),
    ({"class_code": "hotline:0904"}, "explain", "a demand outside the law is told its lawful route"),
])  # fmt: skip
def test_what_is_lacking_comes_first(life, day, said, move, because):
    life.report(source="hotline", by="agent", idempotency_key=f"{OWN_MARK}1", **said)
    meant = Counter(replace(day, seed=seed).next_of(life.file, life.clock.now()).move for seed in range(20))
    assert meant.most_common(1)[0][0] == move, because


# --- saying -----------------------------------------------------------------------------------------------------


def test_every_source_speaks_with_its_words_filled_in_and_inside_the_city(small_city):
    speakers, chance = Speakers(small_city, Streets(small_city)), random.Random(3)
    said = [speakers.say(chance, at(6, 1)) for _ in range(300)]
    assert {s.source for s in said} == set(SOURCES)
    for each in said:
        assert each.words
        assert "{" not in each.words
        assert each.lon is None or small_city.find_area(each.lon, each.lat) is not None
        assert each.class_code is None or each.class_code in small_city.leaves
        assert not each.phone or (each.phone.startswith("120") and len(each.phone) == 11)
    assert any(s.class_code is None for s in said), "some callers' matters have no class yet"
    assert any(s.source is Source.HOTLINE and s.lon is None for s in said), "some callers cannot say where"
    natures = {small_city.classes[s.class_code].nature for s in said if s.class_code}
    assert natures == set(Nature)


def test_hot_spots_are_the_same_for_the_same_seed_and_lie_inside(small_city):
    streets = [Streets(small_city, seed)._hot for seed in (1, 1, 2)]
    assert streets[0] == streets[1] != streets[2]
    assert all(small_city.find_area(s.lon, s.lat) for s in streets[0])


def test_a_street_put_right_is_the_same_street_without_the_trouble():
    assert draw_street("a", True) == draw_street("a", True) != draw_street("a", False)
    assert draw_street("a", False) != draw_street("b", False)


# --- doing ------------------------------------------------------------------------------------------------------


def test_a_played_morning_sees_cases_through_and_leaves_whole_histories(life, small_pictures, monkeypatch):
    monkeypatch.setattr("cityloom.exchange.demo.play.BUSIEST_EVERY_S", 30)
    live(life, player_of(life), 60)
    moves = Counter(Entry.objects.values_list("move", flat=True))
    assert Case.objects.filter(state="closed").count() > 10
    assert {"verify", "sign", "contact", "handle", "pass_check", "reply", "call_back", "close"} <= set(moves)
    broken = [b for batch in walk_cases(life.city.id) for b in broken_in(life.city.code, batch)]
    assert broken == []


def test_who_is_shown_a_neighbours_report_of_the_same_joins_it(life, small_pictures, monkeypatch):
    monkeypatch.setattr("cityloom.exchange.demo.play.JOIN_SHARE", 1.0)
    player = player_of(life)
    player._live_in(life.city)
    said = player._speakers._seen(Source.RESIDENT, player.chance, life.clock.now())
    for _ in range(2):
        player._report(life.city, said)
    (file,) = files()
    assert len(file.reports) == 2
    assert [b for batch in walk_cases(life.city.id) for b in broken_in(life.city.code, batch)] == []


def test_a_new_player_goes_on_with_what_the_one_before_left_open(life, small_pictures, monkeypatch):
    live(life, player_of(life), 2)
    left = {f.case.id: f.case.version for f in files() if not f.case.has_ended}
    assert left
    monkeypatch.setattr("cityloom.exchange.demo.play.BUSIEST_EVERY_S", 1e9)
    player = player_of(life, seed=2)
    live_until(life, player, lambda: all(f.case.version > left.get(f.case.id, 0) for f in files()))


def test_a_refused_move_is_logged_and_another_one_tried_later(life, day, small_pictures, nobody_reports, caplog):
    caplog.set_level("INFO", "cityloom.player")
    life.report(idempotency_key=f"{OWN_MARK}1")
    player = player_of(life)
    player._live_in(life.city)
    seen = life.file
    meant = day.next_of(seen, life.clock.now())
    life.move("supplement", "handler_e1", note="现场已围挡")  # somebody was first
    player._make(life.city, seen, meant, life.clock.now(), life.clock.now())
    assert f"refused={meant.move}" in caplog.text
    before = life.file.case.version
    live_until(life, player, lambda: life.file.case.version > before)


def test_a_visitors_case_is_taken_up_in_the_end(life, day, small_pictures, nobody_reports):
    life.report()
    player, before = player_of(life), life.file.case.version
    live(life, player, 14)
    assert life.file.case.version == before
    live_until(life, player, lambda: life.file.case.version > before)


def test_asked_to_stop_it_stops(life):
    player = player_of(life)
    player.stop.set()
    player.play()
    assert not Case.objects.exists()
