"""Callbacks: who may call, what an attempt means, when somebody is unreachable, links, lists, and who comes first."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.cases.life import NOISE, SHANGHAI, Life, at

from cityloom.base.clock import GivenClock
from cityloom.base.errors import CityloomError
from cityloom.base.message_rules import MessageRules
from cityloom.base.messages import find_wish, list_messages
from cityloom.base.sending import Outgoing, send_messages
from cityloom.cases.actions.answer_callback_link import answer_callback_link, look_at_link
from cityloom.cases.actions.invite_callbacks import CannotInvite, invite_callback, invite_callbacks, settle_callbacks
from cityloom.cases.actions.move_report import move_report, rules_of
from cityloom.cases.actions.record_callbacks import ListedOutcome, record_callback, record_listed, round_of, token_of
from cityloom.cases.callback_links import LinkOver, NoSuchLink
from cityloom.cases.callback_turns import Waiting, in_turn, settles_itself, turn_of
from cityloom.cases.callbacks import (
    Attempt,
    CallbackRules,
    exempt_now,
    part_of_day,
    tally,
    why_not_independent,
)
from cityloom.cases.errors import GuardHolds, ImpossibleMove, MissingNeed, NotAllowed, StaleVersion
from cityloom.cases.queries_callbacks import count_done, list_waiting, same_person
from cityloom.cases.values import Details, Outcome
from cityloom.city.values import Post, Role
from cityloom.exchange.callback_lists import BadList, as_csv, calls_to_make, record_list

RULES = CallbackRules(zone=SHANGHAI)
CONTENT = Outcome("yes", "yes", "satisfied", "yes")
BOTH = ("callback", "sms")
PHONE = "13800138000"


@pytest.fixture
def replied(life: Life) -> Life:
    """A hotline matter whose answer was given; its one report waits for the callback. Monday, nine."""
    return ready(life)


def ready(life: Life, **said: Any) -> Life:
    life.report("hotline", by="agent", **{"consents": BOTH, **said})
    return worked(life)


def worked(life: Life) -> Life:
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已办")
    return life


def attempt(life: Life, met: str, when: datetime | None = None, **more: Any) -> None:
    if when is not None:
        life.clock.at = when
    life.move_report("attempt_callback", "callback", outcome=Outcome(met, **more))


def waiting_of(life: Life, login: str = "callback") -> list[Waiting]:
    with connection.cursor() as cursor:
        return list_waiting(cursor, life.city, life.post(login), life.clock.now())


# --- who may call -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("post", "code", "because"),
    [
        (Post("callback", Role.CALLBACK_AGENT, "hotline"), None, "the callback desk did not work on it"),
        (Post("handler_e1", Role.CALLBACK_AGENT, "centre"), "callback.own_work", "the same person in another post"),
        (
            Post("friend", Role.CALLBACK_AGENT, "centre", for_login="handler_e1"),
            "callback.deputy",
            "who stands in for the handler",
        ),
        (Post("other", Role.CALLBACK_AGENT, "street_e1"), "callback.own_unit", "staff of the unit that led"),
        (Post("other", Role.CALLBACK_AGENT, "urban_bureau"), "callback.own_unit", "staff of an assisting unit"),
        (Post("other", Role.CALLBACK_AGENT, "water_co"), None, "another unit had no part in it"),
    ],
)
def test_who_calls_back_is_independent_of_the_work(life: Life, post, code, because):
    life.report("hotline", by="agent", class_code="hotline:0102")
    for move in ("sign", "contact", "handle"):
        life.move(move, "handler_e1", note="已办")
    life.move("pass_check", "checker", note="现场已清")
    life.move("reply", "handler_e1", note="已办")
    file = life.file
    call = Details(outcome=CONTENT)

    def called() -> None:
        move_report(
            life.city, life.number, file.reports[0].id, "call_back", post, call, life.clock, version=file.case.version
        )

    if code is None:
        called()
        assert life.state == "closed", because
        return
    with pytest.raises(NotAllowed) as refusal:
        called()
    assert refusal.value.reason.code == code, because
    assert life.file.reports[0].state == "due_callback"


@pytest.mark.parametrize(
    ("login", "code", "because"),
    [
        ("callback", None, "no other unit has a callback desk"),
        ("agent", "callback.own_work", "but not by who answered"),
    ],
)
def test_a_hotlines_own_answer_is_called_back_by_its_desk_but_not_by_who_answered(
    replied: Life, login, code, because
):
    file = replied.file
    tasks = tuple(replace(t, unit="hotline", done_by="agent") for t in file.tasks)
    post = Post(login, Role.CALLBACK_AGENT, "hotline")
    why = why_not_independent(replace(file, tasks=tasks), [], file.reports[0].id, post, replied.city.units)
    assert (why.code if why else None) == code, because


def test_after_a_disputed_callback_another_agent_calls(replied: Life):
    replied.call_back("yes", "satisfied")
    assert replied.state == "closed"
    report = replied.file.reports[0]
    replied.move("reopen", "resident", reason="reopened.callback_disputed", owns=True, report_id=report.id)
    worked(replied)
    with pytest.raises(NotAllowed) as refusal:
        replied.call_back()
    assert refusal.value.reason.code == "callback.disputed_call"
    other = Post("callback9", Role.CALLBACK_AGENT, "hotline")
    move_report(
        replied.city, replied.number, report.id, "call_back", other, Details(outcome=CONTENT), replied.clock,
        version=replied.file.case.version,
    )  # fmt: skip
    assert replied.state == "closed"
    assert replied.broken() == []


def test_the_list_leaves_out_what_ones_own_unit_worked_on(replied: Life):
    assert [w.number for w in waiting_of(replied)] == [replied.number]
    theirs = Post("x", Role.CALLBACK_AGENT, "street_e1")
    with connection.cursor() as cursor:
        assert list_waiting(cursor, replied.city, theirs, replied.clock.now()) == []


# --- attempts ---------------------------------------------------------------------------------------------------


def test_a_time_of_day_is_morning_afternoon_or_evening():
    hours = [(8, "morning"), (12, "afternoon"), (17, "afternoon"), (18, "evening")]
    assert [part_of_day(at(6, 1, h), SHANGHAI) for h, _ in hours] == [part for _, part in hours]


@pytest.mark.parametrize(
    ("attempts", "exempted", "because"),
    [
        ([(1, 9, "no_answer"), (1, 15, "busy")], None, "two of three"),
        ([(1, 9, "no_answer"), (1, 15, "busy"), (1, 19, "no_answer")], None, "three, but on one day"),
        ([(1, 9, "no_answer"), (2, 10, "busy"), (3, 9, "no_answer")], None, "three days, but always in the morning"),
        ([(1, 9, "no_answer"), (1, 15, "busy"), (2, 9, "switched_off")], "exempt.unreachable", "3, 2 days, 2 times"),
        ([(1, 9, "no_answer"), (1, 15, "later"), (2, 9, "no_answer")], None, "who asks for later was reached"),
        ([(1, 9, "language"), (1, 15, "another_person"), (2, 9, "busy")], None, "somebody answered twice"),
        ([(1, 9, "wrong_number")], None, "one may have misdialled"),
        ([(1, 9, "wrong_number"), (1, 10, "wrong_number")], "exempt.wrong_number", "twice wrong"),
        ([(1, 9, "refused")], "exempt.refused", "no means no"),
    ],
)
def test_unreachable_is_so_many_attempts_on_several_days_at_several_times(attempts, exempted, because):
    found = exempt_now([Attempt(at(6, day, hour), met) for day, hour, met in attempts], RULES)
    assert (found.code if found else None) == exempted, because


def test_a_city_sets_its_own_numbers():
    rules = CallbackRules.of_limits(
        {"callback_attempts": 2, "callback_days": 1, "callback_times_of_day": 1, "messages_quiet_from": 20.5},
        SHANGHAI,
    )
    assert (rules.attempts, rules.days, rules.parts, rules.quiet_from) == (2, 1, 1, time(20, 30))
    assert exempt_now([Attempt(at(6, 1), "busy")] * 2, rules) is not None


def test_each_attempt_is_coded_counted_and_kept(replied: Life):
    attempt(replied, "busy")
    report = replied.file.reports[0]
    assert (report.state, report.callback_attempts, report.callback_result) == ("due_callback", 1, "busy")
    entry = replied.entries[-1]
    assert (entry.move, entry.reason) == ("attempt_callback", {"code": "attempt.busy"})
    assert entry.changes["callback"] == {"channel": "phone"}
    assert replied.broken() == []


def test_after_enough_attempts_the_system_exempts_and_the_case_closes(replied: Life):
    attempt(replied, "no_answer")
    attempt(replied, "busy", at(6, 1, 15))
    assert replied.state == "replied"
    attempt(replied, "switched_off", at(6, 2, 10))
    report = replied.file.reports[0]
    assert (report.state, report.exempt_reason, report.callback_attempts) == ("exempt", "exempt.unreachable", 3)
    assert replied.moves[-3:] == ["attempt_callback", "exempt", "close"]
    assert replied.entries[-2].by_login == "system"
    assert replied.state == "closed"
    assert replied.broken() == []


def test_who_declines_is_exempted_with_that_reason(replied: Life):
    attempt(replied, "refused")
    assert replied.file.reports[0].exempt_reason == "exempt.refused"
    assert replied.state == "closed"


def test_an_agent_cannot_call_somebody_unreachable_after_one_try(replied: Life):
    attempt(replied, "no_answer")
    with pytest.raises(GuardHolds) as refusal:
        replied.move_report("exempt", "callback", reason="exempt.unreachable")
    assert "1 attempts on 1 days" in str(refusal.value)
    replied.move_report("exempt", "shift", reason="exempt.unreachable")
    assert replied.state == "closed", "the shift lead answers for the exception"


def test_attempts_before_a_rework_do_not_count_for_the_next_round(replied: Life):
    attempt(replied, "no_answer")
    attempt(replied, "busy", at(6, 1, 15))
    replied.clock.at = at(6, 2, 9)
    replied.call_back("no", "unsatisfied")
    assert replied.state in ("signed", "contacted"), "unsolved goes back to work by itself"
    for move in ("handle", "reply"):
        replied.move(move, "handler_e1", note="再办")
    attempt(replied, "no_answer", at(6, 3, 15))
    assert replied.file.reports[0].state == "due_callback"


def test_somebody_who_asks_for_later_says_when(replied: Life):
    with pytest.raises(MissingNeed):
        attempt(replied, "later")
    with pytest.raises(MissingNeed):
        attempt(replied, "later", later_at=at(6, 1, 8))
    attempt(replied, "later", later_at=at(6, 1, 16))
    report = replied.file.reports[0]
    assert report.callback_next_at == at(6, 1, 16)
    assert replied.entries[-1].reason["params"] == {"at": "2026-06-01 16:00"}


@pytest.mark.parametrize(
    ("outcome", "because"),
    [
        (Outcome("yes", "yes"), "satisfied is missing"),
        (Outcome("yes", "maybe", "satisfied"), "no such answer"),
        (Outcome("yes", "yes", "delighted"), "no such satisfaction"),
        (Outcome("yes", "yes", "satisfied", "perhaps"), "no such contact"),
        (Outcome("yes", "no", "unsatisfied", why="weather"), "no such reason"),
        (Outcome("yes", "yes", "satisfied", channel="link"), "an agent does not answer for the resident"),
        (Outcome("yes", "yes", "satisfied", channel="pigeon"), "no such channel"),
        (Outcome("busy"), "an attempt is no outcome"),
    ],
)
def test_a_bad_outcome_changes_nothing(replied: Life, outcome, because):
    before = replied.file
    with pytest.raises(MissingNeed):
        replied.move_report("call_back", "callback", outcome=outcome)
    assert replied.file == before, because


def test_a_bad_attempt_changes_nothing(replied: Life):
    before = replied.file
    with pytest.raises(MissingNeed):
        attempt(replied, "asleep")
    assert replied.file == before


# --- outcomes ---------------------------------------------------------------------------------------------------


def test_an_outcome_tells_solved_satisfied_contacted_and_why_not(replied: Life):
    outcome = Outcome("yes", "partly", "unsatisfied", "no", "slow")
    replied.move_report("call_back", "callback", outcome=outcome, note="等了两周")
    report = replied.file.reports[0]
    assert (report.solved, report.satisfied, report.contacted) == ("partly", "unsatisfied", "no")
    assert (report.unsatisfied_why, report.callback_channel, report.callback_result) == ("slow", "phone", "yes")
    entry = next(e for e in replied.entries if e.move == "call_back")
    assert entry.changes["callback"] == {"channel": "phone", "contacted": "no", "why": "slow"}
    assert replied.broken() == []


def test_contacted_is_vouched_for_by_the_history(replied: Life):
    replied.move_report("call_back", "callback", outcome=CONTENT)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_report SET contacted = 'no'")
    assert replied.broken() != []


def test_satisfaction_need_not_be_asked(replied: Life):
    replied.call_back("yes", "not_asked")
    assert (replied.state, replied.file.reports[0].satisfied) == ("closed", "not_asked")


def test_what_was_heard_is_forgotten_when_the_work_begins_again(replied: Life):
    replied.move_report("call_back", "callback", outcome=Outcome("yes", "no", "unsatisfied", "no", "slow"))
    report = replied.file.reports[0]
    heard = (report.solved, report.satisfied, report.contacted, report.unsatisfied_why, report.callback_channel)
    assert report.state == "accepted"
    assert heard == (None,) * 5, "the entry keeps it"


def test_a_grid_worker_hears_the_answer_in_person_and_writes_where(replied: Life):
    with pytest.raises(MissingNeed) as refusal:
        replied.move_report("call_back", "collector", outcome=CONTENT)
    assert refusal.value.reason.code == "callback.note_in_person"
    replied.move_report("call_back", "collector", outcome=CONTENT, note="上门，当面答复满意")
    assert replied.file.reports[0].callback_channel == "in_person"
    assert replied.state == "closed"


def test_a_grid_worker_of_the_unit_that_led_does_not(replied: Life):
    theirs = Post("collector9", Role.GRID_WORKER, "street_e1", "990101001")
    with pytest.raises(NotAllowed):
        move_report(
            replied.city, replied.number, replied.file.reports[0].id, "call_back", theirs,
            Details(outcome=CONTENT, note="上门"), replied.clock, version=None,
        )  # fmt: skip


def test_a_resident_answers_only_for_an_own_report(replied: Life):
    with pytest.raises(NotAllowed):
        replied.move_report("call_back", "resident", outcome=CONTENT)
    replied.move_report("call_back", "resident", outcome=CONTENT, owns=True)
    assert replied.file.reports[0].callback_channel == "link"


# --- several reports --------------------------------------------------------------------------------------------


@pytest.fixture
def three_reports(life: Life) -> Life:
    """One matter, reported twice by one number and once by another."""
    first = life.report("hotline", by="agent", consents=BOTH)
    life.report("hotline", by="agent", words="又响了", same_as=first.number, phone="138 0013 8000", consents=BOTH)
    life.report("hotline", by="agent", words="我家也吵", same_as=first.number, phone="13900139000", consents=BOTH)
    return worked(life)


def test_one_person_is_asked_once_and_each_report_keeps_its_entry(three_reports: Life):
    life = three_reports
    one, two, other = life.file.reports
    with connection.cursor() as cursor:
        assert same_person(cursor, life.file.case.id, two.id) == [one.id, two.id]
        assert same_person(cursor, life.file.case.id, other.id) == [other.id]
    file = record_callback(
        life.city, life.number, [one.id, two.id], life.post("callback"), CONTENT, life.clock,
        version=life.file.case.version,
    )  # fmt: skip
    assert [r.state for r in file.reports] == ["called_back", "called_back", "due_callback"]
    assert life.state == "replied", "the other reporter has a callback of their own"
    assert life.moves.count("call_back") == 2
    life.call_back(report_id=other.id)
    assert life.state == "closed"
    assert life.broken() == []


def test_two_persons_are_not_asked_as_one(three_reports: Life):
    life = three_reports
    one, _, other = life.file.reports
    with pytest.raises(ImpossibleMove):
        record_callback(
            life.city, life.number, [one.id, other.id], life.post("callback"), CONTENT, life.clock, version=None
        )
    assert "call_back" not in life.moves


def test_unsolved_for_one_of_several_goes_back_for_all_who_wait(three_reports: Life):
    life = three_reports
    one, two, _ = life.file.reports
    unsolved = Outcome("yes", "no", "unsatisfied", "no", "not_solved")
    record_callback(
        life.city, life.number, [one.id, two.id], life.post("callback"), unsolved, life.clock, version=None
    )
    assert {r.state for r in life.file.reports} == {"accepted"}
    assert life.broken() == []


# --- two at once ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_agents_who_call_at_once_one_wins(life: Life):
    ready(life)
    file, together, results = life.file, threading.Barrier(2), []

    def call(login: str, outcome: Outcome) -> None:
        together.wait()
        try:
            record_callback(
                life.city, life.number, [file.reports[0].id], Post(login, Role.CALLBACK_AGENT, "hotline"), outcome,
                life.clock, version=file.case.version,
            )  # fmt: skip
            results.append(login)
        except CityloomError as refusal:
            results.append(type(refusal))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=call, args=("callback", CONTENT)),
        threading.Thread(target=call, args=("callback2", Outcome("yes", "no", "unsatisfied"))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert StaleVersion in results
    assert life.moves.count("call_back") == 1
    assert life.broken() == []


def test_an_opened_contact_keeps_others_away_for_a_while(replied: Life):
    from cityloom.cases.reporters import open_contacts

    open_contacts(replied.file, replied.post("callback"), "callback", replied.clock)
    other = Post("callback2", Role.CALLBACK_AGENT, "hotline")
    with connection.cursor() as cursor:
        (theirs,) = list_waiting(cursor, replied.city, other, replied.clock.now())
        (mine,) = list_waiting(cursor, replied.city, replied.post("callback"), replied.clock.now())
    assert (theirs.held_by, mine.held_by) == ("callback", "")
    assert turn_of(theirs, replied.clock.now(), RULES).because == "held"
    replied.clock.advance(minutes=11)
    assert [w.held_by for w in waiting_of(replied, "callback")] == [""]


# --- whose turn -------------------------------------------------------------------------------------------------

NOW = at(6, 1, 10)


def wait_for(report_id: int = 1, **more: Any) -> Waiting:
    facts: dict[str, Any] = {
        "report_id": report_id, "case_id": report_id, "number": f"n{report_id}", "version": 1, "class_code": NOISE,
        "area": None, "address": "", "lead_unit": "street_e1", "urgency": "ordinary", "language": "zh",
        "consents": BOTH, "quiet_hours": "", "has_phone": True, "due_at": at(6, 3, 18), "attempts": 0, "last": "",
        "last_at": None, "next_at": None, "opened_at": at(5, 25),
    }  # fmt: skip
    return Waiting(**{**facts, **more})


@pytest.mark.parametrize(
    ("waiting", "now", "because", "free_at"),
    [
        (wait_for(), NOW, "", None),
        (wait_for(), at(6, 1, 21, 30), "quiet", at(6, 2, 8)),
        (wait_for(), at(6, 1, 7), "quiet", at(6, 1, 8)),
        (wait_for(quiet_hours="09:00-14:00"), NOW, "quiet", at(6, 1, 14)),
        (wait_for(quiet_hours="whenever"), NOW, "", None),
        (wait_for(next_at=at(6, 1, 16), last="later", last_at=at(6, 1, 9)), NOW, "asked", at(6, 1, 16)),
        (wait_for(next_at=at(6, 1, 9, 30), last="later", last_at=at(6, 1, 9)), NOW, "", None),
        (wait_for(last="busy", last_at=at(6, 1, 9)), NOW, "tried", at(6, 1, 13)),
        (wait_for(last="busy", last_at=at(6, 1, 5)), NOW, "", None),
        (wait_for(link_until=at(6, 5)), NOW, "link", at(6, 5)),
        (wait_for(link_until=at(5, 31)), NOW, "", None),
    ],
)
def test_a_call_waits_for_quiet_hours_promises_the_last_try_and_a_link(waiting, now, because, free_at):
    turn = turn_of(waiting, now, RULES)
    assert (turn.because, turn.free_at) == (because, free_at)


def test_who_asked_for_no_call_is_never_called():
    assert turn_of(wait_for(consents=("sms",)), NOW, RULES).because == "wish"
    assert wait_for(consents=()).wish == "none"


def test_first_comes_a_promised_moment_then_the_day_it_is_due_then_urgency():
    rows = [
        wait_for(1, due_at=at(6, 4, 18)),
        wait_for(2, due_at=at(6, 3, 18)),
        wait_for(3, due_at=at(6, 3, 18), urgency="urgent"),
        wait_for(4, due_at=at(6, 9, 18), next_at=at(6, 1, 9, 45), last="later", last_at=at(6, 1, 9)),
        wait_for(5, due_at=at(5, 30, 18), last="busy", last_at=at(6, 1, 9)),
        wait_for(6, due_at=None),
        wait_for(7, due_at=at(6, 2), consents=("sms",)),
    ]
    turns = in_turn(rows, NOW, RULES)
    assert [t.waiting.report_id for t in turns] == [4, 3, 2, 1, 6, 5, 7]
    assert [t.is_now for t in turns] == [True] * 5 + [False] * 2


@pytest.mark.parametrize(
    ("waiting", "code", "because"),
    [
        (wait_for(), None, "it waits for its call"),
        (wait_for(consents=()), "exempt.wished", "no callback was wished"),
        (wait_for(has_phone=False), "exempt.no_contact", "a name alone cannot be called"),
        (wait_for(consents=("sms",)), None, "a link has not gone out yet"),
        (wait_for(consents=("sms",), link_until=at(5, 31)), "exempt.link_unanswered", "the wished link ran out"),
        (wait_for(link_until=at(5, 31)), None, "who agreed to a call is called when the link ran out"),
    ],
)
def test_what_needs_no_call_settles_itself(waiting, code, because):
    found = settles_itself(waiting, NOW)
    assert (found.code if found else None) == code, because


def test_who_wished_no_callback_is_exempted_with_that_reason(life: Life):
    ready(life, consents=())
    assert settle_callbacks(life.city, life.clock) == 1
    assert (life.state, life.file.reports[0].exempt_reason) == ("closed", "exempt.wished")
    assert settle_callbacks(life.city, life.clock) == 0


def test_the_done_of_today_are_counted_by_who_did_them(replied: Life):
    attempt(replied, "busy")
    replied.call_back()
    with connection.cursor() as cursor:
        assert count_done(cursor, replied.city, "callback", at(6, 1, 0)) == (1, 1)
        assert count_done(cursor, replied.city, "callback2", at(6, 1, 0)) == (0, 0)
        assert count_done(cursor, replied.city, "callback", at(6, 2, 0)) == (0, 0)


# --- by link ----------------------------------------------------------------------------------------------------


class Phone:
    """Everybody's phone: what arrived, and the code in its link."""

    def __init__(self) -> None:
        self.got: list[Outgoing] = []

    def send(self, message: Outgoing) -> str:
        self.got.append(message)
        return str(len(self.got))

    @property
    def code(self) -> str:
        found = re.search(r"/c/(\w+)/", self.got[-1].text.body)
        assert found is not None
        return found.group(1)


