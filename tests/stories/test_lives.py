"""Ten lives of a case, and every move in one of them: each goes through the real actions on the real database."""

from __future__ import annotations

import pytest
from tests.cases.life import (
    DRAIN,
    ENQUIRY,
    FLOOD,
    HEAP,
    LAMP,
    NOISE,
    NORTHEAST,
    PARKING,
    PRAISE,
    REFUSE,
    SOUTHEAST,
    SOUTHWEST,
    SUGGESTION,
    UNLAWFUL,
    Life,
    at,
    photo,
)

from cityloom.base.reasons import Reason
from cityloom.cases.errors import GuardHolds, ImpossibleMove, MissingNeed, NotAllowed, StaleVersion, UnknownWord
from cityloom.cases.values import Outcome


def test_a_hotline_matter_lives_from_call_to_callback(life: Life) -> None:
    life.report("hotline", by="agent")
    assert life.state == "dispatched", "a class with one duty needs no person to dispatch it"
    assert life.file.case.lead_unit == "street_e1"
    assert life.file.lead.reason["code"] == "duty.matched"

    life.clock.advance(hours=1)
    life.move("sign", "handler_e1")
    life.clock.advance(hours=1)
    life.move("contact", "handler_e1", note="已电话联系，约定今晚到场")
    life.move("handle", "handler_e1", note="责令夜间停工")
    life.move("reply", "handler_e1", note="已责令停工，夜间巡查")
    assert life.state == "replied"
    assert life.file.reports[0].state == "due_callback"
    assert life.due("callback") > life.file.case.promise_due_at, "the callback is owed from the promise's end"

    life.clock.advance(days=8)
    life.call_back("yes", "satisfied")
    assert life.state == "closed", "the system closes when every report has its outcome"
    assert life.moves == [
        "receive", "dispatch", "sign", "contact", "handle", "reply", "call_back", "close",
    ]  # fmt: skip
    assert not life.running()
    assert life.broken() == []


def test_a_public_street_matter_is_verified_before_filing_and_checked_before_callback(life: Life) -> None:
    life.report("resident", class_code=LAMP, words="路灯不亮")
    assert life.state == "reported"
    assert set(life.running()) == {"verification"}

    life.move("verify", "collector", note="现场确认灯不亮")
    assert life.state == "dispatched", "verified, it is filed and dispatched by itself"
    assert life.file.case.component_code == "9901010137000001", "the lamp beside the reporter is meant"
    assert life.file.lead.reason["code"] == "duty.component_owner"

    life.move("sign", "handler_lighting")
    life.move("pass_on", "handler_lighting", unit="lighting_crew")
    assert [(t.unit, t.state, t.hop) for t in life.file.tasks] == [
        ("lighting_co", "passed_on", 1),
        ("lighting_crew", "sent", 2),
    ]
    life.move("sign", "handler_crew")
    with pytest.raises(MissingNeed):
        life.move("handle", "handler_crew", note="换了灯泡")
    life.move("handle", "handler_crew", note="换了灯泡", pictures=[photo()])
    life.move("pass_check", "checker", note="已亮")
    assert life.state == "checked"
    life.call_back()
    assert life.state == "closed"
    assert life.broken() == []


def test_a_collectors_find_is_closed_after_its_check_without_callback(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=REFUSE, words="垃圾外溢")
    assert life.state == "dispatched"
    life.move("sign", "handler_east")
    life.move("handle", "handler_east", note="清运完毕", pictures=[photo()])
    life.move("pass_check", "checker", note="已清")
    assert life.state == "closed"
    assert life.file.reports[0].exempt_reason == "exempt.source_not_public"


def test_an_enquiry_is_answered_at_once_and_counted_apart(life: Life) -> None:
    life.report("hotline", by="agent", class_code=ENQUIRY, words="公积金怎么提取", hold=True)
    assert life.state == "registered"
    life.move("answer", "agent", note="可在线上办理")
    assert life.state == "answered"
    assert life.file.case.nature == "enquiry"
    assert life.file.reports[0].exempt_reason == "exempt.answered"


