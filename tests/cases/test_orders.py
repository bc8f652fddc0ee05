"""Supervision orders: numbered without gaps, answered by the units, judged by somebody else, discharged."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from tests.cases.life import NOISE, SOUTHWEST, Life, at, photo

from cityloom.cases.actions.fire_orders import fire_orders
from cityloom.cases.actions.issue_order import issue_order
from cityloom.cases.actions.move_order import move_order
from cityloom.cases.errors import (
    ConflictOfInterest,
    GuardHolds,
    ImpossibleMove,
    MissingNeed,
    NotAllowed,
    StaleVersion,
    UnknownWord,
)
from cityloom.cases.order_audit import broken_orders
from cityloom.cases.order_issuing import NewOrder
from cityloom.cases.order_keeping import get_order, list_order_entries, order_seed, verify_order
from cityloom.cases.order_queries import OrderFilter, count_orders, list_orders, list_orders_of_case
from cityloom.cases.order_values import ORDER_MOVES, ORDER_STATES, Order, OrderDetails, OrderEntry
from cityloom.cases.orders import GUARDS, ISSUERS, STEPS, NoSuchOrder, may_see_order, open_order_steps
from cityloom.city.values import Post, Role

TOPIC = NewOrder("topic", "夜间施工专题", "一周内拿出治理方案", 5, "work_day", units=("street_e1", "urban_bureau"),
                 class_code=NOISE)  # fmt: skip
UNIT = NewOrder("unit", "积压案件", "说明积压原因", 3, "work_day", units=("water_co",))


def issue(life: Life, new: NewOrder = UNIT, by: str = "supervisor") -> Order:
    return issue_order(life.city, new, life.post(by), life.clock)


def order_of(life: Life, number: str) -> Order:
    with connection.cursor() as cursor:
        return get_order(cursor, life.city.id, number)


def entries_of(order: Order) -> list[OrderEntry]:
    with connection.cursor() as cursor:
        return list_order_entries(cursor, order.id)


def go(life: Life, number: str, move: str, by: str, version: int | None = -1, pictures=(), **brought) -> Order:
    """A move with what it brings; the version seen is the present one."""
    seen = order_of(life, number).version if version == -1 else version
    details = OrderDetails(**brought)
    return move_order(life.city, number, move, life.post(by), details, life.clock, version=seen, pictures=pictures)


def on_case(life: Life, **more) -> Order:
    life.report()
    return issue(
        life, NewOrder("case", "夜间施工久拖不决", "三日内答复", 3, "work_day", case_number=life.number, **more)
    )


# --- numbers ----------------------------------------------------------------------------------------------------


def test_numbers_run_from_one_in_each_year_without_gaps(life: Life):
    assert [issue(life).number for _ in range(3)] == ["2026-1", "2026-2", "2026-3"]
    with pytest.raises(UnknownWord):
        issue(life, replace(UNIT, units=("nobody",)))
    assert issue(life).number == "2026-4"
    life.clock.at = at(1, 4, year=2027)
    assert issue(life).number == "2027-1"


def test_the_year_is_that_of_the_citys_own_time(life: Life):
    life.clock.at = at(1, 1, 2, year=2027)  # still 2026 in Greenwich
    assert issue(life).number == "2027-1"


@pytest.mark.django_db(transaction=True)
def test_two_who_issue_at_once_get_two_numbers(life: Life):
    numbers: list[str] = []

    def one() -> None:
        try:
            numbers.append(issue(life).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == ["2026-1", "2026-2", "2026-3", "2026-4"]


@pytest.mark.parametrize("number", ["2026-9", "x", "2026", "2026-x", "-1", "2026-99999999999999"])
def test_a_number_nobody_gave_is_told(life: Life, number: str):
    with pytest.raises(NoSuchOrder):
        order_of(life, number)


# --- issuing ----------------------------------------------------------------------------------------------------


def test_an_order_has_its_due_moment_by_the_citys_calendar(life: Life):
    order = issue(life)
    assert order.due_at == at(6, 4)
    assert [e.move for e in entries_of(order)] == ["issue"]
    assert entries_of(order)[0].text == "说明积压原因"


def test_an_order_about_a_case_goes_to_its_lead_and_stands_in_its_history(life: Life):
    order = on_case(life)
    assert order.units == ("street_e1",)
    entry = life.entries[-1]
    assert (entry.move, entry.by_login, entry.changes) == ("order", "supervisor", {"order": order.number})
    assert entry.reason["params"] == {"year": 2026, "serial": 1, "units": ["street_e1"]}
    assert life.broken() == []
    with connection.cursor() as cursor:
        found = list_orders_of_case(cursor, life.city, life.post("supervisor"), life.file.case.id)
    assert [o.number for o in found] == [order.number]


@pytest.mark.parametrize(
    ("by", "new", "refusal", "because"),
    [
        ("dispatcher", UNIT, NotAllowed, "a dispatcher does not supervise"),
        ("handler_e1", UNIT, NotAllowed, "nor does a unit"),
        ("supervisor", replace(UNIT, level="leader"), NotAllowed, "a leader's order is a leader's"),
        ("supervisor", replace(UNIT, level="loud"), UnknownWord, "no such level"),
        ("supervisor", replace(UNIT, subject="person"), UnknownWord, "no such subject"),
        ("supervisor", replace(UNIT, units=("old_lighting",)), UnknownWord, "the unit has ended"),
        ("supervisor", replace(UNIT, units=()), MissingNeed, "nobody would answer"),
        ("supervisor", replace(UNIT, title=" "), MissingNeed, "it has no title"),
        ("supervisor", replace(UNIT, demand=""), MissingNeed, "it demands nothing"),
        ("supervisor", replace(UNIT, demand="长" * 4001), UnknownWord, "it is too long"),
        ("supervisor", replace(UNIT, amount=0), UnknownWord, "no time at all"),
        ("supervisor", replace(UNIT, amount=1.5), UnknownWord, "half a working day is no limit in days"),
        ("supervisor", replace(UNIT, amount=float("nan")), UnknownWord, "no number"),
        ("supervisor", replace(UNIT, limit_unit="moon"), UnknownWord, "no clock counts moons"),
        ("supervisor", replace(TOPIC, class_code=""), MissingNeed, "a topic names its cases by a filter"),
        ("supervisor", replace(TOPIC, class_code="x:1"), UnknownWord, "no such class"),
        ("supervisor", replace(TOPIC, area="x"), UnknownWord, "no such area"),
        ("supervisor", NewOrder("case", "t", "d", 1, "work_day"), MissingNeed, "which case?"),
    ],
)
def test_what_cannot_be_issued_is_refused_and_nothing_is_kept(life: Life, by, new, refusal, because):
    with pytest.raises(refusal):
        issue(life, new, by)
    with connection.cursor() as cursor:
        assert count_orders(cursor, life.city, life.post("leader"), life.clock.now()).open == 0, because


def test_a_supervisor_of_one_area_orders_only_there(life: Life):
    east = Post("supervisor", Role.SUPERVISOR, "centre", area="990101")
    with pytest.raises(NotAllowed):
        issue_order(life.city, replace(UNIT, units=("street_w1",)), east, life.clock)
    life.report(place=SOUTHWEST)
    about = NewOrder("case", "t", "d", 1, "work_day", case_number=life.number)
    with pytest.raises(NotAllowed):
        issue_order(life.city, about, east, life.clock)
    assert issue_order(life.city, replace(UNIT, units=("street_e1",)), east, life.clock).areas == ("990100", "990101")


# --- the thread -------------------------------------------------------------------------------------------------


def test_an_order_is_signed_for_answered_and_discharged_by_its_issuer(life: Life):
    number = issue(life).number
    life.clock.advance(hours=1)
    assert go(life, number, "receive", "handler_water").state == "received"
    life.clock.advance(hours=3)
    replied = go(life, number, "reply", "handler_water", note="雨季前备件未到，已补齐")
    assert (replied.state, replied.fires_at, replied.overdue) == ("replied", None, False)
    assert replied.answered_at == life.clock.now()
    done = go(life, number, "discharge", "supervisor", note="属实，予以销号")
    assert (done.state, done.closed_by, done.closed_at) == ("discharged", "supervisor", life.clock.now())
    assert [e.move for e in entries_of(done)] == ["issue", "receive", "reply", "discharge"]
    assert verify_order(done, entries_of(done), order_seed(life.city.code, done)) == []


def test_an_order_to_several_units_is_replied_once_all_have_replied(life: Life):
    number = issue(life, TOPIC).number
    go(life, number, "receive", "handler_e1")
    assert go(life, number, "reply", "handler_e1", note="已约谈三家工地").state == "issued"
    go(life, number, "receive", "handler_urban")
    assert go(life, number, "reply", "handler_urban", note="方案已印发").state == "replied"


def test_a_reply_that_is_sent_back_is_owed_again_by_that_unit_alone(life: Life):
    number = issue(life, TOPIC).number
    for who in ("handler_e1", "handler_urban"):
        go(life, number, "receive", who)
        go(life, number, "reply", who, note="已办")
    back = go(life, number, "send_back", "leader", note="只说了已办", unit="street_e1")
    assert back.state == "sent_back"
    assert [(a.unit, a.state) for a in back.answers] == [("street_e1", "sent_back"), ("urban_bureau", "replied")]
    assert back.fires_at is not None, "its limit runs on"
    assert go(life, number, "reply", "handler_e1", note="停工三家，附名单").state == "replied"


def test_what_is_sent_back_after_its_limit_gets_a_new_one(life: Life):
    number = issue(life).number
    go(life, number, "receive", "handler_water")
    go(life, number, "reply", "handler_water", note="已办")
    life.clock.at = at(6, 10)
    with pytest.raises(MissingNeed):
        go(life, number, "send_back", "supervisor", note="没有附材料")
    again = go(life, number, "send_back", "supervisor", note="没有附材料", amount=1, limit_unit="work_day")
    assert again.due_at == at(6, 11)
    assert not again.overdue


def test_more_time_is_asked_by_the_unit_and_granted_by_a_supervisor(life: Life):
    order = issue(life)
    go(life, order.number, "ask_time", "handler_water", note="备件在途", amount=2, limit_unit="work_day")
    with pytest.raises(GuardHolds):
        go(life, order.number, "ask_time", "handler_water", note="再要", amount=2, limit_unit="work_day")
    granted = go(life, order.number, "grant_time", "supervisor")
    assert granted.due_at == at(6, 8)
    assert granted.asked == {}
    told = next(e for e in entries_of(granted) if e.move == "grant_time").changes["order"]["due_at"]
    assert told == [order.due_at.isoformat(), granted.due_at.isoformat()]


def test_more_time_that_is_refused_leaves_the_limit(life: Life):
    order = issue(life)
    go(life, order.number, "ask_time", "handler_water", note="备件在途", amount=2, limit_unit="work_day")
    assert go(life, order.number, "refuse_time", "leader", note="不等").due_at == order.due_at
    with pytest.raises(GuardHolds):
        go(life, order.number, "grant_time", "leader")


def test_the_photos_of_a_reply_are_kept_with_the_case(life: Life):
    order = on_case(life)
    go(life, order.number, "receive", "handler_e1")
    go(life, order.number, "reply", "handler_e1", note="已停工", pictures=[photo()], cases=(life.number,))
    kept = entries_of(order)[-1].changes["photos"]
    assert len(kept) == 1
    assert life.entries[-1].changes == {"order": order.number, "photos": kept}
    assert life.entries[-1].reason["code"] == "order.replied"
    assert life.broken() == []


def test_a_reply_points_only_at_cases_the_unit_may_see(life: Life):
    number = issue(life).number
    go(life, number, "receive", "handler_water")
    life.report()
    with pytest.raises(NotAllowed):
        go(life, number, "reply", "handler_water", note="见案", cases=(life.number,))
    assert order_of(life, number).state == "received"


def test_a_unit_that_the_complaint_is_about_gets_no_order_and_sees_none(life: Life):
    order = on_case(life)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET complained_about = ARRAY['street_e1']")
    with pytest.raises(ConflictOfInterest):
        issue(life, NewOrder("case", "t", "d", 1, "work_day", case_number=life.number))
    with pytest.raises(NotAllowed, match="keep away"):
        go(life, order.number, "receive", "handler_e1")
    post = life.post("handler_e1")
    with connection.cursor() as cursor:
        assert list_orders(cursor, life.city, post, OrderFilter(view="all"), life.clock.now(), None, 10).orders == []
        seen = list_orders(
            cursor, life.city, life.post("leader"), OrderFilter(view="all"), life.clock.now(), None, 10
        )
    assert [o.number for o in seen.orders] == [order.number]


# --- who may ----------------------------------------------------------------------------------------------------


def test_nobody_judges_his_own_answer(life: Life):
    number = issue(life, replace(UNIT, units=("centre",)), by="leader").number
    both = Post("worker", Role.HANDLER, "centre"), Post("worker", Role.LEADER, None)
    for move in ("receive", "reply"):
        move_order(life.city, number, move, both[0], OrderDetails(note="已办"), life.clock, version=None)
    with pytest.raises(NotAllowed, match="whoever answered"):
        move_order(life.city, number, "discharge", both[1], OrderDetails(note="好"), life.clock, version=None)
    with pytest.raises(NotAllowed, match="whoever answered"):
        go(life, number, "discharge", "supervisor", note="本单位的答复")
    boss = Post("boss", Role.LEADER, None)
    ended = move_order(life.city, number, "discharge", boss, OrderDetails(note="好"), life.clock, version=None)
    assert ended.state == "discharged"


@pytest.mark.parametrize(
    ("prepare", "move", "by", "refusal", "because"),
    [
        ((), "reply", "handler_water", GuardHolds, "it was not signed for"),
        (("receive",), "receive", "handler_water", GuardHolds, "it was signed for already"),
        ((), "receive", "handler_e1", NotAllowed, "it is another unit's"),
        ((), "receive", "supervisor", NotAllowed, "a supervisor owes no answer"),
        (("receive",), "discharge", "supervisor", ImpossibleMove, "nothing was answered yet"),
        (("receive", "reply"), "discharge", "handler_water", NotAllowed, "the unit that answered does not judge"),
        (("receive", "reply"), "reply", "handler_water", ImpossibleMove, "it waits for the judgement"),
        ((), "withdraw", "agent", NotAllowed, "an agent does not supervise"),
        ((), "grant_time", "supervisor", GuardHolds, "nobody asked"),
        (("receive", "reply", "discharge"), "withdraw", "supervisor", ImpossibleMove, "it has ended"),
    ],
)
def test_what_is_not_open_is_refused_with_the_reason(life: Life, prepare, move, by, refusal, because):
    number = issue(life).number
    for step in prepare:
        go(life, number, step, "supervisor" if step == "discharge" else "handler_water", note="说明")
    before = order_of(life, number)
    with pytest.raises(refusal):
        go(life, number, move, by, note="说明")
    assert order_of(life, number) == before, because


@pytest.mark.parametrize("step", [s for s in STEPS if "note" in s.needs], ids=lambda s: s.move)
def test_whatever_needs_a_note_is_refused_without_one(life: Life, step):
    number = issue(life).number
    order = replace(order_of(life, number), state=sorted(step.came_from)[0])
    assert "note" in step.needs
    from cityloom.cases.orders import decide_order

    answers = tuple(replace(a, state="received") for a in order.answers)
    asked = {"by": "x"} if "ask_waits" in step.when else {}
    by = life.post("handler_water" if Role.HANDLER in step.by else "supervisor")
    with pytest.raises(MissingNeed):
        decide_order(
            replace(order, answers=answers, asked=asked), step.move, by, OrderDetails(), life.clock.now(), life.city
        )


def test_a_refusal_names_the_moves_that_are_open(life: Life):
    number = issue(life).number
    with pytest.raises(ImpossibleMove) as refused:
        go(life, number, "discharge", "supervisor", note="好")
    assert refused.value.reason.params["order_moves"] == ["withdraw"]


@pytest.mark.parametrize(
    ("login", "sees", "because"),
    [
        ("supervisor", True, "supervisors see them"),
        ("leader", True, "leaders see them"),
        ("auditor", True, "auditors see all"),
        ("handler_water", True, "the unit must answer"),
        ("handler_e1", False, "another unit's order is not theirs"),
        ("dispatcher", False, "it is not the dispatcher's matter"),
        ("agent", False, "nor the hotline's"),
        ("callback", False, "nor the callback's"),
    ],
)
def test_the_list_and_the_page_agree_on_who_sees_an_order(life: Life, login: str, sees: bool, because: str):
    order = issue(life)
    post = life.post(login)
    with connection.cursor() as cursor:
        listed = list_orders(cursor, life.city, post, OrderFilter(view="all"), life.clock.now(), None, 10).orders
    assert (may_see_order(post, order) is None) is sees, because
    assert bool(listed) is sees, because


# --- the limit --------------------------------------------------------------------------------------------------


def test_warnings_and_the_overdue_moment_are_each_told_once_and_in_order(life: Life):
    order = issue(life)
    life.clock.at = order.due_at + timedelta(days=2)
    assert fire_orders(lambda _: life.city, life.clock) == 3
    assert fire_orders(lambda _: life.city, life.clock) == 0
    told = entries_of(order)[1:]
    assert [e.move for e in told] == ["warn", "warn", "overdue"]
    assert [e.reason.get("params", {}).get("share") for e in told] == [50, 80, None]
    late = order_of(life, order.number)
    assert (late.overdue, late.fires_at, late.version) == (True, None, 1)
    assert told[-1].changes["moment"] == order.due_at.isoformat()
    assert verify_order(late, entries_of(late), order_seed(life.city.code, late)) == []


def test_a_warning_refuses_nobody_who_looked_before_it(life: Life):
    order = issue(life)
    life.clock.at = order.due_at - timedelta(minutes=1)
    fire_orders(lambda _: life.city, life.clock)
    assert go(life, order.number, "receive", "handler_water", version=order.version).state == "received"


def test_an_answer_after_the_limit_is_late_also_when_no_worker_told_it(life: Life):
    number = issue(life).number
    go(life, number, "receive", "handler_water")
    life.clock.at = at(6, 20)
    assert go(life, number, "reply", "handler_water", note="迟了").overdue
    assert fire_orders(lambda _: life.city, life.clock) == 0
    go(life, number, "discharge", "supervisor", note="下不为例")
    issue(life)
    with connection.cursor() as cursor:
        figures = count_orders(cursor, life.city, life.post("leader"), life.clock.now())
    assert (figures.open, figures.discharged, figures.on_time, figures.share) == (1, 1, 0, 0.0)


def test_an_answer_on_the_due_moment_is_in_time(life: Life):
    order = issue(life)
    go(life, order.number, "receive", "handler_water")
    life.clock.at = order.due_at
    assert not go(life, order.number, "reply", "handler_water", note="按时").overdue


def test_without_any_discharged_order_there_is_no_share(life: Life):
    with connection.cursor() as cursor:
        assert count_orders(cursor, life.city, life.post("leader"), life.clock.now()).share is None


# --- history ----------------------------------------------------------------------------------------------------


def test_two_who_move_at_once_only_the_first_wins(life: Life):
    order = issue(life)
    go(life, order.number, "receive", "handler_water", version=order.version)
    with pytest.raises(StaleVersion):
        go(life, order.number, "withdraw", "supervisor", note="撤", version=order.version)


@pytest.mark.parametrize("sql", ["UPDATE cases_order_entry SET by_login = 'x'", "DELETE FROM cases_order_entry"])
def test_the_database_refuses_to_change_the_history_of_an_order(life: Life, sql: str):
    issue(life)
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("field", "value", "because"),
    [
        ("state", "discharged", "a state no move gave it"),
        ("overdue", True, "a lateness nobody told"),
        ("due_at", at(9, 9), "a moment no entry names"),
        ("closed_by", "x", "a discharge nobody made"),
        ("seq", 7, "a history that ends elsewhere"),
    ],
)
def test_a_changed_row_is_found(life: Life, field: str, value: object, because: str):
    order = issue(life)
    seed = order_seed(life.city.code, order)
    assert verify_order(order_of(life, order.number), entries_of(order), seed) == []
    assert verify_order(replace(order, **{field: value}), entries_of(order), seed) != [], because


def test_a_changed_or_missing_entry_is_found(life: Life):
    order = issue(life)
    go(life, order.number, "receive", "handler_water")
    order, entries = order_of(life, order.number), entries_of(order)
    seed = order_seed(life.city.code, order)
    assert verify_order(order, entries, seed) == []
    assert verify_order(order, [entries[0], replace(entries[1], by_login="x")], seed) != []
    assert verify_order(order, [replace(entries[0], text="别的要求"), entries[1]], seed) != []
    assert verify_order(order, entries[:1], seed) != []
    assert verify_order(order, entries[1:], seed) != []


def test_a_walk_over_all_orders_finds_what_was_changed_and_what_is_gone(life: Life):
    numbers = [issue(life).number for _ in range(3)]
    go(life, numbers[0], "receive", "handler_water")

    def broken() -> list[str]:
        with connection.cursor() as cursor:
            return [b.number for b in broken_orders(cursor, life.city.id, life.city.code)]

    assert broken() == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_order SET overdue = true WHERE serial = 3")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_order_entry DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM cases_order_entry WHERE order_id = (SELECT id FROM cases_order WHERE serial = 2)")
        cursor.execute("DELETE FROM cases_order WHERE serial = 2")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_order_entry ENABLE TRIGGER USER")
    assert broken() == ["2026-3", "2026-2"]


# --- the table --------------------------------------------------------------------------------------------------


def test_every_row_of_the_table_speaks_known_words():
    for row in STEPS:
        assert row.move in ORDER_MOVES
        assert row.came_from <= ORDER_STATES.keys()
        assert row.to in {*ORDER_STATES, "=", "as the answers say"}
        assert set(row.when) <= GUARDS.keys()
        assert row.by <= ISSUERS | {Role.HANDLER}


def test_from_every_open_state_an_end_can_be_reached():
    for state in ("issued", "received", "sent_back", "replied"):
        assert any(row.to in ("discharged", "withdrawn") for row in STEPS if state in row.came_from), state


def test_nothing_moves_an_order_that_has_ended(life: Life):
    order = issue(life)
    for state in ("discharged", "withdrawn"):
        for login in ("supervisor", "leader", "handler_water"):
            steps = open_order_steps(replace(order, state=state), life.post(login), life.clock.now(), life.city)
            assert steps == []
