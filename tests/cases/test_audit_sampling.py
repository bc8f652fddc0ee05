"""Drawing cases by a seed, the checklist of each, what auditors write down, and what they export."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace

import pytest
from django.db import connection
from tests.cases.life import LAMP, SOUTHEAST, at, photo

from cityloom.base.crypto import chain_hash
from cityloom.cases import models
from cityloom.cases.actions.draw_sample import draw_sample, note_sampled_case
from cityloom.cases.actions.export_audit import export_audit
from cityloom.cases.actions.sign_root import sign_root
from cityloom.cases.audit_keys import trusted_keys
from cityloom.cases.audit_roots import is_signed
from cityloom.cases.audit_verifying import verify_city
from cityloom.cases.errors import BadValue, NotAllowed
from cityloom.cases.queries_sample import check_sample, get_sample
from cityloom.cases.sampling import CHECKS, Asked, checklist, draw

NUMBERS = [f"260601-{n:05}" for n in range(200)]
WORDS, NAME, PHONE = "夜里施工很吵", "秦晓梅", "13800138000"


# --- the draw ---------------------------------------------------------------------------------------------------


def test_the_same_seed_draws_the_same_cases_in_whatever_order_they_come():
    assert draw("2026年6月", NUMBERS, 9) == draw("2026年6月", reversed(NUMBERS), 9)
    assert draw("2026年7月", NUMBERS, 9) != draw("2026年6月", NUMBERS, 9)


def test_more_cases_begin_with_the_same_ones():
    assert draw("s", NUMBERS, 20)[:9] == draw("s", NUMBERS, 9)


def test_the_draw_can_be_done_again_by_hand():
    by_hand = min(NUMBERS, key=lambda number: hashlib.sha256(f"s\0{number}".encode()).hexdigest())
    assert draw("s", NUMBERS, 1) == [by_hand]


def test_every_case_has_its_chance():
    drawn = {number for seed in range(300) for number in draw(str(seed), NUMBERS, 5)}
    assert drawn == set(NUMBERS)


# --- the checklist ----------------------------------------------------------------------------------------------


def closed(life):
    """A noise case handled, called back and closed."""
    life.report()
    life.clock.advance(hours=1)
    life.move("sign", "handler_e1")
    life.move("contact", "handler_e1", note="已联系")
    life.clock.advance(hours=2)
    life.move("handle", "handler_e1", note="已劝止")
    life.move("reply", "handler_e1", note="已答复")
    life.clock.advance(hours=20)
    life.call_back("yes", "satisfied")


def states(life, **changed):
    given = {"file": life.file, "entries": life.entries, "photographers": (), "broken": False} | changed
    path = life.city.paths.paths[given["file"].case.path]
    return {check.what: check.state for check in checklist(path=path, **given)}


def test_a_case_that_went_well_has_nothing_to_say_no_to(life):
    closed(life)
    told = states(life)
    assert set(told) == set(CHECKS)
    assert "no" not in told.values()
    assert (told["chain"], told["callback"], told["clocks"]) == ("yes", "yes", "yes")


def test_a_broken_chain_is_said(life):
    closed(life)
    assert states(life, broken=True)["chain"] == "no"


def test_a_closed_case_nobody_called_about_is_said(life):
    closed(life)
    silent = replace(life.file, reports=tuple(replace(r, solved=None) for r in life.file.reports))
    assert states(life, file=silent)["callback"] == "no"


def test_a_clock_that_runs_on_after_the_end_is_said(life):
    closed(life)
    clocks = tuple(replace(c, state="running") for c in life.file.clocks if c.kind != "reopen")
    assert states(life, file=replace(life.file, clocks=clocks))["clocks"] == "no"


def test_a_promise_broken_and_not_counted_is_said(life):
    closed(life)
    case = replace(life.file.case, overdue_raw=False)
    clocks = tuple(replace(c, kind="promise", due_at=c.started_at) for c in life.file.clocks if c.stopped_at)
    assert states(life, file=replace(life.file, case=case, clocks=clocks))["clocks"] == "no"


def test_a_move_that_needs_a_photo_has_one_from_who_made_it(life):
    life.report(class_code=LAMP, source="grid_worker", by="collector", photos=(photo(),), place=SOUTHEAST)
    path = life.city.paths.paths[life.file.case.path]
    needing = next(s.move for s in path.steps if "photo" in s.needs)
    entry = replace(life.entries[-1], move=needing, subject="case", by_login="lamps")
    assert states(life, entries=[entry], photographers=("lamps",))["photos"] == "yes"
    assert states(life, entries=[entry], photographers=("somebody",))["photos"] == "no"


def test_a_move_that_needs_a_reason_has_one(life):
    life.report()
    life.move("return", "handler_e1", reason="return.not_ours", note="不属我街道")
    assert states(life)["reasons"] == "yes"
    bare = [replace(e, reason={}) for e in life.entries]
    assert states(life, entries=bare)["reasons"] == "no"


# --- drawn for real ---------------------------------------------------------------------------------------------


@pytest.fixture
def drawn(life):
    for hour in range(5):
        life.clock.at = at(6, 1, 9 + hour)
        life.report()
    life.clock.at = at(6, 2)
    life.report()
    sign_root(life.city, life.clock)
    asked = Asked(3, begins=at(6, 1).date(), ends=at(6, 1).date())
    return draw_sample(life.city, "第一次抽查", asked, life.post("auditor"), life.clock)


def test_a_sample_says_out_of_how_many_and_under_which_root(drawn, life):
    assert (drawn.found, len(drawn.numbers), drawn.root_serial) == (5, 3, 1)
    assert get_sample(life.city, drawn.id) == drawn
    assert [c.number for c in check_sample(life.city, drawn)] == list(drawn.numbers)


@pytest.mark.parametrize(
    ("seed", "count", "error"),
    [("", 3, BadValue), ("s" * 101, 3, BadValue), ("s", 0, BadValue), ("s", 1001, BadValue)],
)
def test_a_draw_that_makes_no_sense_is_refused_and_nothing_kept(life, seed, count, error):
    with pytest.raises(error):
        draw_sample(life.city, seed, Asked(count), life.post("auditor"), life.clock)
    assert models.AuditSample.objects.count() == 0


@pytest.mark.parametrize("login", ["leader", "supervisor", "admin", "agent", "handler_e1"])
def test_only_an_auditor_draws_notes_and_exports(drawn, life, login):
    by = life.post(login)
    with pytest.raises(NotAllowed):
        draw_sample(life.city, "s", Asked(1), by, life.clock)
    with pytest.raises(NotAllowed):
        note_sampled_case(life.city, drawn.id, drawn.numbers[0], "fine", "", by, life.clock)
    with pytest.raises(NotAllowed):
        export_audit(life.city, by, life.clock, "csv", drawn.id)


def test_a_later_note_stands_beside_the_earlier_one(drawn, life):
    number, by = drawn.numbers[0], life.post("auditor")
    note_sampled_case(life.city, drawn.id, number, "question", "回访时间存疑", by, life.clock)
    note_sampled_case(life.city, drawn.id, number, "fine", "已核实", by, life.clock)
    checked = next(c for c in check_sample(life.city, drawn) if c.number == number)
    assert [n.result for n in checked.notes] == ["question", "fine"]


@pytest.mark.parametrize(("number", "result"), [("000000-0", "fine"), (None, "perfect")])
def test_a_note_about_another_case_or_with_another_result_is_refused(drawn, life, number, result):
    with pytest.raises(BadValue):
        note_sampled_case(
            life.city, drawn.id, number or drawn.numbers[0], result, "", life.post("auditor"), life.clock
        )


def test_a_case_that_vanished_after_it_was_drawn_fails_its_check(drawn, life):
    gone = drawn._replace(numbers=("000000-0",))
    (checked,) = check_sample(life.city, gone)
    assert [tuple(c) for c in checked.checks] == [("chain", "no")]


# --- exports ----------------------------------------------------------------------------------------------------


def test_an_export_is_signed_and_recorded_and_stands_under_the_next_root(drawn, life):
    done = export_audit(life.city, life.post("auditor"), life.clock, "json", drawn.id)
    told = done.signature
    assert told["sha256"] == hashlib.sha256(done.content).hexdigest()
    row = models.AuditExport.objects.get()
    digest = chain_hash(
        b"cityloom audit export", [life.city.code, "sample", 3, told["sha256"], "auditor", told["at"]]
    )
    assert is_signed(digest, bytes(row.signature), row.key)
    assert row.key in trusted_keys()
    sign_root(life.city, life.clock)
    assert verify_city(life.city.id, life.city.code, trusted_keys()).findings == ()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_audit_export DISABLE TRIGGER cases_audit_export_only_grows")
    models.AuditExport.objects.all().delete()
    (found,) = verify_city(life.city.id, life.city.code, trusted_keys()).findings
    assert (found.kind, found.number, found.root) == ("audit_export", str(row.pk), 2)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_no_export_holds_what_tells_who_reported(drawn, life, form):
    by = life.post("auditor")
    for done in (
        export_audit(life.city, by, life.clock, form, drawn.id),
        export_audit(life.city, by, life.clock, form),
    ):
        text = done.content.decode("utf-8-sig")
        assert not any(secret in text for secret in (WORDS, NAME, PHONE))


def test_a_sample_as_a_table_has_a_column_for_each_check(drawn, life):
    note_sampled_case(life.city, drawn.id, drawn.numbers[0], "fault", "=1+1", life.post("auditor"), life.clock)
    done = export_audit(life.city, life.post("auditor"), life.clock, "csv", drawn.id)
    rows = list(csv.DictReader(io.StringIO(done.content.decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == list(drawn.numbers)
    assert set(CHECKS) <= set(rows[0])
    assert rows[0]["result"] == "fault"
    assert json.loads(export_audit(life.city, life.post("auditor"), life.clock, "json", drawn.id).content)


def test_an_export_in_another_form_is_refused(drawn, life):
    with pytest.raises(BadValue):
        export_audit(life.city, life.post("auditor"), life.clock, "xls", drawn.id)
