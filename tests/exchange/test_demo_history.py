"""A year of cases made for a loaded city: whole, plausible, the same for the same seed, and workable where open."""

import itertools
import json
import random
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from click.testing import CliRunner
from django.db import connection
from tests.cases.life import Life, photo
from tests.exchange.test_demo_day import live

from cityloom.app.commands.demo import command
from cityloom.base.clock import GivenClock
from cityloom.cases.copying import row_text
from cityloom.cases.keeping import chain_seed, get_file_by_id, list_entries
from cityloom.cases.models import Case, Entry, Report, Reporter, RunningClock, Task
from cityloom.cases.queries_audit import broken_in, walk_cases
from cityloom.cases.reporters import vault
from cityloom.cases.verifying import verify_chain
from cityloom.city.paths import END_STATES
from cityloom.exchange.demo.chance import stream
from cityloom.exchange.demo.characters import CHARACTERS, STEADY, cast_units, slowed
from cityloom.exchange.demo.living import chain, live_plan
from cityloom.exchange.demo.load_year import YearRefused, has_year, load_year
from cityloom.exchange.demo.play import Player
from cityloom.exchange.demo.prints import cut_stencil, is_printable, rows_of
from cityloom.exchange.demo.pulse import days_of, hours_of, season_of
from cityloom.exchange.demo.story import Story, Wanted, draw
from cityloom.exchange.demo.weather import draw_weather
from cityloom.exchange.demo.wording import random_rows
from cityloom.exchange.demo.year_rows import digest_of

UNTIL = datetime(2026, 6, 15, 2, tzinfo=UTC)  # a Monday, ten in the morning
YEAR = draw_weather(date(2026, 6, 14), 365, 7)


def wanted(full=False, **more):
    return Wanted(**{"until": UNTIL, "cases": 6000 if full else 600, **more})


def planned(city, wish):
    story = Story.of(city, wish, draw(city, wish))
    dice = random_rows(stream(wish.seed, "test"), len(story.year.happenings))
    happenings = story.year.happenings
    return story, [story.fates.plan(i, h, d) for i, (h, d) in enumerate(zip(happenings, dice, strict=True))]


@pytest.fixture
def loaded(small_city, tmp_path, full):
    truth = tmp_path / "history_truth.json"
    done = load_year(small_city, wanted(full), UNTIL, truth, processes=1)
    return done, json.loads(truth.read_text(encoding="utf-8"))


# --- whole ------------------------------------------------------------------------------------------------------


def test_every_history_of_the_year_verifies_and_no_plan_was_refused(loaded, small_city):
    done, _ = loaded
    assert done.refused == {}
    assert done.cases == Case.objects.count()
    walked = [pair for batch in walk_cases(small_city.id) for pair in batch]
    assert len(walked) == done.cases
    assert broken_in(small_city.code, walked) == []


def broken_of(case_id, city):
    with connection.cursor() as cursor:
        file = get_file_by_id(cursor, case_id)
        return verify_chain(file, list_entries(cursor, case_id), chain_seed(city.code, file.case.number))


def test_an_edited_row_of_the_year_is_found(loaded, small_city):
    case = Case.objects.exclude(closed_at=None).first()
    Case.objects.filter(id=case.id).update(overdue_raw=not case.overdue_raw)
    assert any(b.number == case.number for b in broken_of(case.id, small_city))


def test_a_case_of_the_year_has_all_that_belongs_to_it(loaded):
    done, _ = loaded
    closed = Case.objects.filter(state="closed")
    assert closed.count() > done.cases / 2
    assert not Case.objects.filter(imported=True).exists()
    assert Task.objects.filter(role="lead", case__in=closed).count() >= closed.count()
    assert Report.objects.count() > done.cases, "some matters were reported by several people"
    assert not RunningClock.objects.filter(case__in=closed).exclude(state="stopped").exists()
    assert Entry.objects.count() == done.entries
    moves = set(Entry.objects.values_list("move", flat=True).distinct())
    assert {"receive", "file", "verify", "dispatch", "sign", "contact", "handle", "pass_check", "reply"} <= moves
    assert {"call_back", "attempt_callback", "close", "rework", "return", "join", "overdue", "answer"} <= moves
    settled = Report.objects.filter(case__in=closed)
    assert set(settled.values_list("state", flat=True)) == {"called_back", "exempt"}
    assert not settled.filter(state="exempt", exempt_reason=None).exists()


