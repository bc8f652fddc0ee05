"""Known fields arrive pre-filled; whoever goes there confirms or corrects them, and old values stay readable."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from tests.cases.life import LAMP, Life, photo
from tests.cases.register_files import KEEPER, PHONE, ROWS, registers, rows

from cityloom.base.crypto import new_key
from cityloom.base.keys import vault
from cityloom.cases import models
from cityloom.cases.actions.answer_register_check import Trouble, answer_register_check
from cityloom.cases.actions.ask_register_check import ask_register_check
from cityloom.cases.actions.load_register import load_register
from cityloom.cases.actions.plan_register_checks import plan_register_checks
from cityloom.cases.errors import UnknownWord
from cityloom.cases.key_rotation import list_standing, may_retire, reseal
from cityloom.cases.queries_registers import figures_of, list_records, open_record_for, round_of
from cityloom.cases.register_checks import (
    Answer,
    CheckAnswered,
    NoSuchRecord,
    NoSuchRegister,
    NotYourCheck,
    Planned,
    Waiting,
    Worker,
    corrections_of,
    next_due,
    plan_rounds,
    walk_order,
)
from cityloom.cases.register_values import (
    BadValue,
    Record,
    RegisterField,
    RegisterNotUnderstood,
    clean_value,
    register_of,
    registers_of,
)
from cityloom.city.values import Name

SHOPS = registers()["shops"]


@pytest.fixture
def shops(life: Life) -> Life:
    """The small city with its register of shops."""
    load_register(life.city, SHOPS, rows(), "steward", life.clock)
    return life


def first_check(life: Life, login: str = "collector") -> int:
    """The first check of a person's round of today."""
    plan_register_checks(life.city, life.clock)
    return round_of(life.city, life.post(login), life.clock.now()).waiting[0].id


def answer(life: Life, check_id: int, outcome: str, by: str = "collector", **more: object):
    typed = more.pop("typed", {})
    given = Answer(outcome, typed, str(more.pop("note", "")))  # type: ignore[arg-type]
    return answer_register_check(life.city, check_id, given, life.post(by), life.clock, **more)  # type: ignore[arg-type]


def stored(code: str) -> models.RegisterRecord:
    return models.RegisterRecord.objects.get(kind="shops", code=code)


# --- the story --------------------------------------------------------------------------------------------------


def test_a_day_of_checks(shops: Life) -> None:
    life, collector = shops, shops.post("collector")
    assert plan_register_checks(life.city, life.clock) == 2 + 1, "two for each worker a day, as far as there are some"
    waiting, done = round_of(life.city, collector, life.clock.now())
    assert ([each.code for each in waiting], done) == (["s-1", "s-3"], 0), "the nearest follows, not the next number"

    _, record = open_record_for(life.city, waiting[0].id, collector, life.clock.now())
    assert record.values["shop"] == "老陈面馆"
    assert (record.values["phone"], record.values["area_m2"]) == (PHONE, "60.5")
    life.clock.advance(minutes=10)
    answer(life, waiting[0].id, "confirmed")
    life.clock.advance(minutes=10)
    check = answer(
        life,
        waiting[1].id,
        "corrected",
        typed={"trade": "空置", "phone": "13900001111"},
        note="已搬走",
        picture=photo(),
    )
    assert check.corrections == {"trade": ("零售", "空置")}, "what is personal is not told in the open"
    after = stored("s-3")
    assert (after.fields["trade"], after.verified_at, after.due_on) == ("空置", life.clock.now(), date(2026, 8, 30))
    assert models.RegisterCheck.objects.get(pk=check.id).photo
    assert round_of(life.city, collector, life.clock.now()) == ([], 2)
    assert plan_register_checks(life.city, life.clock) == 0, "the day is full"
    life.clock.advance(days=1)
    assert plan_register_checks(life.city, life.clock) == 1, "the next day brings what is left"
    assert figures_of(life.city, "shops", date(2026, 6, 2)).outcomes == {"confirmed": 1, "corrected": 1}


