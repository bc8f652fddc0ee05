"""Ten hard lives: what a case can live through beyond the straight way, told as practice tells it."""

from __future__ import annotations

import pytest
from tests.cases.life import DRAIN, HEAP, LAMP, NOISE, PARKING, REFUSE, SOUTHEAST, Life, at, photo, utc

from cityloom.cases.errors import (
    BadValue,
    CannotMerge,
    GuardHolds,
    ImpossibleMove,
    MissingNeed,
    NotAllowed,
    UnknownWord,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def precedents():
    """All precedents kept so far, oldest first."""
    from cityloom.cases.models import Precedent

    return lambda: list(Precedent.objects.order_by("id").values())


def _contacted(life: Life, **said: object) -> None:
    life.report("hotline", by="agent", class_code=NOISE, **said)
    life.move("sign", "handler_e1")
    life.move("contact", "handler_e1", note="已联系")


def _at_work(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=REFUSE, place=SOUTHEAST)
    life.move("sign", "handler_east")


# --- 1: more time ------------------------------------------------------------------------------------------------


def test_an_extension_is_asked_by_the_unit_and_granted_by_somebody_else(life: Life) -> None:
    _contacted(life)
    handling, promise = life.due("handling"), life.due("promise")
    life.move("extend", "handler_e1", reason="extended.needs_time", note="须分三次施工", amount=2.0)
    assert life.due("handling") == handling, "asking alone wins no time"
    assert life.running()["approval"].owed_by == "dispatcher"
    with pytest.raises(NotAllowed):
        life.decide("grant", "handler_e1")
    with pytest.raises(NotAllowed):
        life.decide("grant", "checker")
    with pytest.raises(MissingNeed):
        life.decide("grant", "shift", note="")
    life.decide("grant", "shift", reason="request.agreed")
    assert life.due("handling") == at(6, 10, 9), "two working days later"
    assert handling == at(6, 8, 9)
    assert life.due("promise") == promise, "the promise to the resident never moves"
    assert life.file.case.extension_count == 1
    assert "approval" not in life.running()
    assert [e.move for e in life.entries[-3:]] == ["extend", "grant", "extend"]
    assert life.broken() == []


def test_extensions_are_counted_and_never_longer_than_the_limit_itself(life: Life) -> None:
    _contacted(life)
    ask = {"reason": "extended.needs_time", "note": "量大"}
    with pytest.raises(BadValue):
        life.move("extend", "handler_e1", amount=5.5, **ask)
    with pytest.raises(BadValue):
        life.move("extend", "handler_e1", amount=-1.0, **ask)
    with pytest.raises(MissingNeed):
        life.move("extend", "handler_e1", **ask)
    for _ in range(2):
        life.move("extend", "handler_e1", amount=1.0, **ask)
        with pytest.raises(ImpossibleMove):
            life.move("extend", "handler_e1", amount=1.0, **ask)  # it is asked for already
        life.decide("grant", "supervisor")
    with pytest.raises(GuardHolds) as refused:
        life.move("extend", "handler_e1", amount=1.0, **ask)
    assert refused.value.reason.params["guard"] == "extensions_left"


def test_a_request_is_refused_taken_back_or_lapses_with_the_work(life: Life) -> None:
    _contacted(life)
    due = life.due("handling")
    ask = {"reason": "extended.needs_time", "note": "量大", "amount": 1.0}
    life.move("extend", "handler_e1", **ask)
    life.decide("refuse", "shift", reason="request.act_now", note="请抓紧")
    assert life.due("handling") == due
    life.move("extend", "handler_e1", **ask)
    with pytest.raises(NotAllowed):
        life.decide("take_back", "shift")
    life.decide("take_back", "handler_e1")
    life.move("extend", "handler_e1", **ask)
    life.move("handle", "handler_e1", note="已办")
    assert [r.state for r in life.file.requests] == ["refused", "taken_back", "lapsed"]
    assert "approval" not in life.running()
    assert life.broken() == []


# --- 2: not now --------------------------------------------------------------------------------------------------


def test_a_deferred_case_waits_until_its_date_and_goes_on_by_itself(life: Life) -> None:
    _at_work(life)
    handling = life.due("handling")
    life.move("defer", "handler_east", reason="deferred.season", note="汛期后清淤", until=at(6, 20))
    assert life.state == "signed", "until somebody agrees the work goes on"
    life.decide("grant", "supervisor")
    assert life.state == "deferred"
    paused = next(c for c in life.file.clocks if c.kind == "handling")
    assert paused.state == "paused"
    assert life.running()["deferral"].due_at == utc(at(6, 20))
    life.fire(at(6, 20))
    assert life.state == "signed"
    assert life.due("handling") > handling, "the pause is taken out of the unit's clock"
    assert life.entries[-1].move == "resume"
    assert life.entries[-1].by_login == "system"
    assert life.broken() == []


def test_a_date_has_to_lie_ahead_and_in_reach(life: Life) -> None:
    _at_work(life)
    for until in (at(5, 1), at(6, 1, year=2036)):
        with pytest.raises(BadValue):
            life.move("defer", "handler_east", reason="deferred.season", note="缓办", until=until)
    with pytest.raises(MissingNeed):
        life.move("defer", "handler_east", reason="deferred.season", note="缓办")
    assert life.moves[-1] == "sign", "nothing was kept of what was refused"


# --- 3: the long-term list ---------------------------------------------------------------------------------------


def test_a_matter_on_the_long_term_list_has_a_plan_reviews_and_a_proof_of_its_end(life: Life) -> None:
    _at_work(life)
    opened = life.file.case.opened_at
    life.move("list", "handler_east", reason="listed.no_funds", note="列入明年改造计划", until=at(9, 1))
    with pytest.raises(NotAllowed):
        life.decide("grant", "shift")
    life.decide("grant", "leader")
    assert life.state == "listed"
    life.fire(at(9, 1))
    assert life.state == "listed", "a missed review is told, and nothing ends by itself"
    assert "overdue" in life.moves
    life.move("review", "handler_east", note="资金已批，十月开工", until=at(11, 1))
    assert life.running()["review"].due_at == utc(at(11, 1))
    life.clock.at = at(10, 20)
    with pytest.raises(MissingNeed):
        life.move("delist", "handler_east", note="已改造")
    life.move("delist", "handler_east", note="已改造", pictures=[photo()])
    assert life.state == "handled"
    life.move("pass_check", "checker", note="现场已改造")
    assert life.state == "closed"
    assert life.file.case.opened_at == opened, "the raw age stays what it is"
    assert life.file.case.overdue_raw
    assert life.broken() == []


# --- 4: asking upward and the ladder -----------------------------------------------------------------------------


def test_a_street_asks_upward_and_the_unit_above_takes_the_lead(life: Life) -> None:
    _contacted(life)
    due = life.due("handling")
    ask = {"reason": "ask_up.several_units", "note": "涉及多个部门"}
    with pytest.raises(GuardHolds) as refused:
        life.move("ask_up", "handler_e1", unit="street_e2", **ask)
    assert refused.value.reason.params["guard"] == "to_a_unit_above"
    life.move("ask_up", "handler_e1", unit="east_urban", **ask)
    life.decide("grant", "dispatcher")
    assert (life.state, life.file.case.lead_unit) == ("dispatched", "east_urban")
    assert life.due("handling") == due, "asking upward wins no time"
    life.move("sign", "handler_east")
    assert life.broken() == []


def test_a_late_case_climbs_the_ladder_rung_by_rung(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=HEAP, place=SOUTHEAST)
    assert life.due("handling") == at(6, 2, 9)
    life.fire(at(6, 2, 9))
    assert life.file.case.escalation == 1
    life.fire(at(6, 3, 9))
    assert life.file.case.escalation == 2, "eight working hours later"
    life.fire(at(6, 5, 9))
    assert life.file.case.escalation == 3
    life.fire(at(7, 5, 9))
    assert life.file.case.escalation == 3, "there is no rung above the city"
    rungs = [e for e in life.entries if e.move == "escalate"]
    assert [e.reason["params"]["rung"] for e in rungs] == [1, 2, 3]
    assert [e.occurred_at for e in rungs] == [utc(at(6, 2, 9)), utc(at(6, 3, 9)), utc(at(6, 5, 9))]
    assert life.broken() == []


def test_a_worker_that_slept_tells_each_rung_at_its_own_moment(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=HEAP, place=SOUTHEAST)
    life.fire(at(6, 9, 9))
    rungs = [e.occurred_at for e in life.entries if e.move == "escalate"]
    assert rungs == [utc(at(6, 2, 9)), utc(at(6, 3, 9)), utc(at(6, 5, 9))]


def test_three_reports_of_one_matter_are_taken_up(life: Life) -> None:
    number = life.report("resident").number
    for words in ("我家也吵", "我们这栋都睡不着"):
        life.report("resident", words=words, same_as=number)
    assert life.file.case.escalation == 1
    assert life.entries[-1].reason["code"] == "escalated.repeated"
    assert life.broken() == []


def test_a_resident_urges_within_measure(life: Life) -> None:
    life.report("resident")
    life.move("urge", "resident", owns=True)
    with pytest.raises(GuardHolds) as refused:
        life.move("urge", "resident", owns=True)
    assert refused.value.reason.params["guard"] == "urges_left"
    with pytest.raises(NotAllowed):
        life.move("urge", "resident", owns=False)
    for _ in range(2):
        life.clock.advance(hours=25)
        life.move("urge", "resident", owns=True)
    life.clock.advance(hours=25)
    with pytest.raises(GuardHolds):
        life.move("urge", "resident", owns=True)
    assert life.file.case.urge_count == 3


# --- 5: the whistle ----------------------------------------------------------------------------------------------


def test_a_street_whistles_departments_arrive_and_are_rated(life: Life) -> None:
    _contacted(life)
    call = {"note": "夜市占道，请到场"}
    life.move("whistle", "handler_e1", reason="whistle.emergency", units=("east_urban", "water_co"), **call)
    arrivals = {c.owed_by: c for c in life.file.clocks if c.kind == "arrival"}
    assert set(arrivals) == {"east_urban", "water_co"}
    assert {c.due_at for c in arrivals.values()} == {utc(at(6, 1, 9, 30))}, "an emergency gives half an hour"
    life.clock.advance(minutes=20)
    with pytest.raises(MissingNeed):
        life.move_task("arrive", "handler_east")
    life.move_task("arrive", "handler_east", place=SOUTHEAST)
    task = next(t for t in life.file.tasks if t.unit == "east_urban")
    assert (task.state, task.arrived_at) == ("arrived", utc(at(6, 1, 9, 20)))
    assert (task.arrived_lon, task.arrived_lat) == SOUTHEAST
    life.move_task("finish", "handler_east", note="已清理占道")
    with pytest.raises(NotAllowed):
        life.rate("east_urban", "handler_east", 5)  # nobody rates himself
    life.rate("east_urban", "handler_e1", 5)
    life.rate("water_co", "handler_e1", 1)
    with pytest.raises(BadValue):
        life.rate("water_co", "handler_e1", 6)
    life.fire(at(6, 1, 12))
    late = [e for e in life.entries if e.move == "overdue"]
    assert [e.reason["params"]["owed_by"] for e in late if e.reason["params"]["kind"] == "arrival"] == ["water_co"]
    assert {t.unit: t.rating for t in life.file.tasks if t.role == "respond"} == {"east_urban": 5, "water_co": 1}
    assert life.state == "contacted", "the street's own work goes on meanwhile"
    assert life.broken() == []


def test_only_the_street_that_has_the_case_whistles(life: Life) -> None:
    _at_work(life)
    with pytest.raises(GuardHolds) as refused:
        life.move("whistle", "handler_east", reason="whistle.residents", units=("water_co",), note="请到场")
    assert refused.value.reason.params["guard"] == "by_a_street"


# --- 6: one matter twice, two matters at once --------------------------------------------------------------------


def test_merged_reports_keep_their_own_callback_and_the_earlier_promise(life: Life) -> None:
    first = life.report("resident", class_code=NOISE).number
    promise = life.file.case.promise_due_at
    life.clock.advance(days=1)
    second = life.report("resident", class_code=NOISE, words="又吵了").number
    life.number = first
    life.move("merge", "dispatcher", reason="merged.same_matter", case=second)
    assert (life.state, life.file.case.merged_into) == ("merged", second)
    assert life.file.reports == ()
    assert not life.running()
    assert life.broken() == []
    life.number = second
    assert life.broken() == []
    assert len(life.file.reports) == 2
    assert life.file.case.promise_due_at == promise, "nobody's promise moves by merging"
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已办")
    one, two = (r.id for r in life.file.reports)
    life.call_back("yes", "satisfied", one)
    assert life.state == "replied"
    life.call_back("yes", "satisfied", two)
    assert life.state == "closed"
    assert life.broken() == []


def test_a_merging_that_was_wrong_is_undone_with_what_it_brought(life: Life) -> None:
    first = life.report("resident", class_code=NOISE).number
    promise, report = life.file.case.promise_due_at, life.file.reports[0].id
    second = life.report("resident", class_code=PARKING, words="乱停").number
    life.number = first
    life.move("merge", "dispatcher", reason="merged.same_matter", case=second)
    life.move("unmerge", "dispatcher", reason="unmerged.other_matter")
    assert life.state == "dispatched", "it is dispatched anew at once"
    assert life.file.case.merged_into is None
    assert [r.id for r in life.file.reports] == [report]
    assert life.file.case.promise_due_at == promise
    assert life.broken() == []
    life.number = second
    assert [r.id == report for r in life.file.reports] == [False]
    assert "let_go" in life.moves
    assert life.broken() == []


def test_what_does_not_belong_together_is_not_merged(life: Life) -> None:
    number = life.report("resident").number
    with pytest.raises(CannotMerge):
        life.move("merge", "dispatcher", reason="merged.same_matter", case=number)
    enquiry = life.report("hotline", by="agent", class_code="hotline:0901").number
    life.number = number
    with pytest.raises(CannotMerge):
        life.move("merge", "dispatcher", reason="merged.same_matter", case=enquiry)
    with pytest.raises(Exception, match="c-0"):
        life.move("merge", "dispatcher", reason="merged.same_matter", case="c-0")
    with pytest.raises(ImpossibleMove):
        life.move("unmerge", "dispatcher", reason="unmerged.other_matter")
    assert life.state == "dispatched"


def test_two_matters_said_at_once_become_two_cases_and_two_callbacks(life: Life) -> None:
    number = life.report("resident", class_code=NOISE, words="夜里吵，还有车堵门口").number
    life.move("split", "dispatcher", reason="split.two_matters", class_code=PARKING)
    assert life.state == "dispatched"
    assert life.broken() == []
    other = life.entries[-1].changes["into"]
    life.number = other
    assert life.file.case.class_code == PARKING
    assert life.file.reports[0].split_from is not None
    assert life.file.reports[0].reporter_id is not None, "the same person is called back for it"
    assert life.broken() == []
    for which in (other, number):
        life.number = which
        for move in ("sign", "contact", "handle"):
            life.move(move, "handler_e1", note="已办")
        if which == other:
            life.move("pass_check", "checker", note="已劝离")
        life.move("reply", "handler_e1", note="答复")
        life.call_back()
        assert life.state == "closed"


def test_a_report_may_go_along_but_not_the_last_one(life: Life) -> None:
    number = life.report("resident").number
    life.report("resident", words="车也乱停", same_as=number)
    one, two = (r.id for r in life.file.reports)
    wanted = {"reason": "split.two_matters", "class_code": PARKING}
    with pytest.raises(CannotMerge):
        life.move("split", "dispatcher", report_ids=(one, two), **wanted)
    life.move("split", "dispatcher", report_ids=(two,), **wanted)
    assert [r.id for r in life.file.reports] == [one]
    assert life.broken() == []
    life.number = life.entries[-1].changes["into"]
    assert [r.id for r in life.file.reports] == [two]
    assert life.broken() == []


# --- 7: the neighbour city ---------------------------------------------------------------------------------------


def test_a_case_goes_to_the_neighbour_city_and_comes_back_with_one_trace_and_both_clocks(life: Life) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    promise = life.due("promise")
    wanted = {"reason": "partner.their_duty", "note": "河对岸工地"}
    with pytest.raises(UnknownWord):
        life.move("hand_over", "dispatcher", partner="999999", **wanted)
    life.move("hand_over", "dispatcher", partner="990200", **wanted)
    life.decide("grant", "supervisor")
    case = life.file.case
    assert (case.state, case.partner, case.lead_unit) == ("with_partner", "990200", None)
    assert case.trace == f"990100:{life.number}"
    running = life.running()
    assert running["partner"].owed_by == "990200"
    assert life.due("promise") == promise, "the resident's promise goes on here"
    life.move("hand_back", "dispatcher", reason="partner.returned", partner_number="L-7")
    assert life.state == "dispatched"
    assert life.file.case.trace == f"990100:{life.number}"
    assert life.file.case.partner_number == "L-7"
    life.move("hand_over", "dispatcher", partner="990200", **wanted)
    life.decide("grant", "leader")
    life.move("partner_done", "dispatcher", note="邻市已责令停工")
    assert life.state == "replied"
    life.call_back()
    assert life.state == "closed"
    assert life.broken() == []


# --- 8: objections and precedents --------------------------------------------------------------------------------


def test_an_objection_that_is_upheld_moves_the_lead_and_becomes_a_precedent(life: Life, precedents) -> None:
    life.report("resident", class_code=DRAIN)
    life.move("verify", "checker", note="属实")
    life.move("sign", "handler_water")
    life.move("object", "handler_water", reason="object.other_unit", note="该井属路灯所，见权属图")
    life.move("handle", "handler_water", note="已先行围挡", pictures=[photo()])
    assert life.state == "handled", "the objection never stops the work"
    with pytest.raises(NotAllowed):
        life.decide("grant", "handler_water")
    life.decide("grant", "dispatcher", reason="adjudicated.redispatched", note="权属图第3页", unit="lighting_co")
    assert life.state == "handled"
    assert life.file.lead.ruled == "not_ours", "the statistic is freed of it, the work stays done"
    (kept,) = precedents()
    assert (kept["from_unit"], kept["to_unit"], kept["kind"]) == ("water_co", "lighting_co", "moved")
    assert kept["rule"] == "权属图第3页"
    assert kept["proposed"] == {"class": DRAIN, "area": "*", "unit": "lighting_co", "role": "lead"}
    assert life.broken() == []


def test_an_objection_while_the_work_goes_on_sends_the_case_to_the_unit_ruled(life: Life, precedents) -> None:
    _contacted(life)
    life.move("object", "handler_e1", reason="object.not_our_duty", note="属交警")
    with pytest.raises(MissingNeed):
        life.decide("grant", "dispatcher", note="按三定方案")
    life.decide("grant", "dispatcher", note="按三定方案", unit="urban_bureau")
    assert (life.state, life.file.case.lead_unit) == ("dispatched", "urban_bureau")
    assert [t.ruled for t in life.file.tasks if t.unit == "street_e1"] == ["not_ours"]
    assert life.running()["handling"].owed_by == "urban_bureau", "the next unit starts afresh"
    assert len(precedents()) == 1
    assert life.broken() == []


def test_a_return_that_is_ruled_on_is_a_precedent_too(life: Life, precedents) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    life.move("return", "handler_e1", reason="return.not_ours")
    life.move("uphold", "dispatcher", reason="adjudicated.upheld", note="清单第12项")
    (kept,) = precedents()
    assert (kept["kind"], kept["to_unit"], kept["rule"]) == ("upheld", "street_e1", "清单第12项")


# --- 9: promises with a date -------------------------------------------------------------------------------------


def test_a_dated_promise_outlives_the_case_and_is_kept_or_broken(life: Life) -> None:
    _contacted(life)
    life.move("promise_date", "handler_e1", note="围墙修好", until=at(7, 1))
    life.move("promise_date", "handler_e1", note="树补种", until=at(7, 20))
    for move in ("handle", "reply"):
        life.move(move, "handler_e1", note="先行处理")
    life.call_back()
    assert life.state == "closed"
    assert set(life.running()) == {"dated"}
    life.clock.at = at(6, 28)
    life.move("keep_promise", "handler_e1", note="围墙已修好")
    life.fire(at(7, 21))
    dated = [c for c in life.file.clocks if c.kind == "dated"]
    assert [(c.state, c.stopped_at is not None) for c in dated] == [("stopped", True), ("running", False)]
    assert [e.reason["params"]["kind"] for e in life.entries if e.move == "overdue"] == ["dated"]
    assert life.state == "closed"
    assert life.broken() == []


# --- 10: everything at once --------------------------------------------------------------------------------------


def test_a_case_that_lives_through_nearly_everything_still_has_a_whole_history(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=LAMP, place=SOUTHEAST)
    life.move("sign", "handler_lighting")
    life.move("object", "handler_lighting", reason="object.not_our_duty", note="私人灯具")
    life.decide("refuse", "shift", note="登记为公共灯")
    life.move("extend", "handler_lighting", reason="extended.needs_parts", note="等灯具", amount=1.0)
    life.decide("grant", "dispatcher")
    life.move("pass_on", "handler_lighting", unit="lighting_crew")
    life.move("sign", "handler_crew")
    life.move("defer", "handler_crew", reason="deferred.waiting_for_party", note="等电力停电", until=at(6, 12))
    life.decide("grant", "supervisor")
    life.fire(at(6, 12))
    life.move("list", "handler_crew", reason="listed.large_works", note="整条街改造", until=at(8, 1))
    life.decide("grant", "leader")
    life.move("resume", "handler_crew", note="提前安排")
    life.move("handle", "handler_crew", note="已修", pictures=[photo()])
    life.move("rework", "checker", reason="rework.not_done")
    life.move("handle", "handler_crew", note="再修", pictures=[photo()])
    life.move("pass_check", "checker", note="亮了")
    assert life.state == "closed"
    life.move("reopen", "supervisor", reason="reopened.came_back")
    life.fire(at(9, 1))
    assert life.file.case.escalation == 3
    assert life.broken() == []
