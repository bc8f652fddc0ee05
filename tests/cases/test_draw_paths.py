"""The status tables drawn are the status tables: nothing is missing and nothing is added."""

from __future__ import annotations

import pytest

from cityloom.app.places import project_root
from cityloom.cases.draw_paths import FROM_EVERYWHERE, arcs_of, arrows_of, paths_markdown
from cityloom.city.paths import parse_paths

PATHS = parse_paths(None)


def test_the_page_of_the_docs_is_the_one_the_tables_make():
    kept = (project_root() / "docs" / "paths.md").read_text(encoding="utf-8")
    assert kept == paths_markdown(), "the tables changed; run `cityloom docs paths`"


@pytest.mark.parametrize("name", PATHS.paths)
def test_every_step_that_changes_the_state_is_drawn(name: str):
    path = PATHS.paths[name]
    drawn = {(a.start, move, a.end) for a in arrows_of(path) for move in a.moves}
    wanted = {
        (state, step.move, step.to)
        for state in path.states()
        for step in path.steps_from(state)
        if step.to not in ("=", state)
    }
    assert drawn == wanted


@pytest.mark.parametrize("name", PATHS.paths)
def test_the_picture_holds_every_arrow_and_no_two_arcs_lie_on_each_other(name: str):
    path = PATHS.paths[name]
    states, arcs = arcs_of(path)
    drawn = {(states[row], states[arc.end_row], arc.moves) for arc in arcs for row in arc.start_rows}
    assert drawn == {(a.start, a.end, a.moves) for a in arrows_of(path, FROM_EVERYWHERE)}
    for one in arcs:
        for other in arcs:
            beside = one is not other and not one.is_next and not other.is_next
            if beside and (one.is_forward, one.lane) == (other.is_forward, other.lane):
                assert one.span[1] <= other.span[0] or other.span[1] <= one.span[0]
