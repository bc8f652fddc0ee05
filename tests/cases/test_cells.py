"""Counts of open cases by cell are what a query over the cases gives, after every way of writing a case."""

from __future__ import annotations

import h3
import pytest
from django.db import connection
from tests.cases.life import HEAP, NOISE, NORTHEAST, SOUTHEAST, SOUTHWEST, Life

from cityloom.cases.cells import FINEST, Cell, areas_within, fold_cells, list_cells, recount_cells
from cityloom.city.values import Post, Role

pytestmark = pytest.mark.django_db
LEADER = Post("leader", Role.LEADER)


def cells(
    life: Life, res: int = FINEST, post: Post | None = LEADER, areas: tuple[str, ...] | None = None
) -> list[Cell]:
    with connection.cursor() as cursor:
        return list_cells(cursor, life.city, post, res, areas)


def from_rows(life: Life, res: int) -> dict[int, tuple[int, int, int]]:
    """The same, counted over the rows themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cell, overdue_raw::int, (urgency = 'urgent')::int FROM cases_case WHERE closed_at IS NULL "
            "AND cell IS NOT NULL AND NOT confidential AND complained_about = '{}'"
        )
        found: dict[int, tuple[int, int, int]] = {}
        for cell, overdue, urgent in cursor.fetchall():
            at = h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell), res))
            before = found.get(at, (0, 0, 0))
            found[at] = (before[0] + 1, before[1] + overdue, before[2] + urgent)
        return found


def as_counted(found: list[Cell]) -> dict[int, tuple[int, int, int]]:
    return {c.cell: (c.open, c.overdue, c.urgent) for c in found}


@pytest.mark.parametrize("res", [6, 7, 8, 9, 10])
def test_the_counts_are_what_the_cases_give_folded_or_not(life: Life, res: int):
    for place in (SOUTHEAST, SOUTHEAST, NORTHEAST, SOUTHWEST):
        life.report("hotline", by="agent", place=place, same_as=None)
    assert as_counted(cells(life, res)) == from_rows(life, res)
    assert fold_cells() > 0
    assert as_counted(cells(life, res)) == from_rows(life, res), "folding changes no number"
    life.report("resident", place=NORTHEAST)
    assert as_counted(cells(life, res)) == from_rows(life, res), "what is not folded yet counts too"
    assert sum(c.open for c in cells(life, res)) == sum(n for n, _, _ in from_rows(life, res).values()) > 0


def test_a_case_that_ends_is_counted_no_longer_and_the_empty_cell_goes(life: Life):
    life.report("hotline", by="agent")
    fold_cells()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET closed_at = opened_at")
    assert cells(life) == []
    fold_cells()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_cell_count")
        assert cursor.fetchone() == (0,)


def test_a_write_that_changes_no_count_appends_nothing(life: Life):
    life.report("hotline", by="agent")
    fold_cells()
    life.move("sign", "handler_e1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_cell_delta")
        assert cursor.fetchone() == (0,)


def test_what_is_confidential_or_about_a_unit_is_in_no_count(life: Life):
    life.report("hotline", by="agent", confidential=True)
    life.report("hotline", by="agent", complained_about=("street_e1",), words="窗口的人说话难听")
    assert cells(life) == []
    assert cells(life, 8) == []


def test_a_post_counts_only_its_area(life: Life):
    life.report("hotline", by="agent", place=SOUTHEAST)
    life.report("hotline", by="agent", place=SOUTHWEST)
    for area in life.city.areas.values():
        own = cells(life, 9, Post("leader", Role.LEADER, area=area.code))
        inside = areas_within(life.city, area.code)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM cases_case WHERE area = ANY(%s)", [list(inside)])
            assert sum(c.open for c in own) == cursor.fetchone()[0], area.code
        assert as_counted(cells(life, 9, LEADER, inside)) == as_counted(own)


def test_everybody_counts_what_stands_in_the_street_only(life: Life):
    life.report("hotline", by="agent", class_code=NOISE)
    assert cells(life, 9, None) == []
    life.report("grid_worker", by="collector", class_code=HEAP)
    assert [c.open for c in cells(life, 9, None)] == [1]


def test_a_handler_reaches_by_unit_and_has_no_counts_by_cell(life: Life):
    life.report("hotline", by="agent")
    assert cells(life, 9, life.post("handler_e1")) == []


def test_counting_anew_mends_what_was_written_with_the_triggers_off(life: Life):
    for place in (SOUTHEAST, NORTHEAST):
        life.report("hotline", by="agent", place=place)
    before = as_counted(cells(life))
    fold_cells()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_cell_count SET open = open + 5")
    assert as_counted(cells(life)) != before
    assert recount_cells() == len(before)
    assert as_counted(cells(life)) == before == from_rows(life, FINEST)
