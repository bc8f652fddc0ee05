"""A report of an open matter goes into its case only when the city lets it; one of a closed matter is marked."""

from __future__ import annotations

from django.db import connection
from tests.cases.life import LAMP, NOISE, SOUTHEAST, Life
from tests.cases.people import with_settings

from cityloom.base.reasons import Reason
from cityloom.cases.keeping import get_file, list_entries
from cityloom.triage.values import Reading, Subject

NEXT_TO_IT = (SOUTHEAST[0] + 0.00005, SOUTHEAST[1])
FIRST = {"words": "路口工地夜里打桩，吵得睡不着", "name": "", "phone": ""}
SECOND = {"words": "工地夜里还在打桩，太吵了", "place": NEXT_TO_IT, "name": "", "phone": ""}


def merging(life: Life, at_least: float | None = 0.95) -> Life:
    more = {} if at_least is None else {"twin_merge": at_least}
    life.city = with_settings(life.city, limits={**life.city.settings.limits, **more})
    return life


def entries_of(number: str, life: Life):
    with connection.cursor() as cursor:
        return list_entries(cursor, get_file(cursor, life.city.id, number).case.id)


def test_a_sure_twin_is_merged_by_the_system_told_why_and_taken_apart_by_a_person(life: Life) -> None:
    merging(life)
    first = life.report("open311", **FIRST)
    second = life.report("open311", **SECOND)
    assert second.number == first.number
    assert len(second.file.reports) == 2
    assert len({r.tracking_hash for r in second.file.reports}) == 2, "each keeps its own code"
    took = entries_of(first.number, life)[-1]
    assert (took.move, took.by_role) == ("take_in", "system")
    life.number = took.reason["params"]["number"]
    merged = life.entries[-1]
    assert (life.file.case.state, merged.move, merged.by_role) == ("merged", "merge", "system")
    assert merged.reason["code"] == "merged.by_itself"
    assert "打桩" not in str(merged.reason), "the history keeps none of the words"
    told = Reading.from_json(second.file.reports[-1].reading).best(Subject.TWIN)
    assert (told.value, told.words) == (first.number, ("工地", "夜里", "打桩"))
    assert life.broken() == []
    life.move("unmerge", "dispatcher", reason="unmerged.other_matter")
    assert life.file.case.state == "dispatched"
    assert [r.id for r in life.file.reports] == [second.report_id]
    assert life.broken() == []


def test_nothing_is_merged_where_a_person_has_to_look(life: Life) -> None:
    life.report("open311", **FIRST)
    first = life.number
    for said, at_least, because in (
        (SECOND, None, "the city has set no confidence"),
        (SECOND, 1.0, "it is not as sure as the city asks"),
        (SECOND | {"is_another": True}, 0.95, "the reporter says that it is another matter"),
        (SECOND | {"confidential": True}, 0.95, "it is confidential"),
        (SECOND | {"hold": True}, 0.95, "an agent has it at the desk"),
        (SECOND | {"words": "路灯不亮", "class_code": LAMP}, 0.95, "it is another matter"),
    ):
        place = life.city
        assert merging(life, at_least).report("open311", **said).number != first, because
        life.city = place
        life.clock.advance(hours=30)
        life.report("open311", **FIRST)
        first = life.number


def test_where_the_path_knows_no_such_step_the_report_goes_its_usual_way(life: Life, monkeypatch) -> None:
    merging(life)
    first = life.report("open311", **FIRST).number
    monkeypatch.setattr("cityloom.cases.actions.receive_report.goes_alone", lambda *_: False)
    life.report("open311", **SECOND)
    assert (life.number != first, life.file.case.state) == (True, "dispatched")


def test_a_confidential_case_is_nobodys_twin(life: Life) -> None:
    merging(life)
    first = life.report("open311", **FIRST, confidential=True)
    second = life.report("open311", **SECOND)
    assert (second.number != first.number, second.twins) == (True, ())


def test_a_report_after_the_end_is_marked_as_a_repeat_with_the_reason(life: Life) -> None:
    first = life.report(phone="13800138000")
    for move in ("sign", "contact", "handle", "reply"):
        life.move(move, "handler_e1", note="已处理")
    life.call_back()
    life.clock.advance(hours=24 * 3)
    again = life.report(phone="138 0013 8000", place=None, words="又吵起来了")
    case = again.file.case
    assert (case.repeat_of, case.repeat_why["code"]) == (first.number, "repeat.person")
    assert life.entries[0].changes["repeat"]["code"] == "repeat.person"
    assert life.entries[0].changes["case"]["repeat_of"] == [None, first.number]
    assert life.broken() == []
    other = life.report(phone="13900139000", words="夜里施工很吵")
    assert other.file.case.repeat_why["code"] == "repeat.matter", "somebody else, the same point and words"
    assert Reason.from_json(other.file.case.repeat_why).params["metres"] == 0
    assert life.report(phone="13900139000", words="路灯不亮", class_code=LAMP).file.case.repeat_of is None
    life.clock.advance(hours=24 * 91)
    assert life.report(phone="13800138000", class_code=NOISE).file.case.repeat_of is None, "too long ago"
