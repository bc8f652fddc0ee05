"""What a desk lists is what its person can act on: each case that a list names, and no other, offers a next step."""

from __future__ import annotations

from dataclasses import replace

from django.db import connection
from django.db.backends.utils import CursorWrapper
from tests.cases.life import LAMP, NOISE, PARKING, SOUTHEAST, Life, photo
from tests.stories.lives import live_many

from cityloom.cases import models
from cityloom.cases.callbacks import why_not_independent
from cityloom.cases.deciding import open_steps
from cityloom.cases.filters import CaseFilter, View, parse_filter
from cityloom.cases.guard_rows import GUARD_ROWS
from cityloom.cases.keeping import get_file, list_entries
from cityloom.cases.offers import open_report_steps, open_task_steps
from cityloom.cases.queries import list_cases
from cityloom.cases.queries_callbacks import list_waiting
from cityloom.cases.queries_desk import count_waiting
from cityloom.cases.queries_inbox import Bounds, InboxFilter, list_inbox
from cityloom.cases.values import CaseFile, Report
from cityloom.cases.waiting import BESIDE_THE_WAY, steps_on_the_way
from cityloom.city.paths import END_STATES
from cityloom.city.values import Post, Role

MANY = 500
WORKED, SENT_BY_CALL = "handler_lighting", "handler_e1"


def live_desks(life: Life) -> list[CaseFile]:
    """A town of cases, among them every kind of work done that waits for a check, an answer or a callback."""
    live_many(life)
    for class_code in (LAMP, PARKING, NOISE):
        found = ("grid_worker", "collector") if class_code == LAMP else ("hotline", "agent")
        life.report(*found, class_code=class_code, place=SOUTHEAST, words="又一处")
        who = WORKED if class_code == LAMP else SENT_BY_CALL
        life.move("sign", who)
        if class_code != LAMP:
            life.move("contact", who, note="已联系")
        life.move("handle", who, note="已处理", pictures=[photo("teal")] if class_code == LAMP else [])
    life.move("reply", SENT_BY_CALL, note="已答复")
    life.call_back()
    life.move("reopen", "resident", owns=True, reason="reopened.callback_disputed")
    life.move("sign", SENT_BY_CALL)
    life.move("contact", SENT_BY_CALL, note="再联系")
    life.move("handle", SENT_BY_CALL, note="再处理")
    life.move("reply", SENT_BY_CALL, note="再答复")
    with connection.cursor() as cursor:
        return [get_file(cursor, life.city.id, n) for n in models.Case.objects.values_list("number", flat=True)]


def can_act(life: Life, post: Post, file: CaseFile) -> bool:
    """Whether a next step on the case's way, or one on the own unit's task beside the lead, is open to the post."""
    now = life.clock.now()
    beside = (t for t in file.tasks if t.role != "lead" and t.ended_at is None and t.unit in post.units)
    return (
        file.case.state not in END_STATES
        and any(s.move not in BESIDE_THE_WAY for s in open_steps(file, post, now, life.city))
    ) or any(open_task_steps(file, task, post, now, life.city) for task in beside)


def may_call(cursor: CursorWrapper, life: Life, post: Post, file: CaseFile, report: Report) -> bool:
    """Whether the post may call back about the report now, and is independent of the work."""
    steps = {step.move for step in open_report_steps(file, report, post, life.city)}
    history = list_entries(cursor, file.case.id)
    return "call_back" in steps and not why_not_independent(file, history, report.id, post, life.city.units)


def listed(life: Life, post: Post) -> set[str]:
    """The numbers of the cases that wait for the post."""
    asked = CaseFilter(View.WAITING, waits_for=post)
    with connection.cursor() as cursor:
        return {row.number for row in list_cases(cursor, life.city, post, asked, life.clock.now(), None, MANY).rows}


def test_every_desk_lists_and_counts_exactly_what_its_person_can_act_on(life: Life) -> None:
    files, now = live_desks(life), life.clock.now()
    checker, callback = life.post("checker"), life.post("callback")
    posts = [post for login in life.city.posts for post in life.city.posts_of(login, now.date())]
    posts += [
        replace(checker, login=WORKED),
        replace(checker, for_login=WORKED),
        replace(callback, login=SENT_BY_CALL),
    ]
    listed_by: dict[Role, int] = {}
    for post in posts:
        waiting = CaseFilter(View.WAITING, waits_for=post)
        with connection.cursor() as cursor:
            counted = sum(group.count for group in count_waiting(cursor, life.city, post, waiting, now))
            inbox = list_inbox(cursor, life.city, post, InboxFilter(), Bounds.at(now, life.city), None, MANY).rows
        acts = {file.case.number for file in files if can_act(life, post, file)}
        assert listed(life, post) == acts, post
        assert counted == len(acts) or post.role is Role.HANDLER, "a unit's work is counted at its inbox"
        if post.role is Role.HANDLER:
            assert {row.case.number for row in inbox} == acts, post
        listed_by[post.role] = max(len(acts), listed_by.get(post.role, 0))
    assert all(listed_by[role] for role in (Role.DISPATCHER, Role.SHIFT_LEAD, Role.CHECKER, Role.HANDLER)), listed_by
    seen = [listed(life, each) for each in (checker, *posts[-3:-1])]
    own = {f.case.number for f in files if f.lead and f.lead.done_by == WORKED and f.case.state == "handled"}
    assert own
    assert seen[1:] == [seen[0] - own] * 2, "who did the work does not check it, nor who stands in for them"
    for post in (callback, posts[-1], replace(callback, for_login=SENT_BY_CALL)):
        with connection.cursor() as cursor:
            told = {each.report_id for each in list_waiting(cursor, life.city, post, now)}
            assert told == {r.id for f in files for r in f.reports if may_call(cursor, life, post, f, r)}, post


def test_a_state_in_which_nothing_waits_is_looked_for_in_all_open_work(life: Life) -> None:
    post = life.post("dispatcher")
    assert parse_filter({"state": "signed"}, life.city, post).view is View.OPEN
    assert parse_filter({"state": "returned"}, life.city, post) == CaseFilter(View.WAITING, post, "returned")


def test_every_guard_on_the_way_is_known_to_lists_or_looks_at_what_comes_with_the_move(life: Life) -> None:
    guards = {
        word
        for path in life.city.paths.paths.values()
        for state in path.states()
        for role in Role
        if role is not Role.SYSTEM
        for step in steps_on_the_way(path, state, role)
        for word in step.when
    }
    assert guards - GUARD_ROWS.keys() == set()