def test_the_people_of_the_year_are_sealed_and_have_numbers_that_no_telephone_has(loaded):
    done, _ = loaded
    assert Reporter.objects.count() == done.callers
    assert (
        not Report.objects.exclude(reporter_id=None).exclude(reporter_id__in=Reporter.objects.values("id")).exists()
    )
    someone = Reporter.objects.first()
    assert vault().open(bytes(someone.phone_sealed)).startswith("120")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_print_says_the_same_as_a_life(small_city, language):
    """Most cases are printed from a stencil; each row and hash is what living the case by the rules gives."""
    story, plans = planned(small_city, wanted(language=language))
    reporters = list(range(5_000_000_000, 5_000_000_000 + story.year.callers))
    compared = 0
    for plan in plans:
        if plan.is_open or not is_printable(plan):
            continue
        past = story.press.city
        stencil = cut_stencil(plan, past)
        if stencil is None:  # such a life is lived
            continue
        ids = itertools.count(7_000_000_000)
        tz = story.press.tz
        lived = live_plan(plan, past, lambda ids=ids: next(ids), tz, reporters)
        salt_of = lambda seq, plan=plan: story.press.salt(plan.number, seq)  # noqa: E731
        file, entries = chain(lived, small_city.code, lambda ids=ids: next(ids), salt_of)
        expected = tuple("".join(map(row_text, each)) for each in rows_of(file, entries))
        assert stencil.print(plan, 7_000_000_000, reporters, story.press) == expected
        compared += 1
        if compared == 150:
            return
    assert compared > 100


# --- open -------------------------------------------------------------------------------------------------------


def test_the_open_work_of_the_last_days_goes_on_by_the_real_actions(loaded, small_city, monkeypatch):
    """The demo's own day takes up every open case of the year; after it all chains verify."""
    monkeypatch.setattr("cityloom.exchange.demo.play._picture", lambda seed, trouble: photo())
    monkeypatch.setattr("cityloom.exchange.demo.play.BUSIEST_EVERY_S", 1e9)
    done, _ = loaded
    waiting = Case.objects.filter(closed_at=None)
    open_before = set(waiting.values_list("id", flat=True))
    assert len(open_before) == done.open > 0
    assert all(opened > UNTIL - timedelta(days=60) for opened in waiting.values_list("opened_at", flat=True))
    clock = GivenClock(UNTIL)
    life = Life(small_city, clock)
    player = Player(lambda: small_city, clock, threading.Event(), chance=random.Random(1))
    for _ in range(40):
        live(life, player, 20)
        clock.advance(hours=4)
    assert Case.objects.filter(id__in=open_before).exclude(closed_at=None).count() > len(open_before) / 2
    assert [b for case_id in open_before for b in broken_of(case_id, small_city)] == []


def test_clocks_of_the_past_have_told_all_they_had_to_tell(loaded):
    assert not RunningClock.objects.filter(fires_at__lt=UNTIL).exists()
    assert RunningClock.objects.filter(fires_at__gte=UNTIL).exists()


# --- the same again, or not at all ------------------------------------------------------------------------------


def test_the_same_seed_tells_the_same_year_and_another_seed_another(small_city):
    def digests(seed):
        return [digest_of(plan) for plan in planned(small_city, wanted(seed=seed))[1]]

    first = digests(7)
    assert digests(7) == first
    assert digests(8) != first


def test_a_city_that_has_its_year_keeps_it(loaded, small_city, tmp_path):
    count = Case.objects.count()
    again = load_year(small_city, wanted(), UNTIL, tmp_path / "again.json", processes=1)
    assert again.was_there
    assert has_year(small_city)
    assert Case.objects.count() == count
    assert not (tmp_path / "again.json").exists()


@pytest.mark.parametrize(("wish", "code", "because"), [
    ({"until": UNTIL + timedelta(hours=1)}, "demo.year_ahead", "nothing has happened yet in the future"),
    ({"cases": 10}, "demo.year_size", "ten cases are no year"),
    ({"months": 24}, "demo.year_out_of_calendar", "the city's calendar begins later"),
])  # fmt: skip
def test_a_year_that_cannot_be_is_refused_and_nothing_is_written(small_city, tmp_path, wish, code, because):
    with pytest.raises(YearRefused) as refused:
        load_year(small_city, replace(wanted(), **wish), UNTIL, tmp_path / "truth.json", processes=1)
    assert refused.value.reason.code == code, because
    assert not Case.objects.exists()
    assert refused.value.in_language("zh") != refused.value.in_language("en")


# --- rhythm -----------------------------------------------------------------------------------------------------