@pytest.fixture
def phone() -> Phone:
    return Phone()


def deliver(phone: Phone, clock: GivenClock) -> int:
    return send_messages({"sms": phone}, clock, lambda _: MessageRules(zone=SHANGHAI, signed_zh="小城"))


def invite(life: Life, phone: Phone) -> str:
    invite_callback(life.city, life.number, life.file.reports[0].id, life.post("callback"), life.clock)
    deliver(phone, life.clock)
    return phone.code


def test_a_link_goes_out_and_its_answer_closes_the_case(replied: Life, phone: Phone):
    code = invite(replied, phone)
    (message,) = phone.got
    assert message.to == PHONE
    assert message.text.body.startswith("【小城】您反映的“噪声扰民”")
    assert look_at_link(replied.city, code, replied.clock).report_ids == (replied.file.reports[0].id,)
    answer_callback_link(replied.city, code, CONTENT, "谢谢", replied.clock)
    report = replied.file.reports[0]
    assert (replied.state, report.solved, report.callback_channel) == ("closed", "yes", "link")
    assert replied.moves[-3:] == ["invite_callback", "call_back", "close"]
    assert replied.entries[-2].by_role == "resident"
    assert replied.broken() == []


def test_a_link_is_stored_as_a_hash_and_no_entry_tells_the_number(replied: Life, phone: Phone):
    code = invite(replied, phone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM cases_callback_link l")
        assert code not in cursor.fetchone()[0]
        cursor.execute("SELECT payload::text FROM base_outbox")
        told = " ".join(text for (text,) in cursor.fetchall())
    history = json.dumps([(e.reason, e.changes, e.text) for e in replied.entries], default=str)
    for secret in (code, PHONE):
        assert secret not in told + history
    assert list_messages(replied.city.code)[0].to == "", "the address is forgotten once it was sent"


def test_a_link_is_good_once(replied: Life, phone: Phone):
    code = invite(replied, phone)
    answer_callback_link(replied.city, code, Outcome("yes", "no", "unsatisfied"), "", replied.clock)
    for again in (look_at_link, lambda *a: answer_callback_link(a[0], a[1], CONTENT, "", a[2])):
        with pytest.raises(LinkOver) as refusal:
            again(replied.city, code, replied.clock)
        assert refusal.value.reason.code == "callback.link_used"
    assert replied.file.case.rework_count == 1


def test_a_link_ends_with_its_days(replied: Life, phone: Phone):
    code = invite(replied, phone)
    replied.clock.advance(days=rules_of(replied.city).link_days, minutes=1)
    with pytest.raises(LinkOver) as refusal:
        look_at_link(replied.city, code, replied.clock)
    assert refusal.value.reason.code == "callback.link_ended"


def test_a_link_whose_report_was_called_meanwhile_says_so(replied: Life, phone: Phone):
    code = invite(replied, phone)
    replied.call_back()
    with pytest.raises(LinkOver) as refusal:
        answer_callback_link(replied.city, code, CONTENT, "", replied.clock)
    assert refusal.value.reason.code == "callback.link_settled"


def test_a_link_of_an_earlier_round_does_not_answer_for_a_later_one(replied: Life, phone: Phone):
    code = invite(replied, phone)
    replied.clock.advance(hours=1)
    replied.call_back("no", "unsatisfied")
    for move in ("handle", "reply"):
        replied.move(move, "handler_e1", note="再办")
    with pytest.raises(LinkOver):
        answer_callback_link(replied.city, code, CONTENT, "", replied.clock)


@pytest.mark.parametrize("code", ["", "x", "A" * 26, "../../etc"])
def test_a_code_that_is_none_opens_nothing(replied: Life, phone: Phone, code: str):
    invite(replied, phone)
    with pytest.raises(NoSuchLink):
        look_at_link(replied.city, code, replied.clock)


def test_an_incomplete_answer_leaves_the_link_good(replied: Life, phone: Phone):
    code = invite(replied, phone)
    with pytest.raises(MissingNeed):
        answer_callback_link(replied.city, code, Outcome("yes", "yes"), "", replied.clock)
    answer_callback_link(replied.city, code, CONTENT, "", replied.clock)


def test_a_link_answers_for_all_reports_of_its_person(three_reports: Life, phone: Phone):
    life = three_reports
    code = invite(life, phone)
    answer_callback_link(life.city, code, CONTENT, "", life.clock)
    assert [r.state for r in life.file.reports] == ["called_back", "called_back", "due_callback"]


def test_who_wants_no_more_messages_gets_none(replied: Life, phone: Phone):
    code = invite(replied, phone)
    answer_callback_link(replied.city, code, CONTENT, "", replied.clock, no_more=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_index FROM base_message")
        (index,) = cursor.fetchone()
        cursor.execute("SELECT consents FROM cases_reporter")
        assert cursor.fetchall() == [(["callback"],)]
    assert find_wish(replied.city.code, [index], "callback") is False


@pytest.mark.parametrize(
    ("said", "code"),
    [({"consents": ("callback",)}, "callback.no_sms_consent"), ({"phone": ""}, "callback.no_address")],
)
def test_without_consent_or_number_no_link_goes_out(life: Life, phone: Phone, said, code):
    ready(life, **said)
    with pytest.raises(CannotInvite) as refusal:
        invite_callback(life.city, life.number, life.file.reports[0].id, life.post("callback"), life.clock)
    assert refusal.value.reason.code == code
    assert list_messages(life.city.code) == []
    assert "invite_callback" not in life.moves


def test_a_second_link_waits_until_the_first_has_ended(replied: Life, phone: Phone):
    invite(replied, phone)
    with pytest.raises(CannotInvite) as refusal:
        invite(replied, phone)
    assert refusal.value.reason.code == "callback.invited_already"
    replied.clock.advance(days=8)
    invite(replied, phone)
    assert len(phone.got) == 2


def test_links_in_bulk_go_to_each_person_once_a_round(life: Life, phone: Phone):
    ready(life)
    ready(life, phone="13900139000")
    ready(life, phone="13900139001", consents=("callback",))
    ready(life, phone="13900139002", consents=())
    done = invite_callbacks(life.city, life.post("callback"), life.clock)
    assert (done.invited, done.exempted, done.passed_over.total()) == (2, 1, 0)
    again = invite_callbacks(life.city, life.post("callback"), life.clock)
    assert (again.invited, again.exempted) == (0, 0)
    assert deliver(phone, life.clock) == 2


def test_only_those_who_asked_for_a_link_when_so_told(life: Life, phone: Phone):
    ready(life)
    ready(life, phone="13900139000", consents=("sms",))
    done = invite_callbacks(life.city, life.post("callback"), life.clock, only_those_who_wish=True)
    assert done.invited == 1
    life.clock.advance(days=8)
    assert settle_callbacks(life.city, life.clock) == 1
    assert life.file.reports[0].exempt_reason == "exempt.link_unanswered"


# --- by list ----------------------------------------------------------------------------------------------------


def filled(life: Life, tmp_path: Path, **cells: str) -> Path:
    """The exported list with its first call answered, as a spreadsheet gives it back."""
    calls = calls_to_make(life.city, life.post("callback"), life.clock, 100)
    head, *rows = as_csv(calls, with_phones=False).splitlines()
    names = head.lstrip("\ufeff").split(",")
    given = {"called_at": "2026-06-01T10:30", "result": "yes", "solved": "yes", "satisfied": "satisfied", **cells}
    first = rows[0].split(",") if rows else [""] * len(names)
    row = [given.get(name, cell) for name, cell in zip(names, first, strict=True)]
    path = tmp_path / "called.csv"
    path.write_text("\n".join([",".join(names), ",".join(row), *rows[1:]]), encoding="utf-8-sig")
    return path


def bring_back(life: Life, path: Path, tmp_path: Path) -> Any:
    return record_list(life.city, path, life.post("callback"), life.clock, tmp_path / "rejects.csv")


def test_a_list_names_nobody(replied: Life):
    calls = calls_to_make(replied.city, replied.post("callback"), replied.clock, 100)
    text = as_csv(calls, with_phones=False) + repr(calls)
    for secret in (PHONE, "秦晓梅", "夜里施工很吵"):
        assert secret not in text
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_reporter_read")
        assert cursor.fetchone() == (0,), "nothing was opened"


def test_a_city_may_let_its_centre_see_numbers_and_every_opening_is_recorded(replied: Life):
    settings = replace(replied.city.config.settings, limits={"callback_centre_sees_phones": 1})
    city = replace(replied.city, config=replace(replied.city.config, settings=settings))
    (call,) = calls_to_make(city, replied.post("callback"), replied.clock, 100)
    assert (call.name, call.phone) == ("秦晓梅", PHONE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT by_login, reason FROM cases_reporter_read")
        assert cursor.fetchall() == [("callback", "callback")]


def test_one_person_stands_on_the_list_once(three_reports: Life):
    calls = calls_to_make(three_reports.city, three_reports.post("callback"), three_reports.clock, 100)
    assert sorted(c.reports for c in calls) == [1, 2]


def test_what_a_centre_heard_comes_back_as_moves_and_only_once(replied: Life, tmp_path: Path):
    path = filled(replied, tmp_path, contacted="yes", note="老人接听")
    replied.clock.at = at(6, 1, 18)
    done = bring_back(replied, path, tmp_path)
    assert (done.rows, done.recorded, done.rejected) == (1, 1, 0)
    report = replied.file.reports[0]
    assert (report.solved, report.contacted, report.callback_channel) == ("yes", "yes", "list")
    assert report.callback_at == at(6, 1, 10, 30), "when it was heard, not when it was brought back"
    assert replied.state == "closed"
    again = bring_back(replied, path, tmp_path)
    assert (again.recorded, again.known, again.rejected) == (0, 1, 0)
    assert replied.moves.count("call_back") == 1
    assert replied.broken() == []


def test_an_attempt_comes_back_once_as_well(replied: Life, tmp_path: Path):
    path = filled(replied, tmp_path, result="no_answer", solved="", satisfied="")
    replied.clock.at = at(6, 1, 18)
    for _ in range(2):
        bring_back(replied, path, tmp_path)
    assert replied.file.reports[0].callback_attempts == 1


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"token": "1-0000000000000000"}, "list.bad_token"),
        ({"token": "'; DROP TABLE cases_report"}, "list.bad_token"),
        ({"token": "9" * 40}, "list.bad_token"),
        ({"called_at": "yesterday"}, "list.bad_time"),
        ({"called_at": "2026-06-02T10:30"}, "list.bad_time"),
        ({"called_at": "2026-05-02T10:30"}, "list.bad_time"),
        ({"result": "asleep"}, "list.bad_result"),
        ({"solved": "ja"}, "callback.bad_answer"),
        ({"solved": ""}, "error.bad_outcome"),
        ({"result": "later", "solved": "", "satisfied": ""}, "callback.later_when"),
    ],
)
def test_a_bad_row_goes_to_the_rejects_and_changes_nothing(replied: Life, tmp_path: Path, cells, code):
    path = filled(replied, tmp_path, **cells)
    replied.clock.at = at(6, 1, 18)
    before = replied.file
    done = bring_back(replied, path, tmp_path)
    assert (done.recorded, done.rejected) == (0, 1)
    assert code in (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig")
    assert replied.file == before


def test_a_list_that_came_too_late_for_its_round_is_refused(replied: Life, tmp_path: Path):
    path = filled(replied, tmp_path)
    replied.clock.at = at(6, 1, 12)
    replied.call_back("no", "unsatisfied")
    for move in ("handle", "reply"):
        replied.move(move, "handler_e1", note="再办")
    bring_back(replied, path, tmp_path)
    assert "list.old_round" in (tmp_path / "rejects.csv").read_text(encoding="utf-8-sig")
    assert replied.file.reports[0].state == "due_callback"


def test_a_token_is_bound_to_its_report(replied: Life):
    report = replied.file.reports[0]
    token = token_of(replied.city, report.id, round_of(replied.file.case))
    forged = f"{report.id}-{token[-16:][::-1]}"
    row = ListedOutcome(forged, replied.clock.now(), replace(CONTENT, channel="list"))
    with pytest.raises(CityloomError):
        record_listed(replied.city, row, replied.post("callback"), replied.clock)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "token"), (b"a,b\n1,2\n", "token"), (b"token,called_at,result\n\xff\xfe,x,yes\n", "cannot be read")],
)
def test_a_file_that_is_no_list_is_refused(replied: Life, tmp_path: Path, content: bytes, told: str):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(BadList, match=told):
        bring_back(replied, path, tmp_path)
    with pytest.raises(BadList):
        bring_back(replied, tmp_path / "absent.csv", tmp_path)


def test_rows_without_a_result_are_passed_over(replied: Life, tmp_path: Path):
    done = bring_back(replied, filled(replied, tmp_path, result=""), tmp_path)
    assert (done.empty, done.recorded, done.rejected) == (1, 0, 0)


def test_tallies_count_only_calls_in_vain():
    counted = tally([Attempt(at(6, 1), "busy"), Attempt(at(6, 1), "later")], SHANGHAI)
    assert (counted.attempts, counted.days, counted.parts) == (1, 1, 1)