def test_a_suggestion_is_dispatched_answered_and_closed_without_callback(life: Life) -> None:
    life.report("hotline", by="agent", class_code=SUGGESTION, words="建议加装座椅", place=None, area="990101")
    assert life.file.case.lead_unit == "hotline"
    assert life.file.case.nature == "suggestion"


def test_praise_is_noted_by_itself(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PRAISE, words="环卫工很负责")
    assert life.state == "noted"
    assert not life.running(), "praise promises nothing"


def test_a_demand_outside_the_law_is_explained(life: Life) -> None:
    life.report("hotline", by="agent", class_code=UNLAWFUL, words="要求撤销判决")
    life.move("explain", "agent", reason="explained.other_route", note="请依法上诉")
    assert life.state == "explained"


def test_not_accepted_needs_one_of_the_coded_reasons(life: Life) -> None:
    life.report("hotline", by="agent", hold=True)
    with pytest.raises(UnknownWord):
        life.move("not_accept", "shift", reason="rework.not_done")
    life.move("not_accept", "shift", reason="not_accepted.statutory_route")
    assert life.state == "not_accepted"
    assert life.file.reports[0].state == "not_accepted"


def test_a_returned_case_goes_to_another_unit_while_the_residents_promise_stands(life: Life) -> None:
    life.report("hotline", by="agent")
    promised = life.file.case.promise_due_at
    first_due = life.due("handling")
    life.clock.advance(hours=1)
    life.move("return", "handler_e1", reason="return.not_ours")
    assert life.state == "returned"
    assert {c.kind: c.state for c in life.file.clocks}["handling"] == "paused"

    life.clock.advance(hours=1)
    life.move("redispatch", "dispatcher", unit="urban_bureau", reason="adjudicated.redispatched")
    assert life.file.case.lead_unit == "urban_bureau"
    assert life.due("handling") > first_due, "the next unit starts afresh"
    assert life.file.case.promise_due_at == promised, "the resident's promise never moves"
    assert life.file.case.return_count == 1