def test_a_department_asks_for_a_check_and_it_comes_first(shops: Life) -> None:
    life = shops
    plan_register_checks(life.city, life.clock)
    made = ask_register_check(
        life.city, "shops", ["s-2", "s-1"], life.post("handler_urban"), "火灾隐患排查", life.clock
    )
    assert made == 1, "s-1 waits in a round already"
    first, *_ = round_of(life.city, life.post("collector"), life.clock.now()).waiting
    assert (first.code, first.due_on) == ("s-2", date(2026, 6, 4))
    assert first.why.params["why"] == "火灾隐患排查"


def test_a_trouble_seen_there_becomes_a_case_with_the_place_filled_in_and_nothing_personal(shops: Life) -> None:
    life = shops
    check = answer(life, first_check(life), "confirmed", trouble=Trouble("门口路灯灭了", LAMP))
    life.number = check.case_number
    case = life.file.case
    assert (case.address, case.source, case.lead_unit, case.state) == (
        "望江路1号", "grid_worker", "lighting_co", "dispatched",
    )  # fmt: skip
    assert KEEPER not in str(life.file) + str(life.entries)


def test_a_trouble_that_cannot_be_reported_leaves_the_check_open(shops: Life) -> None:
    check_id = first_check(shops)
    with pytest.raises(UnknownWord):
        answer(shops, check_id, "confirmed", trouble=Trouble("坏了", "gb2013:9999"))
    assert models.RegisterCheck.objects.get(pk=check_id).outcome == ""
    assert stored("s-1").verified_at is None


def test_a_correction_outlives_a_load_that_says_nothing_new_and_yields_to_one_that_does(shops: Life) -> None:
    life = shops
    answer(life, first_check(life), "corrected", typed={"shop": "老陈牛肉面"})
    again = load_register(life.city, SHOPS, rows(), "steward", life.clock)
    assert (again.new, again.changed, again.same) == (0, 0, 4)
    assert stored("s-1").fields["shop"] == "老陈牛肉面"
    renamed = [ROWS[0].replace("老陈面馆", "陈记面馆").replace(PHONE, "13900002222"), *ROWS[1:]]
    renewed = load_register(life.city, SHOPS, rows(*renamed), "steward", life.clock)
    assert (renewed.changed, renewed.same) == (1, 3)
    assert stored("s-1").fields["shop"] == "陈记面馆"
    history = models.RegisterCheck.objects.filter(record=stored("s-1")).order_by("id")
    assert [(c.outcome, c.corrections) for c in history] == [
        ("corrected", {"shop": ["老陈面馆", "老陈牛肉面"]}),
        ("reloaded", {"shop": ["老陈牛肉面", "陈记面馆"]}),
    ]


def test_an_answered_check_is_never_changed_not_even_by_sql(shops: Life) -> None:
    check_id = first_check(shops)
    answer(shops, check_id, "corrected", typed={"phone": "13900003333"})
    for statement in (
        "UPDATE cases_register_check SET note = 'x' WHERE id = %s",
        "DELETE FROM cases_register_check WHERE id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [check_id])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_register_check SET sealed_corrections = NULL WHERE id = %s", [check_id])
        assert cursor.rowcount == 1, "what is personal in it may be erased"


@pytest.mark.parametrize(
    ("outcome", "state", "verified", "due", "because"),
    [
        ("confirmed", "current", True, date(2026, 8, 30), "90 days on"),
        ("gone", "gone", True, None, "what is gone is not looked for again"),
        ("not_found", "current", False, date(2026, 6, 8), "nobody met: tried again in a week"),
    ],
)
def test_what_an_answer_does_to_the_record(
    shops: Life, outcome: str, state: str, verified: bool, due: date | None, because: str
) -> None:
    answer(shops, first_check(shops), outcome)
    after = stored("s-1")
    assert (after.state, after.verified_at is not None, after.due_on) == (state, verified, due), because