def test_a_year_of_weather_is_cold_in_january_hot_in_july_and_has_one_storm_in_summer():
    months = np.array([day.month for day in YEAR.days])
    assert YEAR.warm_c[months == 1].mean() < 6 < 24 < YEAR.warm_c[months == 7].mean()
    assert YEAR.snow_cm[months == 7].sum() == 0
    assert YEAR.storm_day.month in (7, 8)
    assert YEAR.rain_mm.argmax() == YEAR.storm
    shorter = draw_weather(date(2026, 6, 14), 100, 7)
    assert shorter.warm_c.tolist() == YEAR.warm_c[-100:].tolist(), "a day has the same weather in every span"


@pytest.mark.parametrize(("season", "more", "less"), [
    ("summer", 7, 1), ("winter", 1, 7), ("autumn", 11, 6), ("heating", 12, 8), ("school", 9, 6), ("spring", 4, 10),
])  # fmt: skip
def test_each_season_stirs_in_its_months(season, more, less):
    months = np.array([day.month for day in YEAR.days])
    weight = season_of(season, YEAR)
    assert weight[months == more].mean() > 1.3 * weight[months == less].mean()


@pytest.mark.parametrize("source", ["resident", "hotline", "grid_worker", "inspection"])
def test_weekends_and_holidays_are_quieter_and_mondays_busier(source):
    holiday = frozenset({date(2026, 3, 18)})
    share = days_of(source, "all", YEAR, holiday, frozenset())
    by_weekday = [np.mean([s for s, d in zip(share, YEAR.days, strict=True) if d.weekday() == w]) for w in range(7)]
    assert by_weekday[0] == max(by_weekday)
    assert max(by_weekday[5:]) < min(by_weekday[:5])
    assert share[YEAR.days.index(date(2026, 3, 18))] < share[YEAR.days.index(date(2026, 3, 11))]
    worked = days_of(source, "all", YEAR, frozenset(), frozenset({date(2026, 3, 14)}))
    assert worked[YEAR.days.index(date(2026, 3, 14))] > worked[YEAR.days.index(date(2026, 3, 21))]


@pytest.mark.parametrize(("source", "hours", "busy", "quiet", "because"), [
    ("resident", "day", 20, 4, "residents write after work"),
    ("grid_worker", "day", 9, 22, "collectors walk by day"),
    ("resident", "night", 22, 10, "noise is told of at night"),
    ("hotline", "day", 9, 3, "the hotline rings in the morning"),
])  # fmt: skip
def test_each_source_has_its_hours(source, hours, busy, quiet, because):
    share = hours_of(source, hours)
    assert share[busy] > 2 * share[quiet], because


def test_devices_speak_all_night():
    assert hours_of("sensor", "day").min() > 0.7 * hours_of("sensor", "day").max()


def test_the_year_has_its_storm_its_hot_spots_and_its_repeats(small_city):
    story, _ = planned(small_city, wanted(cases=3000))
    found = story.year.happenings
    per_day = Counter(datetime.fromtimestamp(h.opened, UTC).date() for h in found if h.storm)
    assert per_day.most_common(1)[0][0] - story.year.weather.storm_day in (timedelta(), timedelta(days=-1))
    hot = [h for h in found if h.hot >= 0]
    assert len({h.spot.place for h in hot}) < len(hot) / 3
    ends = [datetime.combine(s.fixed, datetime.min.time(), UTC) for s in story.year.hot_spots if s.fixed]
    assert ends, "some causes were mended"
    again = [h for h in found if h.again >= 0]
    assert len(again) > 20
    for h in again:
        first = found[h.again]
        assert (h.caller, h.spot, h.matter) == (first.caller, first.spot, first.matter)
        assert 0 < h.opened - first.opened <= 90 * 86_400


# --- characters -------------------------------------------------------------------------------------------------


def test_every_part_is_dealt_to_a_unit_of_its_own():
    cast = cast_units([f"u{i}" for i in range(20)], ["east", "west"], 7)
    assert sorted(c.name for c in cast.parts.values()) == sorted(c.name for c in CHARACTERS)
    assert cast.of("u99") == STEADY
    assert cast.improving in ("east", "west")


@pytest.mark.parametrize(("part", "load", "day", "progress", "improves", "slower", "because"), [
    ("overloaded", 3.0, date(2026, 7, 1), 0.5, False, True, "three usual days at once are too many for it"),
    ("overloaded", 1.0, date(2026, 7, 1), 0.5, False, False, "on its usual day it keeps its pace"),
    ("backlog", 1.0, date(2025, 11, 20), 0.5, False, True, "its backlog grows in autumn"),
    ("backlog", 1.0, date(2026, 4, 20), 0.5, False, False, "in spring it has none"),
    ("honest", 1.0, date(2026, 4, 20), 0.0, True, True, "the improving district begins slow"),
])  # fmt: skip
def test_what_slows_a_unit(part, load, day, progress, improves, slower, because):
    character = next(c for c in CHARACTERS if c.name == part)
    assert (slowed(character, load, day, progress, improves) > 1.0) == slower, because


