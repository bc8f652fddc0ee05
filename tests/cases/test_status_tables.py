"""The status tables are the single source: every path, state, move and role is answered as the table says."""

from __future__ import annotations

import pytest
from tests.cases.life import at

from cityloom.base.reasons import known_codes
from cityloom.cases.deciding import decide, open_steps
from cityloom.cases.errors import GuardHolds, ImpossibleMove, MissingNeed, NotAllowed
from cityloom.cases.permissions import SCOPE
from cityloom.cases.reasons import REASONS_OF
from cityloom.cases.values import Case, CaseFile, Details, Report, Task
from cityloom.city.paths import (
    CASE_MOVES,
    CASE_STATES,
    END_STATES,
    GUARDS,
    NEEDS,
    check_paths,
    parse_paths,
    standard_data,
)
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

PATHS = parse_paths(None).paths
NOW = at(6, 1)


def file_in(city: City, path: str, state: str) -> CaseFile:
    """A case of that path in that state, signed for by the southeast street office where a unit has it."""
    case = Case(
        id=1, city_id=city.id, number="c-1", path=path, state=state, nature="matter",
        source="warden" if path == "micro" else "resident", opened_at=NOW, city_version=city.version,
        class_code="hotline:0101", area="990101001001001",
        areas=("990100", "990101", "990101001", "990101001001", "990101001001001"), lead_unit="street_e1",
    )  # fmt: skip
    report = Report(1, city.id, 1, "resident", "received", "太吵", NOW, NOW)
    task = Task(1, city.id, 1, "street_e1", "lead", "sent", NOW)
    return CaseFile(case, (task,), (report,))


def post_of(role: Role) -> Post:
    return Post(f"some {role.value}", role, unit="street_e1" if role is Role.HANDLER else None)


@pytest.mark.parametrize("path", PATHS)
def test_every_state_move_and_role_is_answered_as_the_table_says(path: str, small_city: City) -> None:
    for state in CASE_STATES:
        file = file_in(small_city, path, state)
        rows_here = PATHS[path].steps_from(state)
        for move in CASE_MOVES:
            rows = [r for r in rows_here if r.move == move]
            for role in Role:
                asked = (path, state, move, role)
                try:
                    step = decide(file, move, post_of(role), Details(), NOW, small_city, owns=True)
                except ImpossibleMove as refused:
                    assert not rows, asked
                    possible = refused.reason.params["possible"]
                    assert set(possible) <= {r.move for r in rows_here}, asked
                except NotAllowed:
                    assert rows, asked
                    assert all(role not in r.by for r in rows), asked
                except (GuardHolds, MissingNeed):
                    assert any(role in r.by and (r.when or r.needs) for r in rows), asked
                else:
                    assert step in rows, asked
                    assert role in step.by, asked


@pytest.mark.parametrize("path", PATHS)
def test_a_page_offers_exactly_what_the_table_opens_to_a_post(path: str, small_city: City) -> None:
    told_later = {"reclassify", "relocate", "pass_on", "ask_up"}  # their guards look at what comes with the move
    of_another = {"take_in", "let_go"}  # made by a move of the case that comes or goes
    for state in PATHS[path].states():
        file = file_in(small_city, path, state)
        for role in Role:
            aside = told_later | of_another
            offered = {s.move for s in open_steps(file, post_of(role), NOW, small_city, owns=True)} - aside
            assert offered == _open_moves(file, post_of(role), small_city) - aside, (path, state, role)


def _open_moves(file: CaseFile, post: Post, city: City) -> set[str]:
    """The moves that are refused at most for something that did not come with them."""
    found = set()
    for move in CASE_MOVES:
        try:
            decide(file, move, post, Details(), NOW, city, owns=True)
        except MissingNeed:
            found.add(move)
        except (ImpossibleMove, NotAllowed, GuardHolds):
            continue
        else:
            found.add(move)
    return found


def test_every_path_reaches_an_end_from_every_state() -> None:
    assert check_paths(None) == []
    for path in PATHS.values():
        assert path.without_end() == (), path.name
        assert path.reachable() & END_STATES, path.name


def test_a_path_with_a_dead_end_is_named_with_its_state() -> None:
    data = standard_data()
    data["path"]["praise"]["step"] = []
    data["steps"]["common"] = []
    (problem,) = [p for p in check_paths(data) if p.where == "path.praise"]
    assert (problem.code, problem.params["state"]) == ("paths.no_end", "registered")


@pytest.mark.parametrize(
    ("table", "row", "word", "because"),
    [
        ("choose", {"path": "streat"}, "streat", "a path nobody has"),
        ("task", {"move": "sing", "from": ["sent"], "to": "signed", "by": ["handler"]}, "sing", "no such move"),
        ("report", {"move": "exempt", "from": ["recieved"], "to": "exempt", "by": []}, "recieved", "no such state"),
        ("task", {"move": "sign", "from": ["sent"], "to": "signed", "by": ["boss"]}, "boss", "no such role"),
    ],
)
def test_a_misspelt_word_is_named_with_the_nearest_known(table: str, row: dict, word: str, because: str) -> None:
    data = standard_data()
    data[table] = [row, *data[table]]
    found = [p.params.get("word") for p in check_paths(data)]
    assert word in found, because


def test_every_reason_a_form_offers_has_its_sentences() -> None:
    for move, codes in REASONS_OF.items():
        assert codes, move
        assert set(codes) <= known_codes(), move
    needing = {s.move for p in PATHS.values() for s in p.steps if "reason" in s.needs}
    assert needing - {"dispatch"} <= set(REASONS_OF), "a move that needs a reason has reasons to choose from"


def test_every_role_has_a_scope_and_every_guard_and_need_a_name() -> None:
    assert set(SCOPE) == set(Role)
    used_guards = {g for p in PATHS.values() for s in p.steps for g in s.when}
    used_needs = {n for p in PATHS.values() for s in p.steps for n in s.needs}
    assert used_guards <= set(GUARDS)
    assert used_needs <= set(NEEDS)
