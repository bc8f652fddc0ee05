"""Rule replay: what other duties, limits or paths would have changed in stored history, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from tests.cases.life import DRAIN, FLOOD, LAMP, NOISE, NORTHEAST, SOUTHEAST, Life, at
from tests.city.small_city import write_small_city
from tests.stories.lives import live_many

from cityloom.cases.queries_replay import read_past, reading_only
from cityloom.cases.replaying import replay_rules
from cityloom.cases.rule_replay import Replayer, Rules
from cityloom.cases.rule_values import PastCase, PastClock, RuleReplay
from cityloom.city.checks import check_folder
from cityloom.city.problems import has_errors
from cityloom.city.proposed import city_of_folder, with_tables
from cityloom.city.snapshot_values import City

SINCE = at(1, 1)


@pytest.fixture
def proposed(life: Life, tmp_path: Path) -> Callable[..., City]:
    """The small city with changed files: each given as old text and new text."""

    def propose(**changes: tuple[str, str]) -> City:
        folder = write_small_city(tmp_path / "new")
        for stem, (old, new) in changes.items():
            path = next(folder.glob(f"{stem}.*"))
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new), encoding="utf-8")
        values, problems = check_folder(folder)
        assert not has_errors(problems), problems
        return city_of_folder(values, life.city.id, "")

    return propose


def replayed(life: Life, after: City, **more) -> RuleReplay:
    return replay_rules(life.city, after, SINCE, life.clock.now(), **more)


NOISE_TO_DISTRICT = ("hotline:01,990101001,street_e1,lead", "hotline:01,990101001,east_urban,lead")


# --- unchanged rules change nothing -----------------------------------------------------------------------------


def test_an_unchanged_folder_changes_nothing_in_forty_lives(life: Life, proposed):
    numbers = live_many(life)
    result = replayed(life, proposed())
    assert result.cases >= len(set(numbers)) > 30
    assert result.changes_nothing
    assert (result.leads.count, result.paths.count, result.risks.count) == (0, 0, 0)
    assert all(before == after for _, before, after in result.totals())
    for clocks in result.clocks.values():
        assert (clocks.limits_changed, clocks.newly_late.count, clocks.newly_in_time.count) == (0, 0, 0)
        assert clocks.late_before == clocks.late_after
    assert result.unnamed_before == result.unnamed_after
    assert result.disputes.settled.count == result.disputes.unsettled.count == 0


def test_the_present_rules_name_the_recorded_first_lead_or_the_replay_says_why_not(life: Life, proposed):
    live_many(life)
    result = replayed(life, proposed())
    assert result.recorded_agrees + result.recorded_differs.total() == result.cases
    assert set(result.recorded_differs) <= {"replay.not_dispatched", "replay.by_person", "replay.corrected"}
    assert result.recorded_agrees > result.recorded_differs["replay.corrected"]


def test_late_as_recorded_is_what_the_cases_themselves_say(life: Life, proposed):
    live_many(life)
    life.clock.at = at(6, 30)
    life.fire()
    result = replayed(life, proposed())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT case_id) FROM cases_clock WHERE kind = 'promise'")
        promised = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM cases_case WHERE overdue_raw")
        late = cursor.fetchone()[0]
    assert result.clocks["promise"].clocks >= promised
    assert late > 0
    assert result.clocks["promise"].late_before >= late


# --- leads ------------------------------------------------------------------------------------------------------


def test_a_changed_duty_moves_its_cases_and_the_load_of_its_months(life: Life, proposed):
    for day, place in ((1, SOUTHEAST), (2, SOUTHEAST), (3, NORTHEAST)):
        life.clock.at = at(6, day)
        life.report(place=place)
    life.clock.at = at(7, 1)
    life.report()
    result = replayed(life, proposed(duties=NOISE_TO_DISTRICT))
    ((key, group),) = result.leads.most_first()
    assert (key, group.count, len(group.samples)) == (("street_e1", "east_urban", NOISE), 3, 3)
    assert result.load["street_e1"] == {"2026-06": [2, 0], "2026-07": [1, 0]}
    assert result.load["east_urban"] == {"2026-06": [0, 2], "2026-07": [0, 1]}
    assert result.load["street_e2"] == {"2026-06": [1, 1]}
    assert not result.changes_nothing


def test_a_gap_and_a_tie_are_told_with_their_reason(life: Life, proposed):
    life.report()
    life.report(place=NORTHEAST)
    city = life.city
    duties = tuple(d for d in city.duties if not (d.class_pattern == "hotline:01" and d.area == "990101001"))
    also = replace(next(d for d in duties if d.area == "990101002"), unit="east_urban")
    after = replace(city, duties=(*duties, also)).warm()
    result = replayed(life, after)
    assert result.unnamed_after == {"duty.nothing_matches": 1, "duty.two_match": 1}
    assert result.newly_unnamed["duty.two_match"].count == 1


def test_a_component_is_decided_by_the_register_of_each_side(life: Life, proposed):
    life.report(source="grid_worker", by="collector", class_code=LAMP, place=(110.0010, 30.0010))
    changed = ('"name_zh": "路灯1", "owner": "lighting_co"', '"name_zh": "路灯1", "owner": "urban_bureau"')
    result = replayed(life, proposed(components=changed))
    ((key, group),) = result.leads.most_first()
    assert key == ("lighting_co", "urban_bureau", LAMP)
    assert group.samples == [life.number]


def test_the_hour_and_the_source_count_as_they_did(life: Life, proposed):
    life.clock.at = at(6, 1, 10)
    life.report(source="grid_worker", by="collector", class_code=FLOOD)
    life.clock.at = at(6, 1, 23)
    life.report(source="grid_worker", by="collector", class_code=FLOOD)
    at_work = ("gb2013:E0506,*,water_co,lead,1,,working", "gb2013:E0506,*,lighting_co,lead,1,,working")
    result = replayed(life, proposed(duties=at_work))
    ((key, group),) = result.leads.most_first()
    assert key == ("water_co", "lighting_co", FLOOD)
    assert group.count == 1


def test_rules_of_the_future_are_tried_on_the_past(life: Life, proposed):
    life.report()
    later = (
        "hotline:01,990101001,street_e1,lead,,,,,,\n",
        "hotline:01,990101001,street_e1,lead,,,,,,2026-12-31\nhotline:01,990101001,east_urban,lead,,,,,2027-01-01,\n",
    )
    after = proposed(duties=later)
    assert replayed(life, after).changes_nothing, "on the day of the case the old rule still holds"
    result = replayed(life, after, as_of=at(1, 2, year=2027).date())
    assert result.leads.count == 1


@pytest.mark.parametrize(
    ("change", "code", "because"),
    [
        ({"class_code": "hotline:9999"}, "replay.class_gone", "the class is not in the catalogue"),
        ({"area": "elsewhere"}, "replay.place_gone", "the area is gone and there is no point"),
        (
            {"area": "elsewhere", "lon": SOUTHEAST[0], "lat": SOUTHEAST[1]},
            "duty.matched",
            "its point lies in the city",
        ),
        ({"class_code": None}, "duty.class_open", "nobody said what it is"),
        ({"area": None}, "duty.place_open", "nobody said where it is"),
        ({"component_code": "gone"}, "duty.matched", "the component is gone: the duty decides"),
    ],
)
def test_what_the_new_folder_does_not_know_is_told(life: Life, change, code, because):
    case = PastCase("1", at(6, 1), "resident", "matter", 1, class_code=NOISE, area="990101001001001")
    named = Rules(life.city).lead(replace(case, **change), case.opened_at, case.opened_at)
    assert named.code == code, because


# --- disputes ---------------------------------------------------------------------------------------------------


def _disputed(life: Life) -> None:
    """A noise that the street gave back and the district kept."""
    life.report()
    life.move("return", "handler_e1", reason="return.not_ours", note="属区城管局")
    life.move("redispatch", "dispatcher", unit="east_urban", reason="adjudicated.redispatched")
    life.move("sign", "handler_east")


def test_a_dispute_is_settled_when_the_new_rule_names_the_unit_that_kept_the_case(life: Life, proposed):
    _disputed(life)
    result = replayed(life, proposed(duties=NOISE_TO_DISTRICT))
    ((key, group),) = result.disputes.settled.most_first()
    assert key == ("street_e1", "east_urban", NOISE)
    assert group.samples == [life.number]
    assert replayed(life, proposed()).disputes.still_open == 1


def test_a_dispute_that_the_present_rules_settle_and_the_new_ones_do_not_is_told(life: Life, proposed):
    _disputed(life)
    result = replay_rules(proposed(duties=NOISE_TO_DISTRICT), life.city, SINCE, life.clock.now())
    assert result.disputes.unsettled.count == 1


def test_a_case_that_was_accepted_and_goes_elsewhere_now_is_a_risk_of_a_new_dispute(life: Life, proposed):
    life.report()
    for move, note in (("sign", ""), ("contact", "已联系"), ("handle", "已劝止"), ("reply", "已答复")):
        life.move(move, "handler_e1", note=note)
    life.clock.advance(hours=1)
    life.call_back()
    assert life.state == "closed"
    result = replayed(life, proposed(duties=NOISE_TO_DISTRICT))
    assert [key for key, _ in result.risks.most_first()] == [("street_e1", "east_urban", NOISE)]


# --- limits -----------------------------------------------------------------------------------------------------


NOISE_LIMIT = "noise-2026,hotline:0101,噪声扰民,noise,ordinary,5,work_day"
SHORTER = (NOISE_LIMIT, NOISE_LIMIT.replace(",5,", ",1,"))


def test_a_shorter_limit_makes_late_what_was_in_time_with_the_same_handling(life: Life, proposed):
    life.report()
    for move, note in (("sign", ""), ("contact", "已联系")):
        life.move(move, "handler_e1", note=note)
    life.clock.at = at(6, 4)
    life.move("handle", "handler_e1", note="已劝止")
    life.move("reply", "handler_e1", note="已答复")
    result = replayed(life, proposed(standards=SHORTER))
    for kind in ("promise", "handling"):
        told = result.clocks[kind]
        assert (told.limits_changed, told.late_before, told.late_after) == (1, 0, 1), kind
        assert told.newly_late.samples == [life.number]
    back = replay_rules(proposed(standards=SHORTER), life.city, SINCE, life.clock.now())
    assert back.clocks["promise"].late_after == 0, "a longer limit moves the stored due moment later"


def test_the_due_moment_moves_by_the_difference_so_that_what_was_granted_stays(life: Life, proposed):
    began = at(6, 1)
    granted = PastClock("promise", began, at(6, 10), at(6, 9))  # five working days were extended to the 10th
    filed = PastCase("1", began, "resident", "matter", 1, NOISE, "noise-2026", area="990101001001001")
    case = replace(filed, clocks=(granted,))
    replayer = Replayer(life.city, proposed(standards=SHORTER), began + timedelta(days=30))
    told = replayer.take([case]).clocks["promise"]
    assert (told.late_before, told.late_after) == (0, 1), "four working days less leave the 4th, not the 2nd"
    early = replace(case, clocks=(replace(granted, until=at(6, 4, 8)),))
    assert replayer.take([early]).clocks["promise"].late_after == 1, "the 4th at eight is before the 4th at nine"


def test_a_standard_without_a_limit_promises_nothing_any_more(life: Life, proposed):
    life.report()
    life.clock.at = at(6, 20)
    none = (NOISE_LIMIT, NOISE_LIMIT.replace("5,work_day", ","))
    told = replayed(life, proposed(standards=none)).clocks["promise"]
    assert (told.late_before, told.late_after, told.dropped.count) == (1, 0, 1)


def test_another_holiday_moves_due_moments_too(life: Life, proposed):
    life.report()
    life.clock.at = at(6, 8, 10)
    october = "2026-10-01,holiday,国庆节,National Day\n"
    holiday = (october, f"2026-06-03,holiday,休,Rest\n{october}")
    told = replayed(life, proposed(calendar=holiday)).clocks["promise"]
    assert (told.limits_changed, told.late_before, told.late_after) == (1, 1, 0)


# --- paths ------------------------------------------------------------------------------------------------------


def test_another_choice_of_paths_is_told(life: Life):
    from cityloom.city.paths import Choice, Paths

    life.report()
    paths = life.city.paths
    other = Paths(
        (Choice("suggestion", sources=frozenset({"resident"})), *paths.choices),
        paths.clocks, paths.paths, paths.task_steps, paths.report_steps,
    )  # fmt: skip
    result = replayed(life, replace(life.city, paths=other).warm())
    assert [key for key, _ in result.paths.most_first()] == [("hotline", "suggestion")]
    assert result.paths_redefined == ()


# --- one changed file -------------------------------------------------------------------------------------------


def test_one_changed_table_is_checked_as_in_its_folder_and_replayed(
    life: Life, small_city_folder: Path, tmp_path: Path
):
    text = (small_city_folder / "duties.csv").read_text(encoding="utf-8")
    new = tmp_path / "duties.csv"
    new.write_text(text.replace(*NOISE_TO_DISTRICT), encoding="utf-8")
    life.report()
    after, problems = with_tables(life.city, {"duties.csv": new})
    assert not has_errors(problems)
    assert replayed(life, after).leads.count == 1
    new.write_text(text.replace("street_e1,lead", "street_x,lead"), encoding="utf-8")
    same, problems = with_tables(life.city, {"duties.csv": new})
    assert same is life.city
    errors = [p for p in problems if p.level == "error"]
    assert {p.code for p in errors} >= {"code_unknown"}
    assert all(p.place.line for p in errors if p.code == "code_unknown")


# --- nothing is written -----------------------------------------------------------------------------------------


def test_the_database_refuses_every_write_of_a_replay(life: Life):
    life.report()
    with pytest.raises(DatabaseError, match="read-only"), transaction.atomic(), reading_only() as cursor:
        cursor.execute("UPDATE cases_case SET title = 'x'")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET title = title")
        assert cursor.rowcount == 1, "afterwards everything may be written again"


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_it_too_where_no_transaction_is_open(life: Life):
    life.report()
    with pytest.raises(DatabaseError, match="read-only"), reading_only() as cursor:
        cursor.execute("INSERT INTO base_outbox SELECT * FROM base_outbox")


def _everything() -> list[tuple]:
    with connection.cursor() as cursor:
        found = []
        for table in ("cases_case", "cases_task", "cases_clock", "cases_entry", "city_version", "base_outbox"):
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t")
            found.append(cursor.fetchone())
        return found


def test_a_replay_leaves_every_row_as_it_was(life: Life, proposed):
    live_many(life)
    before = _everything()
    replayed(life, proposed(duties=NOISE_TO_DISTRICT, standards=SHORTER))
    assert _everything() == before


# --- reading ----------------------------------------------------------------------------------------------------


def test_history_is_read_whole_in_batches_newest_first(life: Life):
    for minute in range(7):
        life.clock.at = at(6, 1, 9, minute // 2)
        life.report()
    with reading_only() as cursor:
        batches = list(read_past(cursor, life.city, SINCE, batch=3))
        limited = [c.number for b in read_past(cursor, life.city, SINCE, most=4, batch=3) for c in b]
    numbers = [c.number for b in batches for c in b]
    assert [len(b) for b in batches] == [3, 3, 1]
    assert len(set(numbers)) == 7
    assert limited == numbers[:4]
    assert numbers[0] == life.number


def test_a_case_is_read_as_it_was_lived(life: Life):
    _disputed(life)
    with reading_only() as cursor:
        ((case,),) = read_past(cursor, life.city, SINCE)
    assert (case.first_lead, case.last_lead, case.disputed, case.ended) == ("street_e1", "east_urban", True, False)
    assert case.dispatched_at == life.file.tasks[0].sent_at
    assert {c.kind for c in case.clocks} == {"promise", "handling"}


def test_a_drain_with_a_component_keeps_it(life: Life):
    life.report(source="grid_worker", by="collector", class_code=DRAIN, place=(110.0012, 30.0012))
    with reading_only() as cursor:
        ((case,),) = read_past(cursor, life.city, SINCE)
    assert case.component_code == "9901010103000001"


def test_progress_is_told_and_a_limit_is_kept(life: Life, proposed):
    for minute in range(3):
        life.clock.at = at(6, 1, 9, minute)
        life.report()
    told: list[tuple[int, int]] = []
    result = replayed(life, proposed(), most=2, progress=lambda done, of: told.append((done, of)))
    assert result.cases == 2
    assert told == [(2, 2)]


def test_no_cases_are_no_figures(life: Life, proposed):
    result = replayed(life, proposed())
    assert result.cases == 0
    assert result.changes_nothing
    assert result.as_json()["first"] is None


def test_a_case_that_its_words_made_urgent_is_replayed_as_urgent(life: Life):
    life.report(words="工地起火了，有人被困", class_code=NOISE)
    assert life.file.case.urgency == "urgent"
    life.report(words="夜里施工很吵", class_code=NOISE)
    with reading_only() as cursor:
        ((calm, raised),) = read_past(cursor, life.city, SINCE)
    assert (raised.raised, calm.raised) == (True, False)
    as_filed = replace(calm, urgency="urgent")
    rules = Rules(life.city)
    assert rules.limit(replace(as_filed, raised=True), "promise", raised.opened_at.date()) is not None
