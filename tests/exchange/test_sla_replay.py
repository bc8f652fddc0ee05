"""Our clocks held against a record, first a made one, then the real one of Boston."""

import csv
import gzip
import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cityloom.app.places import project_root
from cityloom.city.clock_values import WorkCalendar, WorkHours
from cityloom.city.values import Name, Span, Standard, Urgency
from cityloom.exchange.sla_replay import EXPLANATIONS, Cause, PromiseRow, compare_ontime, compare_target
from cityloom.exchange.slugs import slug

ZONE = ZoneInfo("America/New_York")
CALENDAR = WorkCalendar("America/New_York", (WorkHours.parse("08:30-17:00"),), 2011, 2012)
BOSTON = project_root() / "examples" / "boston311"
FLAGS = {"ONTIME": True, "OVERDUE": False, "": None}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def standard(code: str, limit: float | None, unit: str | None = "work_day", **more) -> Standard:
    nothing = Name("", "")
    return Standard(
        code, f"t:{code}", nothing, Urgency.ORDINARY, limit, unit, **{"after_hours": "after_closing"} | more
    )


STANDARDS = [
    standard("lamp", 10),
    standard("sign", 10),
    standard("notice", None, None),
    standard("tree", 30, "natural_day", after_hours="", valid=Span(end=date(2011, 7, 31))),
    standard("tree", 60, "natural_day", after_hours="", valid=Span(start=date(2011, 8, 1))),
    standard("hole", 5, default=False),
    standard("hole", 2, default=True),
]


def row(code: str, opened: str, target: str | None, source_id: str = "1") -> PromiseRow:
    return PromiseRow(source_id, f"t:{code}", local(opened), local(target) if target else None)


@pytest.mark.parametrize(
    ("code", "opened", "target", "because"),
    [
        ("lamp", "2011-07-12 09:43:05", "2011-07-26 09:43:05", "ten working days"),
        ("lamp", "2011-07-12 09:43:05", "2011-07-26 09:41:10", "two minutes of difference are none"),
        ("lamp", "2011-07-12 18:43:05", "2011-07-27 08:30:00", "opened after closing time"),
        ("hole", "2011-07-12 09:43:05", "2011-07-14 09:43:05", "the default row of a class with several"),
        ("tree", "2011-07-31 09:43:05", "2011-08-30 09:43:05", "the row in force on the day of opening"),
        ("tree", "2011-08-01 09:43:05", "2011-09-30 09:43:05", "and the one that followed it"),
    ],
)
def test_a_target_that_our_clock_would_have_set_is_met(code, opened, target, because):
    found = compare_target([row(code, opened, target)], STANDARDS, CALENDAR)
    assert (found.total.cases, found.total.within, found.groups) == (1, 1, ()), because


@pytest.mark.parametrize(
    ("code", "opened", "target", "cause", "fits", "because"),
    [
        ("bench", "2011-07-12 09:43:05", "2011-07-26 09:43:05", Cause.NO_STANDARD, "", "no such class"),
        ("notice", "2011-07-12 09:43:05", "2011-07-26 09:43:05", Cause.NO_LIMIT, "", "promises nothing"),
        ("lamp", "2011-07-12 09:43:05", "2011-07-26 09:20:00", Cause.LOGGED_LATER, "", "23 minutes before ours"),
        ("lamp", "2011-07-12 09:43:05", "2012-02-01 08:00:00", Cause.SET_BY_HAND, "", "a whole minute"),
        ("lamp", "2011-07-12 09:43:00", "2012-02-01 08:00:00", Cause.SET_BY_HAND, "", "and no limit gives it"),
        (
            "sign",
            "2011-07-12 18:43:05",
            "2011-07-14 18:43:05",
            Cause.OTHER_LIMIT,
            "2 work_day same_time",
            "as if the limit were two days, whatever the hour",
        ),
        (
            "sign",
            "2011-08-12 18:43:05",
            "2011-10-11 18:43:05",
            Cause.OTHER_LIMIT,
            "60 natural_day same_time",
            "the limit of another class",
        ),
        ("lamp", "2011-07-12 09:43:05", "2011-07-29 11:11:11", Cause.UNEXPLAINED, "", "nothing fits"),
    ],
)
def test_a_target_that_differs_is_grouped_by_its_cause(code, opened, target, cause, fits, because):
    found = compare_target([row(code, opened, target)], STANDARDS, CALENDAR)
    group = found.groups[0]
    assert (group.class_code, group.cause, group.fits, group.cases) == (f"t:{code}", cause, fits, 1), because
    assert found.by_cause == {cause: 1}


def test_the_comparison_counts_by_month_of_opening_and_puts_the_largest_group_first():
    rows = [
        row("lamp", "2011-07-12 09:43:05", "2011-07-26 09:43:05", "a"),
        row("lamp", "2011-08-12 09:43:05", "2012-07-26 09:43:00", "b"),
        row("bench", "2011-08-12 09:43:05", "2012-07-26 09:43:00", "c"),
        row("bench", "2011-08-13 09:43:05", "2012-07-26 09:43:00", "d"),
        row("bench", "2011-08-14 09:43:05", None, "no target, not counted"),
    ]
    figures = compare_target(rows, STANDARDS, CALENDAR).figures()
    assert figures["by_month"] == {
        "2011-07": {"cases": 1, "within": 1, "share": 1.0},
        "2011-08": {"cases": 3, "within": 0, "share": 0.0},
    }
    assert [(group["class"], group["cases"], group["examples"]) for group in figures["groups"]] == [
        ("t:bench", 2, ["c", "d"]),
        ("t:lamp", 1, ["b"]),
    ]
    assert json.loads(json.dumps(figures)) == figures


