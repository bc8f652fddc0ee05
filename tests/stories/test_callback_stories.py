"""Hard callbacks lived from end to end: nobody answers, a link of an earlier round, an outcome that is disputed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.cases.life import SHANGHAI, Life, at

from cityloom.base.message_rules import MessageRules
from cityloom.base.sending import Outgoing, send_messages
from cityloom.cases.actions.answer_callback_link import answer_callback_link
from cityloom.cases.actions.invite_callbacks import invite_callback
from cityloom.cases.actions.move_report import move_report
from cityloom.cases.callback_links import LinkOver
from cityloom.cases.errors import NotAllowed
from cityloom.cases.values import Details, Outcome
from cityloom.city.values import Post, Role

RULES = MessageRules(zone=SHANGHAI, signed_zh="小城")


class Phones:
    """What arrived on everybody's phones."""

    def __init__(self) -> None:
        self.got: list[Outgoing] = []

    def send(self, message: Outgoing) -> str:
        self.got.append(message)
        return f"taken-{len(self.got)}"

    @property
    def last_code(self) -> str:
        found = re.search(r"/c/(\w+)/", self.got[-1].text.body)
        assert found is not None
        return found.group(1)


def replied(life: Life, **said: Any) -> None:
    life.report("hotline", by="agent", consents=("callback", "sms"), **said)
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已办")


def done_again(life: Life) -> None:
    for move in ("handle", "reply"):
        life.move(move, "handler_e1", note="再次处置")


def sent(life: Life, phones: Phones) -> int:
    return send_messages({"sms": phones}, life.clock, lambda _: RULES)


def test_nobody_answers_until_a_link_written_at_night_arrives_in_the_morning(life: Life):
    phones = Phones()
    replied(life)
    life.move_report("attempt_callback", "callback", outcome=Outcome("no_answer"))
    life.clock.at = at(6, 1, 20, 50)
    life.move_report("attempt_callback", "callback", outcome=Outcome("busy"))
    life.clock.at = at(6, 1, 21, 10)
    invite_callback(life.city, life.number, life.file.reports[0].id, life.post("callback"), life.clock)
    sent(life, phones)
    assert phones.got == [], "nobody is woken up"
    life.clock.at = at(6, 2, 8)
    sent(life, phones)
    answer_callback_link(life.city, phones.last_code, Outcome("yes", "yes", "basically", "yes"), "", life.clock)
    assert life.state == "closed"
    assert life.moves[-5:] == ["attempt_callback", "attempt_callback", "invite_callback", "call_back", "close"]
    report = life.file.reports[0]
    assert (report.callback_attempts, report.callback_channel, report.contacted) == (3, "link", "yes")
    assert life.broken() == []


def test_not_solved_by_link_goes_back_to_work_and_the_second_round_asks_anew(life: Life):
    phones = Phones()
    replied(life)
    report_id, agent = life.file.reports[0].id, life.post("callback")
    invite_callback(life.city, life.number, report_id, agent, life.clock)
    sent(life, phones)
    first = phones.last_code
    unsolved = Outcome("yes", "no", "unsatisfied", "no", "not_solved")
    answer_callback_link(life.city, first, unsolved, "还在响", life.clock)
    assert life.file.case.rework_count == 1
    life.clock.advance(hours=3)
    done_again(life)
    invite_callback(life.city, life.number, report_id, agent, life.clock)
    sent(life, phones)
    assert phones.last_code != first
    with pytest.raises(LinkOver):
        answer_callback_link(life.city, first, Outcome("yes", "yes", "satisfied"), "", life.clock)
    answer_callback_link(life.city, phones.last_code, Outcome("yes", "yes", "satisfied", "yes"), "", life.clock)
    assert life.state == "closed"
    assert [e.changes["callback"].get("why") for e in life.entries if e.move == "call_back"] == ["not_solved", None]
    assert life.broken() == []


def test_a_disputed_callback_is_made_again_by_somebody_else_and_both_stand_in_the_history(life: Life):
    replied(life)
    life.call_back("yes", "satisfied")
    assert life.state == "closed"
    report_id = life.file.reports[0].id
    life.clock.advance(days=1)
    life.move(
        "reopen", "resident", reason="reopened.callback_disputed", note="没有人给我打过电话", owns=True,
        report_id=report_id,
    )  # fmt: skip
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="重新办理")
    with pytest.raises(NotAllowed):
        life.call_back("yes", "satisfied")
    other = Post("callback2", Role.CALLBACK_AGENT, "hotline")
    heard = Details(outcome=Outcome("yes", "yes", "satisfied", "no"))
    version = life.file.case.version
    move_report(life.city, life.number, report_id, "call_back", other, heard, life.clock, version=version)
    assert [e.by_login for e in life.entries if e.move == "call_back"] == ["callback", "callback2"]
    assert life.state == "closed"
    assert life.broken() == []