def test_two_who_answer_at_once_the_first_counts(shops: Life) -> None:
    check_id = first_check(shops)
    answer(shops, check_id, "confirmed")
    with pytest.raises(CheckAnswered):
        answer(shops, check_id, "gone")
    assert stored("s-1").state == "current"


# --- who --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["collector2", "handler_urban", "dispatcher", "checker", "leader"])
def test_only_who_verifies_there_opens_and_answers(shops: Life, by: str) -> None:
    check_id = first_check(shops)
    with pytest.raises(NotYourCheck):
        open_record_for(shops.city, check_id, shops.post(by), shops.clock.now())
    with pytest.raises(NotYourCheck):
        answer(shops, check_id, "confirmed", by)
    assert not models.RegisterRead.objects.exists()


def test_every_opening_of_personal_fields_is_recorded_and_ends_with_the_answer(shops: Life) -> None:
    check_id, collector = first_check(shops), shops.post("collector")
    open_record_for(shops.city, check_id, collector, shops.clock.now())
    (read,) = models.RegisterRead.objects.all()
    assert (read.by_login, read.check_id, read.record_id) == ("collector", check_id, stored("s-1").pk)
    answer(shops, check_id, "confirmed")
    with pytest.raises(NotYourCheck):
        open_record_for(shops.city, check_id, collector, shops.clock.now())


def test_personal_fields_and_their_corrections_survive_a_change_of_keys(shops: Life, settings) -> None:
    old, new = new_key(), new_key()
    settings.CITYLOOM_DATA_KEY_FILE = None
    settings.CITYLOOM_DATA_KEYS = [old, *settings.CITYLOOM_DATA_KEYS]
    answer(shops, first_check(shops), "corrected", typed={"phone": "13900005555"})
    settings.CITYLOOM_DATA_KEYS = [new, *settings.CITYLOOM_DATA_KEYS]
    with connection.cursor() as cursor:
        assert not may_retire(list_standing(cursor))
    assert reseal() > 1
    settings.CITYLOOM_DATA_KEYS = [new]
    with connection.cursor() as cursor:
        assert may_retire(list_standing(cursor))
    assert "13900005555" in vault().open(bytes(stored("s-1").sealed))


def test_lists_and_tables_hold_nothing_personal_in_the_open(shops: Life) -> None:
    answer(shops, first_check(shops), "corrected", typed={"phone": "13900004444", "keeper": "上官新主"})
    listed = list_records(shops.city, "shops", shops.post("steward"))
    assert [row.record.code for row in listed] == ["s-1", "s-2", "s-3", "s-4"]
    text = str(listed)
    with connection.cursor() as cursor:
        for table in ("cases_register", "cases_register_record", "cases_register_check", "base_outbox"):
            cursor.execute(f"SELECT * FROM {table}")
            text += str([[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor.fetchall()])
    assert not [secret for secret in (KEEPER, PHONE, "13900004444", "上官新主") if secret in text]


@pytest.mark.parametrize(
    ("kind", "codes", "by", "error", "because"),
    [
        ("shops", ["s-1"], "handler_water", NotYourCheck, "another unit's register"),
        ("shops", ["s-1"], "collector", NotYourCheck, "who verifies does not ask"),
        ("shops", ["s-1", "s-9"], "supervisor", NoSuchRecord, "one code that is not there: nothing is asked"),
        ("shops", [], "supervisor", NoSuchRecord, "no code at all"),
        ("kiosks", ["s-1"], "supervisor", NoSuchRegister, "a register nobody loaded"),
    ],
)
def test_a_check_that_cannot_be_asked_for(
    shops: Life, kind: str, codes: list[str], by: str, error: type[Exception], because: str
) -> None:
    with pytest.raises(error):
        ask_register_check(shops.city, kind, codes, shops.post(by), "", shops.clock)
    assert not models.RegisterCheck.objects.exists(), because


# --- loading ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code", "because"),
    [
        (",无名店,零售,,,,110.001,30.001,\n", "register.no_code", "a record has a code"),
        ("s-1,又一店,零售,,,,110.001,30.001,\n", "register.code_twice", "a code is one record"),
        ("s-8,某店,酒吧,,,,110.001,30.001,\n", "register.bad_value", "a choice nobody offers"),
        ("s-8,某店,零售,,,很大,110.001,30.001,\n", "register.bad_value", "a number in words"),
        ("s-8,某店,零售,,,,东经,30.001,\n", "register.bad_place", "no degrees"),
        ("s-8,某店,零售,,,,0,0,\n", "error.outside_city", "another continent"),
        (f"s-8,{'长' * 501},零售,,,,110.001,30.001,\n", "register.too_long", "a novel for a name"),
    ],
)
def test_a_row_that_cannot_be_kept_is_told_and_the_others_are_kept(
    life: Life, line: str, code: str, because: str
) -> None:
    loaded = load_register(life.city, SHOPS, rows(*ROWS, line), "steward", life.clock)
    assert loaded.new == 4
    ((number, reason),) = loaded.refused
    assert (number, reason.code) == (6, code), because


