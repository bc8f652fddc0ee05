"""Which duty wins, and who assists."""

from datetime import date

import pytest

from cityloom.city.duty_table import ANYWHERE, DutyTable
from cityloom.city.values import Duty, Span

CLASSES = {"s:1": ("s:1",), "s:11": ("s:1", "s:11"), "s:12": ("s:1", "s:12")}
AREAS = {"city": ("city",), "north": ("city", "north"), "n1": ("city", "north", "n1"), "south": ("city", "south")}
DAY = date(2026, 6, 1)


def lead(pattern: str, area: str, unit: str, **more) -> Duty:
    return Duty(pattern, area, unit, "lead", **more)


def leads(rows: list[Duty], area: str = "n1", source: str = "", working: bool = True, on: date = DAY) -> list[str]:
    owed = DutyTable(rows, CLASSES, AREAS).owed("s:11", area, on, source, working)
    return sorted(duty.unit for duty in owed.leads)


BROAD = lead("s:*", ANYWHERE, "broad")
RANKINGS = [
    ([BROAD], ["broad"], "a duty for the whole scheme everywhere reaches all"),
    ([BROAD, lead("s:1", ANYWHERE, "parent")], ["parent"], "a parent class is more exact than the scheme"),
    ([lead("s:1", "n1", "parent"), lead("s:11", ANYWHERE, "own")], ["own"], "the class counts before the area"),
    ([lead("s:11", "city", "far"), lead("s:11", "north", "near")], ["near"], "the smaller area wins"),
    ([lead("s:11", ANYWHERE, "any"), lead("s:11", "city", "city")], ["city"], "the city is more than anywhere"),
    ([lead("s:11", "n1", "two", order=2), lead("s:11", "n1", "one", order=1)], ["one"], "the lower order wins"),
    ([lead("s:11", "n1", "a"), lead("s:11", "n1", "b")], ["a", "b"], "equal rows are an overlap"),
    ([lead("s:11", "n1", "a"), lead("s:11", "n1", "a")], ["a"], "one unit twice is none"),
    ([lead("s:12", "n1", "other")], [], "another class does not count"),
    ([lead("s:11", "south", "other")], [], "another area does not count"),
    ([lead("t:*", ANYWHERE, "other")], [], "another scheme does not count"),
    ([Duty("s:11", "n1", "helper", "assist")], [], "who assists does not lead"),
]


@pytest.mark.parametrize(("rows", "units", "because"), RANKINGS, ids=[row[2] for row in RANKINGS])
def test_the_most_exact_duty_leads(rows, units, because):
    assert leads(rows) == units, because


def test_a_duty_limited_to_a_source_wins_for_that_source_only():
    rows = [lead("s:11", "n1", "all"), lead("s:11", "n1", "sensors", source="sensor")]
    assert leads(rows, source="sensor") == ["sensors"]
    assert leads(rows, source="hotline") == ["all"]
    assert leads(rows) == ["all"]


def test_a_duty_limited_to_hours_wins_in_those_hours_only():
    rows = [lead("s:11", "n1", "always"), lead("s:11", "n1", "night", hours="off")]
    assert leads(rows, working=True) == ["always"]
    assert leads(rows, working=False) == ["night"]


@pytest.mark.parametrize(
    ("day", "units", "because"),
    [
        (date(2026, 6, 30), ["old"], "until is the last day"),
        (date(2026, 7, 1), ["new"], "from is the first day"),
    ],
)
def test_a_duty_counts_on_its_days(day, units, because):
    rows = [
        lead("s:11", "n1", "old", valid=Span(None, date(2026, 6, 30))),
        lead("s:11", "n1", "new", valid=Span(date(2026, 7, 1), None)),
    ]
    assert leads(rows, on=day) == units, because


def test_every_matching_assist_helps_once_and_never_beside_itself():
    rows = [
        lead("s:11", "n1", "first"),
        Duty("s:11", "n1", "helper", "assist"),
        Duty("s:1", ANYWHERE, "helper", "assist"),
        Duty("s:*", "city", "broad helper", "assist"),
        Duty("s:*", ANYWHERE, "first", "assist"),
        Duty("s:12", ANYWHERE, "other", "assist"),
    ]
    owed = DutyTable(rows, CLASSES, AREAS).owed("s:11", "n1", DAY, "", True)
    assert [duty.unit for duty in owed.assists] == ["helper", "broad helper"]


def test_areas_that_no_duty_names_share_the_answer_of_the_nearest_that_is_named():
    table = DutyTable([lead("s:11", "north", "x")], CLASSES, AREAS)
    assert [table.nearest_named(code) for code in ("n1", "north", "south")] == ["north", "north", ANYWHERE]
