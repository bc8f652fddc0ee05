"""The plain values of promises: what they accept, what they refuse and with which advice."""

from datetime import date

import pytest

from cityloom.city.clock_values import (
    AfterHours,
    ClockUnit,
    ClockValueError,
    DueTime,
    Limit,
    WorkCalendar,
    WorkHours,
    WorkSpan,
)

OFFICE = WorkHours.parse("08:00-12:00 14:00-18:00")
WINDOW = WorkHours.parse("09:00-13:00", name="window", days=range(6))
CALENDAR = WorkCalendar(
    zone="Asia/Shanghai",
    profiles=(OFFICE, WINDOW),
    first_year=2025,
    last_year=2025,
    holidays=frozenset({date(2025, 10, 1), date(2025, 10, 4)}),
    makeup_days=frozenset({date(2025, 9, 28), date(2025, 10, 11)}),
)


@pytest.mark.parametrize(
    ("day", "hours", "spans", "because"),
    [
        (date(2025, 9, 29), "", "08:00-12:00 14:00-18:00", "a Monday"),
        (date(2025, 9, 27), "", "", "a Saturday"),
        (date(2025, 10, 1), "", "", "a holiday on a Wednesday"),
        (date(2025, 9, 28), "", "08:00-12:00 14:00-18:00", "a make-up Sunday keeps Monday's hours"),
        (date(2025, 9, 27), "window", "09:00-13:00", "another profile works on Saturdays"),
        (date(2025, 10, 4), "window", "", "but not on a holiday"),
        (date(2025, 10, 11), "window", "09:00-13:00", "a make-up Saturday keeps its own hours"),
    ],
)
def test_a_day_has_the_hours_of_its_weekday_unless_the_calendar_says_otherwise(day, hours, spans, because):
    calendar = CALENDAR.with_hours(hours)
    assert " ".join(str(span) for span in calendar.spans_on(day)) == spans, because
    assert calendar.is_working_day(day) is bool(spans)


def test_choosing_the_profile_that_counts_already_changes_nothing():
    assert CALENDAR.with_hours("default") is CALENDAR
    assert CALENDAR.with_hours("window").with_hours("default").hours == OFFICE


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: WorkSpan.parse("9-12"), "of the form 09:00-12:00"),
        (lambda: WorkSpan.parse("09:00-12:75"), "minute above 59"),
        (lambda: WorkSpan.parse("22:00-06:00"), "split a night in two"),
        (lambda: WorkSpan.parse("09:00-25:00"), "within 00:00-24:00"),
        (lambda: WorkHours.parse("09:00-12:00 11:00-18:00"), "begins before"),
        (lambda: WorkHours.parse(""), "at least one span"),
        (lambda: WorkHours("default", ()), "seven days"),
        (lambda: WorkCalendar("Asia/Nowhere", (OFFICE,), 2025, 2026), "a name like Asia/Shanghai"),
        (lambda: WorkCalendar("Asia/Shanghai", (), 2025, 2026), "at least one profile"),
        (lambda: WorkCalendar("Asia/Shanghai", (OFFICE, OFFICE), 2025, 2026), "share a name"),
        (lambda: WorkCalendar("Asia/Shanghai", (OFFICE,), 2026, 2025), "after its last year"),
        (
            lambda: WorkCalendar("Asia/Shanghai", (OFFICE,), 2025, 2025, frozenset({date(2026, 1, 1)})),
            "outside the calendar's years",
        ),
        (
            lambda: WorkCalendar(
                "Asia/Shanghai", (OFFICE,), 2025, 2025, frozenset({date(2025, 1, 1)}), frozenset({date(2025, 1, 1)})
            ),
            "keep one",
        ),
        (lambda: CALENDAR.with_hours("night"), "known profiles: default, window"),
        (lambda: Limit(0, ClockUnit.WORK_DAY), "leave the limit blank"),
        (lambda: Limit(float("nan"), ClockUnit.WORK_DAY), "not above zero"),
        (lambda: Limit(1.5, ClockUnit.WORK_DAY), "state it in hours"),
        (lambda: Limit(float("inf"), ClockUnit.NATURAL_DAY), "longer than a century"),
        (lambda: Limit(2, ClockUnit.WORK_DAY, after_hours=AfterHours.NEXT_DAY), "give a due_time"),
        (lambda: Limit.parse("two", "work_day"), "not a number"),
        (lambda: Limit.parse("2", "day"), "known: emergency_hour, work_hour, work_day, natural_day"),
        (lambda: Limit.parse("2", "work_day", after_hours="never"), "known: next_opening"),
        (lambda: Limit.parse("2", "work_day", due_time="noon"), "known: same_time, closing, day_end"),
    ],
)
def test_what_no_clock_can_run_on_is_refused_with_advice(make, advice):
    with pytest.raises(ClockValueError, match=advice):
        make()


@pytest.mark.parametrize(
    ("limit", "rule", "because"),
    [
        (Limit.parse("2", "work_day"), AfterHours.NEXT_OPENING, "working days begin when work does"),
        (Limit.parse("2", "work_day", due_time="closing"), AfterHours.NEXT_DAY, "whole working days the day after"),
        (Limit.parse("2", "natural_day"), AfterHours.SAME_TIME, "natural days begin at once"),
        (Limit.parse("2", "work_day", after_hours="after_closing"), AfterHours.AFTER_CLOSING, "a chosen rule holds"),
    ],
)
def test_a_blank_after_hours_rule_is_the_units_own_practice(limit, rule, because):
    assert limit.start_rule is rule, because


def test_a_limit_reads_the_texts_of_a_standards_row():
    assert Limit.parse("45", "work_day", "window", "after_closing", "day_end") == Limit(
        45, ClockUnit.WORK_DAY, "window", AfterHours.AFTER_CLOSING, DueTime.DAY_END
    )