A = {"name_zh": "甲"}
A_FIELD = {"a": A}


@pytest.mark.parametrize(
    ("table", "code", "because"),
    [
        ({"name_zh": "x"}, "register.key_missing", "no fields"),
        ({"fields": A_FIELD}, "register.key_missing", "no name"),
        (
            {"name_zh": "x", "by": "mayor", "fields": A_FIELD},
            "register.word_unknown",
            "no such role",
        ),
        (
            {"name_zh": "x", "every_days": 0, "fields": A_FIELD},
            "register.word_unknown",
            "every day 0",
        ),
        (
            {"name_zh": "x", "fields": {"a": {**A, "kind": "blob"}}},
            "register.word_unknown",
            "no such kind",
        ),
        (
            {"name_zh": "x", "fields": {"a": {**A, "kind": "choice"}}},
            "register.key_missing",
            "no choices",
        ),
        ({"name_zh": "x", "fields": {"a": "甲"}}, "register.key_missing", "a field is a table"),
    ],
)
def test_settings_of_a_register_that_make_no_sense_are_told(table: dict, code: str, because: str) -> None:
    with pytest.raises(RegisterNotUnderstood) as told:
        register_of("shops", table)
    assert told.value.reason.code == code, because


def test_a_file_without_registers_says_so_and_a_register_survives_being_stored() -> None:
    with pytest.raises(RegisterNotUnderstood, match=r"no \[register"):
        registers_of({}, "registers.toml")
    assert register_of("shops", SHOPS.as_json()) == SHOPS


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [("text", "  茶 ", "茶"), ("number", "60.50", "60.5"), ("number", "", ""), ("date", "2026-01-31", "2026-01-31"),
     ("text", None, ""), ("number", 12, "12")],
)  # fmt: skip
def test_a_value_is_kept_in_one_form(kind: str, typed: object, kept: str) -> None:
    assert clean_value(RegisterField("f", Name("甲", "A"), kind), typed) == kept


@pytest.mark.parametrize(("kind", "typed"), [("number", "nan"), ("number", "1e999"), ("date", "31.1.2026")])
def test_a_value_that_its_field_cannot_have_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(BadValue):
        clean_value(RegisterField("f", Name("甲", "A"), kind), typed)


# --- planning ---------------------------------------------------------------------------------------------------

EAST, FAR_EAST, WEST = (110.001, 30.001), (110.003, 30.001), (110.009, 30.003)


def due(number: int, place: tuple[float, float] | None = EAST, days_ago: int = 0, *areas: str) -> Waiting:
    lon, lat = place or (None, None)
    return Waiting(number, areas or ("city", "east"), lon, lat, date(2026, 6, 1) - timedelta(days=days_ago))