def test_the_hollow_unit_is_quick_and_solves_little_the_honest_one_solves(small_city):
    story, plans = planned(small_city, wanted(cases=4000))
    parts = {character.name: unit for unit, character in story.fates.cast.parts.items()}
    unsolved, asked, returned, led = Counter(), Counter(), Counter(), Counter()
    for plan in plans:
        unit = plan.leads[0] if plan.leads else None
        heard = [s.heard for s in plan.steps if s.move == "call_back"]
        asked[unit] += bool(heard)
        unsolved[unit] += any(h.solved == "no" for h in heard)
        led[unit] += 1
        returned[unit] += any(s.move == "return" for s in plan.steps)

    def share(count, of, name):
        return count[parts[name]] / max(1, of[parts[name]])

    able = [name for name in parts if led[parts[name]] > 60]
    if {"hollow", "honest"} <= set(able) and asked[parts["hollow"]] > 30 < asked[parts["honest"]]:
        assert share(unsolved, asked, "hollow") > 2 * share(unsolved, asked, "honest")
    others = [share(returned, led, name) for name in able if name != "returning"]
    assert "returning" not in able or share(returned, led, "returning") > 2 * max(others)
    assert len(able) >= 3, "the parts have cases enough to be seen"


def test_the_truth_tells_what_lies_behind_the_figures(loaded, small_city):
    done, truth = loaded
    assert truth["digest"] == done.digest
    assert set(truth["characters"]["units"]) <= set(small_city.units)
    assert {c["name"] for c in truth["characters"]["units"].values()} <= {c.name for c in CHARACTERS}
    assert truth["hot_spots"][0].keys() == {"class", "area", "lon", "lat", "from", "fixed"}
    assert date.fromisoformat(truth["storm_day"]).month in (7, 8)


# --- words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_texts_of_a_class_seldom_sound_alike(small_city, language):
    _, plans = planned(small_city, wanted(cases=1500, language=language))
    said = [plan.said[0].words for plan in plans if plan.source in ("resident", "hotline")]
    assert len(set(said)) / len(said) > 0.75, "the small city has few classes and few places"
    assert all(("{" not in words) and words.strip() == words for words in said)
    if language == "en":
        own_names = "".join(a.name.zh for a in small_city.areas.values())
        assert not any("\u4e00" <= letter <= "\u9fff" for words in said for letter in words), own_names[:4]


def test_every_closed_state_of_the_year_is_an_end_state(loaded):
    ended = Case.objects.exclude(closed_at=None).values_list("state", flat=True).distinct()
    assert set(ended) <= set(END_STATES)
    assert {"closed", "answered", "noted", "explained"} <= set(ended)


# --- two processes ----------------------------------------------------------------------------------------------


@pytest.fixture
def committed_city(transactional_db, small_city):
    return small_city


def test_two_processes_write_the_year_together(committed_city, tmp_path):
    done = load_year(committed_city, wanted(cases=200), UNTIL, tmp_path / "truth.json", processes=2)
    assert done.cases == Case.objects.count() == 200
    assert done.refused == {}
    assert has_year(committed_city)
    walked = [pair for batch in walk_cases(committed_city.id) for pair in batch]
    assert broken_in(committed_city.code, walked) == []


def test_when_one_process_breaks_off_nothing_is_kept(committed_city, tmp_path, monkeypatch):
    from cityloom.exchange.demo import load_year as module

    write = module._Part.write

    def broken(part, reporters, tell):
        write(part, reporters, tell)
        if part.number == 1:
            raise OSError("the disk is full")

    monkeypatch.setattr(module._Part, "write", broken)
    with pytest.raises(module.WriterFailed, match="disk is full"):
        load_year(committed_city, wanted(cases=200), UNTIL, tmp_path / "truth.json", processes=2)
    assert not Case.objects.exists()
    assert not has_year(committed_city)
    assert not (tmp_path / "truth.json").exists()


@pytest.mark.parametrize(("option", "value"), [
    ("--months", "0"), ("--months", "25"), ("--language", "fr"), ("--until", "yesterday"), ("--processes", "3"),
])  # fmt: skip
def test_an_option_that_means_nothing_is_refused_with_what_would_do(tmp_path, option, value):
    told = CliRunner().invoke(command, ["history", option, value, str(tmp_path)])
    assert told.exit_code == 2
    assert option in told.output
