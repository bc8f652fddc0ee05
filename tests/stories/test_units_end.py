"""Units merge and split while they have open work: it goes on with who took over, an entry on each case."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.cases.life import NOISE, NORTHEAST, PARKING, Life, at

from cityloom.app.commands.city import command as city_command
from cityloom.cases.actions import take_over_units as action
from cityloom.cases.actions.take_over_units import TakenOver, count_waiting, take_over_units
from cityloom.cases.queries_audit import broken_in, walk_cases
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.web.naming import Names

Load = Callable[..., None]
E1_ENDS = ("Southeast Street Office,990101001,,,", "Southeast Street Office,990101001,,2026-06-01,{heirs}")
HANDLER_ENDS = ("handler,street_e1,990101001,,", "handler,street_e1,990101001,,2026-06-01")
MERGED = {
    "units.csv": [(E1_ENDS[0], E1_ENDS[1].format(heirs="street_e2"))],
    "people.csv": [HANDLER_ENDS],
    "duties.csv": [("street_e1,lead", "street_e2,lead")],
}
NEW_OFFICE = "street_e1a,,street_office,东南一街道办,Southeast Street Office A,990101001,2026-06-02,,\n"
SPLIT = {
    "units.csv": [
        (E1_ENDS[0], E1_ENDS[1].format(heirs="street_e1a;street_e2")),
        ("street_e2,,street_office", NEW_OFFICE + "street_e2,,street_office"),
    ],
    "people.csv": [HANDLER_ENDS, ("handler_e2,", "handler_e1a,侯新,handler,street_e1a,,,\nhandler_e2,")],
    "duties.csv": [
        ("hotline:01,990101001,street_e1,lead", "hotline:0101,990101001,street_e1a,lead"),
        ("hotline:09,*", "hotline:0102,990101001,water_co,lead,,,,,,\nhotline:09,*"),
        ("990101001,street_e1,lead", "990101001,street_e1a,lead"),
    ],
}


@pytest.fixture
def folder(small_city_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_city_folder, tmp_path / "city"))


def edit(folder: Path, changes: dict[str, list[tuple[str, str]]]) -> None:
    for file, pairs in changes.items():
        text = (folder / file).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        (folder / file).write_text(text, encoding="utf-8")


@pytest.fixture
def load(life: Life, folder: Path) -> Load:
    """Edit the folder, load it, and let the life go on in it on the morning of 2 June."""

    def edit_and_load(changes: dict[str, list[tuple[str, str]]]) -> None:
        edit(folder, changes)
        load_city(folder, "test", life.clock.now())
        forget_cities()
        life.city = current_city("990100")
        life.clock.at = at(6, 2, 9)

    return edit_and_load


def verified(life: Life) -> bool:
    return not [b for batch in walk_cases(life.city.id) for b in broken_in(life.city.code, batch)]


def test_a_merged_units_case_stands_with_the_successor_where_it_stood(life: Life, load: Load) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    life.move("sign", "handler_e1")
    due = {kind: life.due(kind) for kind in life.running()}
    load(MERGED)
    assert count_waiting(life.city, life.clock.now()) == {"street_e1": 1}

    assert take_over_units(life.city, life.clock) == TakenOver(moved=1)
    case, lead = life.file.case, life.file.lead
    assert (case.state, case.lead_unit, lead.unit, lead.state) == ("signed", "street_e2", "street_e2", "signed")
    assert {kind: life.due(kind) for kind in life.running()} == due, "due moments stay"
    assert {c.owed_by for c in life.running().values()} == {"street_e2", "city"}
    last = life.entries[-1]
    assert (last.move, last.by_login, last.reason["code"]) == ("take_over", "system", "unit.merged")
    assert Names(life.city, "zh").reason(last.reason) == "东南街道办已撤并，由东北街道办承接"
    life.move("contact", "handler_e2", note="已联系")
    assert life.state == "contacted"
    assert verified(life)


def test_moving_again_finds_nothing_to_move(life: Life, load: Load) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    load(MERGED)
    take_over_units(life.city, life.clock)
    version = life.file.case.version
    assert take_over_units(life.city, life.clock) == TakenOver()
    assert count_waiting(life.city, life.clock.now()) == {}
    assert life.file.case.version == version


def test_a_unit_keeps_its_work_until_its_last_day_has_passed(life: Life, load: Load) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    load(MERGED)
    life.clock.at = at(6, 1, 23)
    assert take_over_units(life.city, life.clock) == TakenOver()
    assert life.file.case.lead_unit == "street_e1"


def test_after_a_split_the_duties_name_who_goes_on(life: Life, load: Load) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    load(SPLIT)
    assert take_over_units(life.city, life.clock) == TakenOver(moved=1)
    assert life.file.case.lead_unit == "street_e1a"
    assert life.entries[-1].reason["code"] == "unit.split"
    life.move("sign", "handler_e1a")
    assert verified(life)


@pytest.mark.parametrize("stage", ["dispatched", "signed", "contacted"])
def test_after_a_split_that_leaves_the_duty_elsewhere_a_dispatcher_decides(
    life: Life, load: Load, stage: str
) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    if stage != "dispatched":
        life.move("sign", "handler_e1")
    if stage == "contacted":
        life.move("contact", "handler_e1", note="已联系")
    load(SPLIT)
    assert take_over_units(life.city, life.clock) == TakenOver(queued=1)
    assert (life.state, life.file.case.lead_unit) == ("returned", None)
    last = life.entries[-1]
    assert (last.move, last.reason["code"]) == ("queue", "unit.split_open")
    assert "sign" not in life.running()
    assert "contact" not in life.running(), "nobody owes a step whose unit is gone"
    life.move("redispatch", "dispatcher", unit="street_e1a", reason="adjudicated.redispatched")
    life.move("sign", "handler_e1a")
    assert verified(life)


def test_an_assisting_task_moves_too_and_no_unit_assists_itself(life: Life, load: Load) -> None:
    life.report("hotline", by="agent", class_code=NOISE, place=NORTHEAST)
    life.move("assist", "handler_e2", unit="street_e1", reason="assist.asked")
    helped = life.number
    life.report("hotline", by="agent", class_code=NOISE)
    life.move("assist", "handler_e1", unit="street_e2", reason="assist.asked")
    led = life.number
    life.report("hotline", by="agent", class_code=NOISE, place=(110.0091, 30.0031))
    life.move("assist", "dispatcher", unit="street_e1", reason="assist.asked")
    third = life.number
    load(MERGED)

    assert take_over_units(life.city, life.clock) == TakenOver(moved=3)
    for number in (helped, led):
        life.number = number
        assert life.file.case.lead_unit == "street_e2"
        assert [t.state for t in life.file.assisting()] == ["cancelled"]
    life.number = third
    assert [(t.unit, t.state) for t in life.file.assisting()] == [("street_e2", "sent")]
    assert verified(life)


def test_an_assisting_task_for_which_nobody_is_named_stays_for_any_heir(life: Life, load: Load) -> None:
    life.report("hotline", by="agent", class_code=NOISE, place=(110.0091, 30.0031))
    life.move("assist", "dispatcher", unit="street_e1", reason="assist.asked")
    load(SPLIT)
    assert take_over_units(life.city, life.clock) == TakenOver(left=1)
    (task,) = life.file.assisting()
    assert task.unit == "street_e1"
    assert task.unit in life.post("handler_e2").units


def test_what_has_ended_stays_with_the_unit_that_did_it(life: Life, load: Load) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    life.move("sign", "handler_e1")
    life.move("contact", "handler_e1", note="已联系")
    life.move("handle", "handler_e1", note="已劝止")
    life.move("reply", "handler_e1", note="已答复")
    life.call_back()
    load(MERGED)
    assert take_over_units(life.city, life.clock) == TakenOver()
    assert (life.state, life.file.lead.unit) == ("closed", "street_e1")


def test_an_interrupted_move_is_finished_by_the_next_call(
    life: Life, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        life.report("hotline", by="agent", class_code=NOISE)
    load(MERGED)
    monkeypatch.setattr(action, "BATCH", 2)

    def stop_after_three(done: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_over_units(life.city, life.clock, stop_after_three)
    told: list[int] = []
    assert take_over_units(life.city, life.clock, told.append) == TakenOver(moved=2)
    assert told == [1, 2]
    assert verified(life)


def test_a_case_that_fails_holds_up_no_other(life: Life, load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [life.report("hotline", by="agent", class_code=NOISE).number for _ in range(3)]
    load(MERGED)
    real = action.take_over

    def broken_for_the_first(file, *rest):
        if file.case.number == numbers[0]:
            raise RuntimeError("a row nobody expected")
        return real(file, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(action, "take_over", broken_for_the_first)
        with pytest.raises(RuntimeError, match="nobody expected"):
            take_over_units(life.city, life.clock)
    assert count_waiting(life.city, life.clock.now()) == {"street_e1": 1}
    assert take_over_units(life.city, life.clock) == TakenOver(moved=1)


def test_loading_a_city_says_what_waits_and_what_was_moved(
    life: Life, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import contextlib

    monkeypatch.setattr("cityloom.app.ready.ready", contextlib.nullcontext)
    monkeypatch.setattr("cityloom.base.clock.clock_of_settings", lambda: life.clock)
    for _ in range(2):
        life.report("hotline", by="agent", class_code=NOISE)
    edit(folder, MERGED)
    life.clock.at = at(6, 2, 9)
    said = CliRunner().invoke(city_command, ["load", str(folder)]).output
    assert "990100: open cases of units that have ended: street_e1 2" in said
    assert "990100: 2 cases went to the successor, 0 to the dispatcher, 0 stay" in said
    again = CliRunner().invoke(city_command, ["load", str(folder), "--json"])
    assert json.loads(again.stdout)["taken_over"] == {"waiting": {}}
