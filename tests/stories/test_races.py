"""Two people move the same version at the same moment: exactly one wins, the other is told what changed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from tests.cases.life import ENQUIRY, NOISE, REFUSE, SOUTHWEST, UNLAWFUL, Life, at, photo

from cityloom.cases.errors import ImpossibleMove, StaleVersion

Prepare = Callable[[Life], object]


def _hotline(*moves: str) -> Prepare:
    def prepare(life: Life) -> None:
        life.report("hotline", by="agent", class_code=NOISE)
        for move in moves:
            life.move(move, "handler_e1", note="已办", reason="return.not_ours" if move == "return" else None)

    return prepare


def _desk(class_code: str = NOISE) -> Prepare:
    return lambda life: life.report("hotline", by="agent", class_code=class_code, hold=True)


def _street(*moves: str) -> Prepare:
    def prepare(life: Life) -> None:
        life.report("grid_worker", by="collector", class_code=REFUSE)
        for move in moves:
            life.move(move, "handler_east", note="已清", pictures=[photo()] if move == "handle" else ())

    return prepare


def _public(life: Life) -> None:
    life.report("resident", class_code=REFUSE)


def _nowhere(life: Life) -> None:
    life.report("hotline", by="agent", place=None)


def _closed(life: Life) -> None:
    _hotline("sign", "contact", "handle", "reply")(life)
    life.call_back()


LATER = at(9, 1)
_contacted = _hotline("sign", "contact")


def _deferred(life: Life) -> None:
    _contacted(life)
    life.move("defer", "handler_e1", reason="deferred.season", note="天冷", until=LATER)
    life.decide("grant", "shift")


def _listed(life: Life) -> None:
    _contacted(life)
    life.move("list", "handler_e1", reason="listed.no_funds", note="列入计划", until=LATER)
    life.decide("grant", "supervisor")


def _promised(life: Life) -> None:
    _contacted(life)
    life.move("promise_date", "handler_e1", note="修好", until=LATER)


def _with_partner(life: Life) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    life.move("hand_over", "dispatcher", reason="partner.their_duty", note="属邻市", partner="990200")
    life.decide("grant", "supervisor")


def _two(life: Life) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    life.other = life.number
    life.report("hotline", by="agent", class_code=NOISE)


def _merged(life: Life) -> None:
    _two(life)
    life.move("merge", "dispatcher", reason="merged.same_matter", case=life.other)


def _lamp(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code="gb2013:0137")
    life.move("sign", "handler_lighting")


RACES: list[tuple[str, Prepare, str, dict[str, object]]] = [
    ("verify", _public, "collector", {"note": "属实"}),
    ("not_accept", _desk(), "shift", {"reason": "not_accepted.outside_duty"}),
    ("answer", _desk(ENQUIRY), "agent", {"note": "已答"}),
    ("take_note", _desk("hotline:0902"), "agent", {"note": "记下"}),
    ("explain", _desk(UNLAWFUL), "agent", {"reason": "explained.other_route", "note": "告知"}),
    ("dispatch", _nowhere, "dispatcher", {"unit": "street_w2"}),
    ("sign", _hotline(), "handler_e1", {}),
    ("pass_on", _lamp, "handler_lighting", {"unit": "lighting_crew"}),
    ("contact", _hotline("sign"), "handler_e1", {"note": "已联系"}),
    ("assist", _hotline("sign"), "handler_e1", {"unit": "water_co", "reason": "assist.asked"}),
    ("object", _hotline("sign"), "handler_e1", {"reason": "object.not_our_duty", "note": "见职责清单"}),
    ("extend", _contacted, "handler_e1", {"reason": "extended.needs_time", "note": "量大", "amount": 2.0}),
    ("defer", _contacted, "handler_e1", {"reason": "deferred.season", "note": "天冷", "until": LATER}),
    ("list", _contacted, "handler_e1", {"reason": "listed.no_funds", "note": "列入计划", "until": LATER}),
    ("resume", _deferred, "handler_e1", {"note": "天暖了"}),
    ("review", _listed, "handler_e1", {"note": "进展", "until": LATER}),
    ("delist", _listed, "handler_e1", {"note": "已办结", "pictures": [photo()]}),
    (
        "ask_up",
        _contacted,
        "handler_e1",
        {"reason": "ask_up.beyond_powers", "note": "须市级协调", "unit": "urban_bureau"},
    ),
    ("urge", _hotline(), "agent", {}),
    ("whistle", _contacted, "handler_e1", {"reason": "whistle.residents", "note": "请到场", "units": ("water_co",)}),
    ("promise_date", _contacted, "handler_e1", {"note": "修好", "until": LATER}),
    ("keep_promise", _promised, "handler_e1", {"note": "已修好"}),
    (
        "hand_over",
        _hotline(),
        "dispatcher",
        {"reason": "partner.their_duty", "note": "属邻市", "partner": "990200"},
    ),
    ("hand_back", _with_partner, "dispatcher", {"reason": "partner.returned"}),
    ("partner_done", _with_partner, "dispatcher", {"note": "邻市已办"}),
    ("split", _hotline(), "dispatcher", {"reason": "split.two_matters", "class_code": "hotline:0102"}),
    ("merge", _two, "dispatcher", {"reason": "merged.same_matter", "case": "other"}),
    ("unmerge", _merged, "dispatcher", {"reason": "unmerged.other_matter"}),
    ("return", _hotline(), "handler_e1", {"reason": "return.not_ours"}),
    ("redispatch", _hotline("return"), "dispatcher", {"unit": "water_co", "reason": "adjudicated.redispatched"}),
    ("uphold", _hotline("return"), "dispatcher", {"reason": "adjudicated.upheld"}),
    ("handle", _hotline("sign", "contact"), "handler_e1", {"note": "已办"}),
    ("pass_check", _street("sign", "handle"), "checker", {"note": "已清"}),
    ("rework", _street("sign", "handle"), "checker", {"reason": "rework.not_done"}),
    ("reply", _hotline("sign", "contact", "handle"), "handler_e1", {"note": "答复"}),
    ("reopen", _closed, "supervisor", {"reason": "reopened.came_back"}),
    ("reclassify", _hotline(), "dispatcher", {"class_code": "hotline:0102", "reason": "corrected.class"}),
    ("relocate", _hotline(), "dispatcher", {"place": SOUTHWEST, "reason": "corrected.place"}),
    ("supplement", _hotline(), "agent", {"note": "补充"}),
    ("withdraw", _hotline(), "agent", {"reason": "withdrawn.by_resident"}),
    ("void", _hotline(), "shift", {"reason": "voided.mistake"}),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("move", "prepare", "by", "brought"), RACES, ids=[r[0] for r in RACES])
def test_of_two_at_once_exactly_one_wins(
    move: str, prepare: Prepare, by: str, brought: dict[str, object], life: Life
) -> None:
    prepare(life)
    if "case" in brought:
        brought = {**brought, "case": life.other}
    seen = life.file.case.version
    entries_before = len(life.entries)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def run() -> None:
        try:
            start.wait()
            life.move(move, by, version=seen, **brought)
            outcomes.append("won")
        except StaleVersion as refused:
            outcomes.append(f"told: {refused}")
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(o[:4] for o in outcomes) == ["told", "won"]
    assert move in next(o for o in outcomes if o.startswith("told")), "the other is told which move came first"
    assert [e.move for e in life.entries[entries_before:]].count(move) == 1
    assert life.broken() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verdict", ["grant", "refuse"])
def test_of_two_who_decide_a_request_exactly_one_wins(verdict: str, life: Life) -> None:
    _contacted(life)
    life.move("extend", "handler_e1", reason="extended.needs_time", note="量大", amount=1.0)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def run(by: str) -> None:
        try:
            start.wait()
            life.decide(verdict, by)
            outcomes.append("won")
        except (StaleVersion, ImpossibleMove, StopIteration):
            outcomes.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[by]) for by in ("shift", "dispatcher")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["told", "won"]
    assert life.file.case.extension_count == (1 if verdict == "grant" else 0)
    assert life.broken() == []


def test_every_move_a_person_makes_has_its_race() -> None:
    from cityloom.city.paths import parse_paths
    from cityloom.city.values import Role

    by_people = {s.move for p in parse_paths(None).paths.values() for s in p.steps if s.by - {Role.SYSTEM}}
    # taken by the system, or part of another act
    by_itself_first = {"file", "close", "join", "take_in", "let_go", "solve_on_spot"}
    assert by_people - {r[0] for r in RACES} == by_itself_first
