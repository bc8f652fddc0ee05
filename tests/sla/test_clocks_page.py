"""The worked numbers of docs/clocks.md come out of the clocks."""

import pytest
from tests.sla.clock_calendars import CHINA, china

from cityloom.app.places import project_root
from cityloom.city.clock_values import AfterHours, ClockUnit, DueTime, Limit
from cityloom.sla.clocks import due_at

PAGE = (project_root() / "docs" / "clocks.md").read_text(encoding="utf-8")


def worked_numbers() -> list[list[str]]:
    section = PAGE.split("## Worked numbers")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| 20")]
    return [[cell.strip(" `") for cell in row] for row in rows]


def test_the_page_has_worked_numbers_for_every_unit():
    assert {row[2] for row in worked_numbers()} == {unit.value for unit in ClockUnit}


@pytest.mark.parametrize(("opened", "amount", "unit", "after_hours", "due_time", "due", "because"), worked_numbers())
def test_each_worked_number_of_the_page_is_what_the_clock_gives(
    opened, amount, unit, after_hours, due_time, due, because
):
    limit = Limit.parse(amount, unit, "", after_hours, due_time)
    assert due_at(china(opened), limit, CHINA).at == china(due), because


@pytest.mark.parametrize("word", [*ClockUnit, *AfterHours, *DueTime])
def test_every_word_of_a_limit_is_on_the_page(word):
    assert f"`{word}`" in PAGE
