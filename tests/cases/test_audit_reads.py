"""Every reading of personal data is logged; the auditor sees what is out of the ordinary about it."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.cases.life import at

from cityloom.app.places import project_root
from cityloom.cases.read_log import MANY, ReadFilter, Reading, list_reads, mark_unusual, on_day
from cityloom.cases.reporters import open_contacts

SRC = project_root() / "src" / "cityloom"

# Who opens what is sealed: the function → where the reading is logged, or why nobody reads a person's data there.
OPENERS = {
    "cases/reporters.py:_open_row": "logged in the same function, row by row",
    "cases/actions/correct_reporter.py:correct_reporter": "sealed again at once; an entry tells of it",
    "cases/originals.py:original_of": "open_words logs it by report; a person's own export is logged as such",
    "cases/rights.py:wish_of": "carried out and shown to nobody; the decision is an entry",
    "cases/relay.py:list_relay": "what handler and resident wrote for the other to read, addresses masked",
    "cases/relay.py:list_broken_relay": "compared with a digest, shown to nobody",
    "cases/register_rows.py:open_sealed": "open_record_for logs by note_read; who loads or answers seals again",
    "cases/key_rotation.py:_reseal_batch": "sealed again at once, shown to nobody",
    "cases/key_rotation.py:_reseal_messages": "sealed again at once, shown to nobody",
    "cases/key_rotation.py:_reseal_unmarked": "sealed again at once, shown to nobody",
    "cases/key_probe.py:opens_newest": "tries whether a key fits, shown to nobody",
    "sensing/fire_rows.py:open_contacts": "logged in the same function, by building",
    "base/sending.py:_deal_with": "the message goes to that address, shown to nobody here",
    "base/sending.py:_outgoing": "the message goes to the person, shown to nobody here",
    "base/messages.py:_kept": "shown masked",
    "web/provider.py:_opened": "the id token of who signs out, handed back to the provider that gave it",
    "exchange/actions/rotate_webhook_secret.py:rotate_webhook_secret": "a webhook's secret, sealed again at once",
    "exchange/webhooks/taking.py:_taken": "a webhook's secret, to sign with; shown to nobody",
    "city/second_factor.py:begin": "the secret of a code generator, shown to its owner",
    "city/second_factor.py:_take": "the secret of a code generator, shown to nobody",
}  # fmt: skip


def functions_with(words):
    """`file:function` and the tree of every function of a module that holds the words (no other is parsed)."""
    for module in SRC.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        if words in text:
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    yield f"{module.relative_to(SRC).as_posix()}:{node.name}", node


def openers():
    """`file:function` of every call of `.open` on a vault."""
    return {name for name, function in functions_with(".open(") if any(map(_opens_vault, ast.walk(function)))}


def _opens_vault(node):
    """`vault().open(…)`, or `.open(…)` of a name that a vault is kept under."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "open"):
        return False
    of = node.func.value
    if isinstance(of, ast.Call):
        return isinstance(of.func, ast.Name) and of.func.id == "vault"
    return isinstance(of, ast.Name) and of.id in ("safe", "vault")


def test_whoever_opens_sealed_data_is_known_with_the_log_of_the_reading():
    """A new one either logs the reading or says here why nobody reads a person's data there."""
    assert openers() == set(OPENERS)


def callers_of(called):
    """`file:function` of every call of a function of that name."""
    return {
        name
        for name, function in functions_with(f"{called}(")
        if any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == called
            for node in ast.walk(function)
        )
    }


def test_whoever_opens_the_sealed_fields_of_a_register_is_known_too():
    assert callers_of("open_sealed") == {
        "cases/register_rows.py:record_of",
        "cases/actions/load_register.py:_renew",
        "cases/actions/answer_register_check.py:_keep_record",
    }


# --- what is out of the ordinary --------------------------------------------------------------------------------

TZ = ZoneInfo("Asia/Shanghai")
ONE = Reading("reporter_read", 1, at(6, 1, 10), "agent", "callback_agent", "", "callback", "N1", ("phone",), True)


@pytest.mark.parametrize(
    ("changed", "count", "marks", "because"),
    [
        ({}, 1, (), "by day, one of few, followed by a callback"),
        ({}, MANY, ("many",), "so many on one day"),
        ({"at": at(6, 1, 22)}, 1, ("night",), "ten in the evening"),
        ({"at": at(6, 1, 5, 59)}, 1, ("night",), "before six in the morning"),
        ({"at": at(6, 1, 6)}, 1, (), "six in the morning is day"),
        ({"followed": False}, 1, ("alone",), "nothing was written on the case after it"),
        ({"followed": False, "at": at(6, 1, 23)}, MANY, ("many", "night", "alone"), "everything at once"),
        (
            {"by_role": "system", "at": at(6, 1, 3), "followed": False},
            MANY,
            (),
            "the system reads by rules of its own",
        ),
    ],
)
def test_what_is_unusual_about_a_reading(changed, count, marks, because):
    one = replace(ONE, **changed)
    (marked,) = mark_unusual([one], {("agent", one.at.astimezone(TZ).date()): count}, TZ, at(6, 3))
    assert marked.unusual == marks, because


def test_a_reading_of_an_hour_ago_may_still_be_followed_by_something():
    one = replace(ONE, followed=False)
    (marked,) = mark_unusual([one], {}, TZ, one.at + timedelta(hours=1))
    assert marked.unusual == ()


# --- read for real ----------------------------------------------------------------------------------------------


@pytest.fixture
def looked(life):
    """A case due its callback, whose number the callback agent looks at."""
    life.report()
    life.move("sign", "handler_e1")
    life.move("contact", "handler_e1", note="已联系")
    life.move("handle", "handler_e1", note="已劝止")
    life.move("reply", "handler_e1", note="已答复")
    life.clock.advance(hours=3)
    by = next(p for posts in life.city.posts.values() for p in posts if p.role == "callback_agent")
    open_contacts(life.file, by, "callback", life.clock)
    return life, by.login


def test_a_reading_is_listed_with_its_case_and_reason(looked):
    life, login = looked
    (one,) = list_reads(life.city, ReadFilter())
    assert (one.by_login, one.what, one.reason, one.at) == (login, life.number, "callback", life.clock.now())
    assert "phone" in one.fields


def test_a_reading_that_nothing_follows_stands_out_after_a_day(looked):
    life, _ = looked
    later = life.clock.now() + timedelta(days=2)
    assert list_reads(life.city, ReadFilter(), later)[0].unusual == ("alone",)
    life.clock.advance(minutes=5)
    life.call_back("yes", "satisfied")
    assert list_reads(life.city, ReadFilter(), later)[0].unusual == ()


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"person": "nobody"}, 0),
        ({"role": "callback_agent"}, 1),
        ({"role": "data_steward"}, 0),
        ({"number": "000000-0"}, 0),
    ],
)
def test_readings_are_found_by_person_case_and_role(looked, asked, count):
    life, _ = looked
    assert len(list_reads(life.city, ReadFilter(**asked))) == count


def test_readings_are_found_by_the_citys_day(looked):
    life, _ = looked
    tz = life.city.calendar().tz
    day = life.clock.now().astimezone(tz).date()
    assert len(list_reads(life.city, on_day(ReadFilter(), day, tz))) == 1
    assert list_reads(life.city, on_day(ReadFilter(), day + timedelta(days=1), tz)) == []