def test_nothing_to_compare_gives_no_share_rather_than_a_perfect_one():
    assert compare_target([], STANDARDS, CALENDAR).total.share is None
    assert compare_ontime([]).figures()["share"] is None


def test_every_cause_has_an_explanation_in_both_languages():
    assert set(EXPLANATIONS) == set(Cause)
    assert all(zh and en for zh, en in EXPLANATIONS.values())


@pytest.mark.parametrize(
    ("closed", "flag", "counts", "because"),
    [
        ("2011-07-26 09:43:05", True, (1, 1, 0), "closed on the target is on time"),
        ("2011-07-26 09:43:06", True, (1, 0, 0), "a second later is not"),
        ("2011-07-26 09:43:06", False, (1, 1, 0), "and the record says so"),
        ("2011-07-26 09:43:06", None, (0, 0, 1), "without a flag there is nothing to agree with"),
        (None, True, (0, 0, 0), "without a close neither"),
    ],
)
def test_the_recorded_flag_is_held_against_close_and_target(closed, flag, counts, because):
    opened, target = local("2011-07-12 09:43:05"), local("2011-07-26 09:43:05")
    found = compare_ontime([PromiseRow("1", "t:lamp", opened, target, closed and local(closed), flag)])
    assert (found.cases, found.agree, found.unflagged) == counts, because
    assert found.figures()["disagree"] == found.cases - found.agree


def boston_standards() -> list[Standard]:
    with (BOSTON / "standards.csv").open(encoding="utf-8", newline="") as file:
        return [
            Standard(
                code=each["code"],
                class_code=each["class"],
                condition=Name(each["condition_zh"], each["condition_en"]),
                urgency=Urgency(each["urgency"]),
                limit=float(each["limit"]) if each["limit"] else None,
                unit=each["unit"] or None,
                hours=each["hours"],
                after_hours=each["after_hours"],
                due_time=each["due_time"],
                closing=Name(each["closing_zh"], each["closing_en"]),
            )
            for each in csv.DictReader(file)
        ]


def boston_calendar() -> WorkCalendar:
    with (BOSTON / "calendar.csv").open(encoding="utf-8", newline="") as file:
        days = [(date.fromisoformat(each["date"]), each["kind"]) for each in csv.DictReader(file)]
    return WorkCalendar(
        zone="America/New_York",
        profiles=(WorkHours.parse("08:30-17:00"),),
        first_year=2011,
        last_year=2012,
        holidays=frozenset(day for day, kind in days if kind == "holiday"),
        makeup_days=frozenset(day for day, kind in days if kind == "workday"),
    )


@pytest.fixture(scope="module")
def boston_rows(data_dir: Path) -> list[PromiseRow]:
    path = data_dir / "boston311" / "requests_2011_07_10.csv.gz"
    if not path.is_file():
        pytest.skip(f"the Boston requests are not at {path}")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [
            PromiseRow(
                source_id=each["case_enquiry_id"],
                class_code="boston311:" + slug(each["type"]),
                opened_at=local(each["open_dt"]),
                target_at=local(each["target_dt"]) if each["target_dt"] else None,
                closed_at=local(each["closed_dt"]) if each["closed_dt"] else None,
                recorded_ontime=FLAGS[each["ontime"]],
            )
            for each in csv.DictReader(file)
        ]


@pytest.mark.real_data
def test_every_on_time_flag_of_boston_follows_from_its_target_and_close(boston_rows):
    found = compare_ontime(boston_rows)
    assert found.cases > 30_000
    assert found.disagreeing == ()


@pytest.mark.real_data
def test_the_standards_read_from_july_and_august_give_the_targets_of_every_month(boston_rows):
    found = compare_target(boston_rows, boston_standards(), boston_calendar())
    assert set(found.by_month) == {"2011-07", "2011-08", "2011-09", "2011-10"}
    for month, share in found.by_month.items():
        assert share.share >= 0.95, month


@pytest.mark.real_data
def test_the_page_on_clocks_tells_the_shares_and_causes_that_are_measured(boston_rows):
    page = (project_root() / "docs" / "clocks.md").read_text(encoding="utf-8")
    found = compare_target(boston_rows, boston_standards(), boston_calendar())
    for share in [*found.by_month.values(), found.total]:
        assert f"| {share.cases:,} | {share.within:,} | {share.share:.2%} |".replace("%", " %") in page
    for cause, count in found.by_cause.items():
        assert f"| {cause.value.replace('_', ' ')} | {count} |" in page
    ontime = compare_ontime(boston_rows)
    assert f"{ontime.cases:,} requests have a target, a close and a flag" in page
    assert f"{ontime.unflagged} more have a target and a close but no flag" in page


@pytest.mark.real_data
def test_what_boston_set_otherwise_is_explained_but_for_a_handful(boston_rows):
    found = compare_target(boston_rows, boston_standards(), boston_calendar())
    assert found.by_cause.get(Cause.UNEXPLAINED, 0) < found.total.cases / 1000


def test_the_standards_of_boston_are_written_one_row_a_class_in_known_units():
    standards = boston_standards()
    codes = [each.class_code for each in standards]
    assert len(set(codes)) == len(codes) > 100
    assert all(each.class_code == f"boston311:{slug(each.code)}" for each in standards)
    assert compare_target([], standards, boston_calendar()).total.cases == 0, "every limit can be read"