@pytest.mark.parametrize(
    ("waiting", "workers", "expected", "because"),
    [
        ([due(1), due(2, days_ago=9)], [Worker("a", None, 1)], [(2, "a")], "what has waited longest begins"),
        ([due(1, WEST), due(2, EAST, 5), due(3, FAR_EAST)], [Worker("a", None, 3)], [(2, "a"), (3, "a"), (1, "a")],
         "then the nearest"),
        ([due(1, None), due(2, EAST, 5), due(3, WEST)], [Worker("a", None, 3)], [(2, "a"), (3, "a"), (1, "a")],
         "what has no point comes last"),
        ([due(1, EAST, 0, "west")], [Worker("a", "east", 5)], [], "not in the worker's area"),
        ([due(1), due(2)], [Worker("b", "east", 1), Worker("a", "east", 5)], [(1, "a"), (2, "a")],
         "no record twice; logins in order"),
        ([due(1)], [Worker("a", None, 5), Worker("b", "east", 1)], [(1, "b")], "who has a small area comes first"),
        ([due(1)], [Worker("a", None, 0)], [], "a full day takes nothing"),
        ([], [Worker("a", None, 5)], [], "nothing waits"),
    ],
)  # fmt: skip
def test_rounds_are_planned(
    waiting: list[Waiting], workers: list[Worker], expected: list[tuple[int, str]], because: str
) -> None:
    planned = plan_rounds(waiting, workers)
    assert [(p.record_id, p.worker) for p in planned] == expected, because
    ranks: dict[str, list[int]] = {}
    for each in planned:
        ranks.setdefault(each.worker, []).append(each.rank)
    assert all(found == list(range(1, len(found) + 1)) for found in ranks.values())
    assert all(isinstance(p, Planned) for p in planned)


@pytest.mark.parametrize(
    ("stops", "start", "expected", "because"),
    [
        ([due(1, WEST), due(2, EAST), due(3, FAR_EAST)], None, [1, 3, 2], "from the first stop to the nearest"),
        ([due(1, WEST), due(2, EAST), due(3, FAR_EAST)], EAST, [2, 3, 1], "from where the last answer was given"),
        ([due(1, None), due(2, EAST)], EAST, [2, 1], "what has no point comes last"),
        ([], EAST, [], "nothing to walk to"),
    ],
)
def test_a_round_is_walked_to_the_nearest(
    stops: list[Waiting], start: tuple[float, float] | None, expected: list[int], because: str
) -> None:
    assert [stop.record_id for stop in walk_order(stops, start)] == expected, because


def test_a_register_due_each_day_is_tried_again_the_next_day() -> None:
    assert next_due("not_found", date(2026, 6, 1), 1) == date(2026, 6, 2)


@pytest.mark.parametrize(
    ("outcome", "typed", "expected", "because"),
    [
        ("corrected", {"shop": "新店", "trade": "零售"}, {"shop": ("旧店", "新店")}, "only what differs"),
        ("confirmed", {"shop": "旧店"}, {}, "as it says means as it says"),
        ("gone", {"shop": "新店"}, {}, "of what is gone nothing is corrected"),
        ("corrected", {"address": "2号"}, {"address": ("1号", "2号")}, "the address can be wrong too"),
    ],
)
def test_corrections_are_old_and_new(outcome: str, typed: dict, expected: dict, because: str) -> None:
    record = Record(
        1, "shops", "s", {"shop": "旧店", "trade": "零售"}, None, None, None, (), "1号", "current", None, None
    )
    assert corrections_of(Answer(outcome, typed), record, SHOPS) == expected, because


@pytest.mark.parametrize(
    ("outcome", "typed"),
    [("corrected", {"shop": "旧店"}), ("corrected", {}), ("confirmed", {"shop": "新店"}), ("sold", {})],
)
def test_an_answer_that_is_none_is_refused(outcome: str, typed: dict) -> None:
    record = Record(1, "shops", "s", {"shop": "旧店"}, None, None, None, (), "1号", "current", None, None)
    with pytest.raises(BadValue):
        corrections_of(Answer(outcome, typed), record, SHOPS)