def test_an_upheld_dispatch_cannot_be_returned_again_and_its_clock_resumes(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    due = life.due("handling")
    life.clock.at = at(6, 1, 10)
    life.move("return", "handler_e1", reason="return.not_ours")
    life.clock.at = at(6, 1, 11)
    life.move("uphold", "dispatcher", reason="adjudicated.upheld")
    assert (life.due("handling") - due).total_seconds() == 3600, "moved by the working part of the pause"
    with pytest.raises(GuardHolds):
        life.move("return", "handler_e1", reason="return.not_ours")
    life.move("sign", "handler_e1")


def test_unsolved_at_callback_is_rework_unsolved_after_closing_is_a_reopening(life: Life) -> None:
    life.report("hotline", by="agent")
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已办")
    life.call_back("no", "unsatisfied")
    assert life.state == "contacted"
    assert life.file.case.rework_count == 1
    assert life.file.reports[0].state == "accepted", "the report will be called back again"

    life.move("handle", "handler_e1", note="再次处理")
    life.move("reply", "handler_e1", note="已整改")
    life.call_back("yes", "basically")
    assert life.state == "closed"

    life.clock.advance(days=3)
    life.move("reopen", "resident", reason="reopened.unsolved", owns=True, report_id=life.file.reports[0].id)
    assert life.state == "dispatched"
    assert life.file.case.reopen_count == 1
    assert life.file.case.closed_at is None
    assert life.broken() == []


def test_rework_at_the_check_is_for_someone_who_did_not_do_the_work(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=REFUSE)
    life.move("sign", "handler_east")
    life.move("handle", "handler_east", note="清了", pictures=[photo()])
    life.move("rework", "checker", reason="rework.not_done")
    assert life.state == "signed"
    assert life.file.lead.state == "signed"
    assert "handling" in life.running()


def test_a_corrected_class_recomputes_duty_and_clocks_by_one_entry(life: Life) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    old_due = life.file.case.promise_due_at
    life.move("reclassify", "dispatcher", class_code=PARKING, reason="corrected.class")
    case = life.file.case
    assert case.class_code == PARKING
    assert case.promise_due_at < old_due, "three working days instead of five"
    entry = next(e for e in life.entries if e.move == "reclassify")
    assert entry.changes["case"]["promise_due_at"] == [old_due.isoformat(), case.promise_due_at.isoformat()]
    assert life.state == "dispatched"
    assert case.lead_unit == "street_e1", "the same street owes both"


def test_a_corrected_place_moves_the_case_to_the_unit_that_owes_it_there(life: Life) -> None:
    life.report("hotline", by="agent")
    life.move("relocate", "dispatcher", place=SOUTHWEST, reason="corrected.place")
    assert life.file.case.lead_unit == "street_w1"
    assert life.file.case.area.startswith("990102001")
    assert [t.state for t in life.file.tasks] == ["cancelled", "sent"]
    assert life.broken() == []


def test_two_districts_of_doubt_are_left_to_a_dispatcher_with_the_candidates(life: Life) -> None:
    life.report("hotline", by="agent", place=None, words="某处噪声")
    assert life.state == "registered"
    queued = life.entries[-1]
    assert queued.move == "queue"
    assert queued.reason["code"] == "duty.place_open"
    life.move("dispatch", "dispatcher", unit="street_w2", reason=Reason("dispatch.chosen", {"unit": "street_w2"}))
    assert life.state == "dispatched"


def test_an_ownerless_cover_goes_to_the_unit_of_last_resort(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=DRAIN, place=(110.0030, 30.0070))
    assert life.file.case.lead_unit == "urban_bureau"
    assert life.file.lead.reason["code"] == "duty.component_ownerless"


def test_a_flood_at_night_has_another_lead_and_an_assisting_unit(life: Life) -> None:
    life.clock.at = at(6, 1, 22)
    life.report("grid_worker", by="collector", class_code=FLOOD, place=NORTHEAST)
    units = {(t.unit, t.role) for t in life.file.tasks}
    assert units == {("urban_bureau", "lead"), ("water_co", "assist")}
    life.move_task("sign", "handler_water")
    life.move_task("finish", "handler_water", note="抽水完成")
    assert life.state == "dispatched", "assisting units move by themselves"
    with pytest.raises(ImpossibleMove):
        life.move_task("sign", "handler_water")


def test_an_objection_has_its_window_and_never_stops_the_work(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    life.move("sign", "handler_e1")
    running = {k: c.due_at for k, c in life.running().items()}
    life.move("object", "handler_e1", reason="object.not_our_duty", note="属交警职责")
    still = {k: c.due_at for k, c in life.running().items()}
    assert still.pop("approval"), "somebody owes a decision"
    assert still == running
    assert life.state == "signed"
    life.decide("refuse", "dispatcher", reason="adjudicated.upheld")
    assert life.file.lead.ruled == "ours"
    life.clock.advance(days=10)
    with pytest.raises(GuardHolds):
        life.move("object", "handler_e1", reason="object.not_our_duty")


def test_one_more_report_of_the_same_matter_gets_its_own_callback(life: Life) -> None:
    first = life.report("resident", by="resident", class_code=NOISE)
    life.report("resident", class_code=NOISE, words="我家也吵", same_as=first.number, phone="13900139000")
    assert life.number == first.number
    assert len(life.file.reports) == 2
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已办")
    one, two = life.file.reports
    life.call_back("yes", "satisfied", one.id)
    assert life.state == "replied", "the second reporter has not been called"
    life.move_report("attempt_callback", "callback", two.id, outcome=Outcome("unreachable"))
    with pytest.raises(GuardHolds):
        life.move_report("exempt", "callback", two.id, reason="exempt.unreachable")
    life.move_report("exempt", "shift", two.id, reason="exempt.unreachable")
    assert life.state == "closed"
    assert life.broken() == []


def test_a_resident_withdraws_alone_but_not_for_the_other_reporters(life: Life) -> None:
    first = life.report("resident")
    life.report("resident", words="我也反映", same_as=first.number)
    with pytest.raises(GuardHolds):
        life.move("withdraw", "resident", reason="withdrawn.by_resident", owns=True)
    life.move_report(
        "withdraw_report", "resident", life.file.reports[1].id, reason="withdrawn.by_resident", owns=True
    )
    life.move("withdraw", "resident", reason="withdrawn.by_resident", owns=True)
    assert life.state == "withdrawn"
    assert not life.running()


def test_a_case_recorded_by_mistake_is_voided_by_the_shift_lead_only(life: Life) -> None:
    life.report("hotline", by="agent")
    with pytest.raises(NotAllowed):
        life.move("void", "agent", reason="voided.mistake")
    life.move("void", "shift", reason="voided.mistake")
    assert life.state == "voided"
    assert life.file.reports[0].exempt_reason == "exempt.voided"


def test_the_lead_asks_another_unit_to_assist(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    assert ("urban_bureau", "assist") in {(t.unit, t.role) for t in life.file.tasks}
    life.move("sign", "handler_e1")
    life.move("assist", "handler_e1", unit="water_co", reason=Reason("assist.asked", {"unit": "water_co"}))
    assert {t.unit for t in life.file.assisting()} == {"urban_bureau", "water_co"}
    life.move_task("return", "handler_water", reason="return.not_ours")


def test_a_resident_adds_words_and_a_stranger_cannot(life: Life) -> None:
    life.report("resident")
    life.move("supplement", "resident", note="现在更吵了", owns=True)
    with pytest.raises(NotAllowed):
        life.move("supplement", "resident", note="我是邻居", owns=False)


def test_a_handler_of_another_unit_cannot_sign(life: Life) -> None:
    life.report("hotline", by="agent")
    with pytest.raises(NotAllowed) as refused:
        life.move("sign", "handler_west")
    assert "street_e1" in str(refused.value)


def test_who_saw_an_older_version_is_told_what_changed(life: Life) -> None:
    life.report("hotline", by="agent")
    seen = life.file.case.version
    life.move("sign", "handler_e1")
    with pytest.raises(StaleVersion) as refused:
        life.move("return", "handler_e1", reason="return.not_ours", version=seen)
    assert "sign (handler_e1)" in str(refused.value)


def test_an_impossible_move_names_the_possible_ones(life: Life) -> None:
    life.report("hotline", by="agent")
    with pytest.raises(ImpossibleMove) as refused:
        life.move("close", "shift")
    assert refused.value.reason.params["possible"] == [
        "supplement", "reclassify", "relocate", "void", "merge", "split", "hand_over",
    ]  # fmt: skip


def test_the_second_hop_keeps_the_handling_clock_of_the_first(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=LAMP, place=SOUTHEAST)
    due = life.due("handling")
    life.move("sign", "handler_lighting")
    with pytest.raises(GuardHolds) as refused:
        life.move("pass_on", "handler_lighting", unit="water_co")
    assert refused.value.reason.params["guard"] == "to_a_unit_below"
    life.move("pass_on", "handler_lighting", unit="lighting_crew")
    assert life.due("handling") == due, "passing on wins no time"
    assert life.running()["handling"].owed_by == "lighting_crew"
    assert life.broken() == []


def test_a_heap_needs_no_verification_where_the_city_trusts_the_public(life: Life) -> None:
    life.report("resident", class_code=HEAP, words="门口堆了沙子")
    assert life.state == "dispatched"
    assert life.file.case.lead_unit == "street_e1", "a matter pushed down to this street"
