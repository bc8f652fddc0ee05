"""The clocks, read as a handbook: units, openings, due times, pauses, extensions, lateness."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.sla.clock_calendars import CHINA, HARBOUR, china, harbour

from cityloom.city.clock_values import AfterHours, ClockUnit, ClockValueError, DueTime, Limit
from cityloom.sla.clocks import (
    due_at,
    extended_due,
    is_overdue,
    judge_lateness,
    pause_shift,
    remaining,
    resumed_due,
    warning_moments,
    working_seconds_between,
)
from cityloom.sla.values import (
    Due,
    NaiveMomentError,
    OffSpan,
    ShareError,
    SpanOrderError,
    SpanTooLongError,
)

EMERGENCY, WORK_HOUR = ClockUnit.EMERGENCY_HOUR, ClockUnit.WORK_HOUR
WORK_DAY, NATURAL_DAY = ClockUnit.WORK_DAY, ClockUnit.NATURAL_DAY
HOUR = 3600.0


@pytest.mark.parametrize(
    ("opened", "limit", "due", "because"),
    [
        ("2025-03-14 16:00", Limit(1, WORK_DAY), "2025-03-17 16:00", "a weekend does not count"),
        ("2025-03-11 10:00", Limit(2, WORK_DAY), "2025-03-13 10:00", "a working day keeps the time of day"),
        ("2025-09-30 16:00", Limit(1, WORK_DAY), "2025-10-09 16:00", "the holiday week does not count"),
        ("2025-09-26 16:00", Limit(1, WORK_DAY), "2025-09-28 16:00", "a make-up Sunday counts"),
        ("2025-10-10 16:00", Limit(1, WORK_DAY), "2025-10-11 16:00", "a make-up Saturday counts"),
        ("2025-01-27 09:00", Limit(3, WORK_DAY), "2025-02-07 09:00", "Spring Festival runs into February"),
        ("2025-02-07 09:00", Limit(1, WORK_DAY), "2025-02-08 09:00", "the Saturday after is a make-up day"),
        ("2025-03-14 20:00", Limit(1, WORK_DAY), "2025-03-18 08:00", "opened at night: begins at opening"),
        ("2025-03-11 13:00", Limit(1, WORK_DAY), "2025-03-12 14:00", "opened in the break: begins after it"),
        ("2025-03-11 06:30", Limit(1, WORK_DAY), "2025-03-12 08:00", "opened before opening: begins at it"),
        ("2025-03-11 18:00", Limit(1, WORK_DAY), "2025-03-13 08:00", "closing time is already after hours"),
        ("2025-03-14 16:00", Limit(4, WORK_HOUR), "2025-03-17 10:00", "two hours on Friday, two on Monday"),
        ("2025-03-14 08:00", Limit(4, WORK_HOUR), "2025-03-14 12:00", "the earliest moment, before the break"),
        ("2025-03-14 11:00", Limit(2, WORK_HOUR), "2025-03-14 15:00", "the lunch break does not count"),
        ("2025-03-15 11:00", Limit(0.5, WORK_HOUR), "2025-03-17 08:30", "on a Saturday nothing runs"),
        ("2025-09-30 17:00", Limit(2, WORK_HOUR), "2025-10-09 09:00", "nor in the holiday week"),
        ("2025-09-27 17:00", Limit(2, WORK_HOUR), "2025-09-28 10:00", "a make-up Sunday keeps Monday's hours"),
        ("2025-03-14 11:00", Limit(2, WORK_HOUR, hours="window"), "2025-03-14 14:00", "another profile"),
        ("2025-03-14 23:00", Limit(2, EMERGENCY), "2025-03-15 01:00", "an emergency runs through the night"),
        ("2025-10-01 05:00", Limit(24, EMERGENCY), "2025-10-02 05:00", "and through holidays"),
        ("2025-09-30 20:00", Limit(7, NATURAL_DAY), "2025-10-07 20:00", "natural days count every day"),
        ("2024-02-29 20:00", Limit(366, NATURAL_DAY), "2025-03-01 20:00", "across a leap day"),
    ],
)
def test_due_at_counts_what_the_unit_counts(opened, limit, due, because):
    assert due_at(china(opened), limit, CHINA).at == china(due), because


@pytest.mark.parametrize(
    ("opened", "rule", "due", "because"),
    [
        ("2025-03-11 06:30", AfterHours.AFTER_CLOSING, "2025-03-13 06:30", "before opening the time is kept"),
        ("2025-03-11 16:59", AfterHours.AFTER_CLOSING, "2025-03-13 16:59", "a minute before closing too"),
        ("2025-03-11 17:00", AfterHours.AFTER_CLOSING, "2025-03-14 08:30", "from closing on: next opening"),
        ("2025-03-14 23:10", AfterHours.AFTER_CLOSING, "2025-03-19 08:30", "Friday night begins on Monday"),
        ("2025-03-15 11:06", AfterHours.AFTER_CLOSING, "2025-03-19 11:06", "Saturday passes on to Monday"),
        ("2025-03-15 18:02", AfterHours.AFTER_CLOSING, "2025-03-20 08:30", "its evening on to Tuesday's opening"),
        ("2025-03-12 00:30", AfterHours.AFTER_CLOSING, "2025-03-14 00:30", "past midnight it is a new early day"),
        ("2025-03-11 17:00", AfterHours.SAME_TIME, "2025-03-13 17:00", "an evening is never moved"),
        ("2025-03-15 11:06", AfterHours.SAME_TIME, "2025-03-19 11:06", "a free day still is"),
        ("2025-03-15 11:06", AfterHours.NEXT_OPENING, "2025-03-19 08:30", "the default begins at opening"),
        ("2025-07-03 20:00", AfterHours.NEXT_OPENING, "2025-07-09 08:30", "4 July is free"),
    ],
)
def test_the_after_hours_rule_says_from_when_two_working_days_count(opened, rule, due, because):
    assert due_at(harbour(opened), Limit(2, WORK_DAY, after_hours=rule), HARBOUR).at == harbour(due), because


@pytest.mark.parametrize(
    ("unit", "due_time", "due", "because"),
    [
        (WORK_DAY, DueTime.SAME_TIME, "2025-10-10 10:00", "the time of day of the opening"),
        (WORK_DAY, DueTime.CLOSING, "2025-10-10 18:00", "closing time of the due day"),
        (WORK_DAY, DueTime.DAY_END, "2025-10-11 00:00", "the midnight that ends the due day"),
        (NATURAL_DAY, DueTime.CLOSING, "2025-10-03 00:00", "nobody closes on a holiday: its midnight"),
        (NATURAL_DAY, DueTime.DAY_END, "2025-10-03 00:00", "the midnight that ends the second day"),
    ],
)
def test_the_due_time_says_when_the_due_day_ends_the_count(unit, due_time, due, because):
    limit = Limit(2, unit, due_time=due_time)
    assert due_at(china("2025-09-30 10:00"), limit, CHINA).at == china(due), because


@pytest.mark.parametrize(
    ("opened", "limit", "due", "because"),
    [
        ("2025-03-14 10:00", Limit(5, WORK_DAY, due_time=DueTime.CLOSING), "2025-03-21 18:00", "in working hours"),
        ("2025-03-14 22:00", Limit(5, WORK_DAY, due_time=DueTime.CLOSING), "2025-03-21 18:00", "in the evening"),
        ("2025-03-15 10:00", Limit(5, WORK_DAY, due_time=DueTime.CLOSING), "2025-03-21 18:00", "on a Saturday"),
        ("2025-03-17 00:00", Limit(5, WORK_DAY, due_time=DueTime.CLOSING), "2025-03-24 18:00", "on the Monday"),
        (
            "2025-03-15 10:00",
            Limit(5, WORK_DAY, after_hours=AfterHours.NEXT_OPENING, due_time=DueTime.CLOSING),
            "2025-03-24 18:00",
            "a chosen rule holds: counted from Monday's opening",
        ),
        (
            "2025-09-30 22:00",
            Limit(1, NATURAL_DAY, after_hours=AfterHours.NEXT_DAY, due_time=DueTime.DAY_END),
            "2025-10-02 00:00",
            "the whole day after",
        ),
    ],
)
def test_whole_days_count_from_the_day_after_the_opening_whatever_its_hour(opened, limit, due, because):
    assert due_at(china(opened), limit, CHINA).at == china(due), because


@pytest.mark.parametrize(
    ("opened", "limit", "due", "because"),
    [
        (harbour("2025-03-08 10:00"), Limit(24, EMERGENCY), harbour("2025-03-09 11:00"), "a night lost an hour"),
        (harbour("2025-11-01 10:00"), Limit(24, EMERGENCY), harbour("2025-11-02 09:00"), "a night gained one"),
        (harbour("2025-03-08 10:00"), Limit(1, NATURAL_DAY), harbour("2025-03-09 10:00"), "days keep the time"),
        (harbour("2025-11-01 10:00"), Limit(1, NATURAL_DAY), harbour("2025-11-02 10:00"), "in autumn too"),
        (harbour("2025-03-08 02:30"), Limit(1, NATURAL_DAY), harbour("2025-03-09 03:30"), "02:30 is skipped"),
        (harbour("2025-11-01 01:30"), Limit(1, NATURAL_DAY), harbour("2025-11-02 01:30"), "the first 01:30"),
        (harbour("2025-03-07 16:00"), Limit(2, WORK_HOUR), harbour("2025-03-10 09:30"), "hours by day: no change"),
        (
            harbour("2025-03-08 22:00"),
            Limit(24, WORK_HOUR, hours="round_the_clock"),
            harbour("2025-03-09 23:00"),
            "work that really runs through the night loses the hour too",
        ),
        (
            harbour("2025-11-02 01:30", fold=1),
            Limit(1, EMERGENCY),
            harbour("2025-11-02 02:30"),
            "the second 01:30 is an hour before 02:30",
        ),
    ],
)
def test_daylight_saving_moves_hours_and_leaves_days(opened, limit, due, because):
    found = due_at(opened, limit, HARBOUR).at
    assert found.astimezone(UTC) == due.astimezone(UTC), because


def test_a_moment_counts_the_same_in_whatever_zone_it_is_given():
    in_city = china("2025-03-14 16:00")
    assert due_at(in_city.astimezone(UTC), Limit(1, WORK_DAY), CHINA) == due_at(in_city, Limit(1, WORK_DAY), CHINA)


def test_the_due_moment_comes_in_the_citys_zone():
    due = due_at(datetime(2025, 3, 14, 8, 0, tzinfo=UTC), Limit(2, EMERGENCY), CHINA).at
    assert due.isoformat() == "2025-03-14T18:00:00+08:00"


@pytest.mark.parametrize(
    ("opened", "limit", "provisional", "because"),
    [
        ("2026-12-30 10:00", Limit(1, WORK_DAY), False, "the last covered year"),
        ("2026-12-30 10:00", Limit(5, WORK_DAY), True, "2027's holidays are unknown"),
        ("2026-12-31 17:00", Limit(2, WORK_HOUR), True, "for hours too"),
        ("2024-12-31 10:00", Limit(1, WORK_DAY), True, "the year before the calendar begins"),
        ("2026-12-30 10:00", Limit(545, NATURAL_DAY), False, "natural days lean on no calendar"),
        ("2027-12-30 10:00", Limit(5, EMERGENCY), False, "nor do emergency hours"),
        (
            "2026-12-30 10:00",
            Limit(10, NATURAL_DAY, due_time=DueTime.CLOSING),
            True,
            "a closing time does lean on one",
        ),
        (
            "2026-12-30 10:00",
            Limit(10, NATURAL_DAY, after_hours=AfterHours.NEXT_OPENING),
            True,
            "an opening too",
        ),
    ],
)
def test_a_due_moment_beyond_the_calendar_is_provisional(opened, limit, provisional, because):
    assert due_at(china(opened), limit, CHINA).provisional is provisional, because


def test_beyond_the_calendar_only_the_weeks_free_days_are_free():
    assert due_at(china("2027-09-30 16:00"), Limit(1, WORK_DAY), CHINA) == Due(china("2027-10-01 16:00"), True)


@pytest.mark.parametrize(
    ("start", "end", "unit", "hours", "because"),
    [
        ("2025-03-14 16:00", "2025-03-17 10:00", WORK_HOUR, 4, "Friday's two and Monday's two"),
        ("2025-03-14 16:00", "2025-03-17 10:00", WORK_DAY, 4, "a working day runs in working hours"),
        ("2025-03-14 16:00", "2025-03-17 10:00", EMERGENCY, 66, "real hours all through"),
        ("2025-03-14 16:00", "2025-03-17 10:00", NATURAL_DAY, 66, "and so do natural days"),
        ("2025-10-01 00:00", "2025-10-09 00:00", WORK_HOUR, 0, "a holiday week"),
        ("2025-09-28 00:00", "2025-09-29 00:00", WORK_HOUR, 8, "a make-up Sunday is a whole day"),
        ("2025-03-17 10:00", "2025-03-14 16:00", WORK_HOUR, -4, "backwards is negative"),
        ("2025-03-14 12:00", "2025-03-14 14:00", WORK_HOUR, 0, "the break is exactly not work"),
    ],
)
def test_working_time_between_two_moments(start, end, unit, hours, because):
    assert working_seconds_between(china(start), china(end), unit, CHINA) == hours * HOUR, because
    assert remaining(china(start), china(end), unit, CHINA) == hours * HOUR, because


@pytest.mark.parametrize(
    ("due", "paused", "resumed", "unit", "moved", "because"),
    [
        ("2025-03-17 16:00", "2025-03-14 17:00", "2025-03-17 09:00", WORK_DAY, "2025-03-17 18:00", "two hours"),
        ("2025-03-17 16:00", "2025-03-14 17:00", "2025-03-17 10:00", WORK_DAY, "2025-03-18 09:00", "overnight"),
        ("2025-03-18 08:00", "2025-03-14 19:00", "2025-03-17 07:00", WORK_DAY, "2025-03-18 08:00", "a weekend"),
        ("2025-03-17 16:00", "2025-03-14 17:00", "2025-03-17 09:00", EMERGENCY, "2025-03-20 08:00", "64 hours"),
        ("2025-09-30 16:00", "2025-09-29 08:00", "2025-09-30 12:00", WORK_HOUR, "2025-10-10 10:00", "12 hours"),
        ("2025-03-20 10:00", "2025-03-18 10:00", "2025-03-19 10:00", NATURAL_DAY, "2025-03-21 10:00", "a day"),
    ],
)
def test_a_pause_moves_the_due_moment_by_its_running_part(due, paused, resumed, unit, moved, because):
    found = resumed_due(china(due), china(paused), china(resumed), unit, CHINA)
    assert found.at == china(moved), because
    shift = pause_shift(china(paused), china(resumed), unit, CHINA)
    assert working_seconds_between(china(due), found.at, unit, CHINA) == shift, because


@pytest.mark.parametrize(
    ("due", "extension", "moved", "because"),
    [
        ("2025-03-14 16:00", Limit(1, WORK_DAY), "2025-03-17 16:00", "one working day more"),
        ("2025-03-14 20:00", Limit(1, WORK_DAY), "2025-03-17 20:00", "an old due moment in the night stays one"),
        ("2025-03-14 16:00", Limit(4, WORK_HOUR), "2025-03-17 10:00", "four working hours more"),
        ("2025-03-14 23:00", Limit(2, EMERGENCY), "2025-03-15 01:00", "two real hours more"),
        ("2025-03-15 00:00", Limit(1, WORK_DAY, due_time=DueTime.DAY_END), "2025-03-18 00:00", "Friday's midnight"),
        ("2025-03-14 18:00", Limit(1, WORK_DAY, due_time=DueTime.CLOSING), "2025-03-17 18:00", "at closing again"),
        ("2025-03-15 11:00", Limit(1, WORK_DAY, due_time=DueTime.CLOSING), "2025-03-17 18:00", "from a Saturday"),
        ("2025-03-15 11:00", Limit(1, WORK_DAY), "2025-03-18 11:00", "which otherwise passes its time on to Monday"),
    ],
)
def test_an_extension_counts_from_the_old_due_moment(due, extension, moved, because):
    assert extended_due(china(due), extension, CHINA).at == china(moved), because


def test_warnings_stand_at_shares_of_the_working_span():
    start, due = china("2025-03-14 16:00"), china("2025-03-17 16:00")  # eight working hours
    moments = warning_moments(start, due, (0.25, 0.5, 0.8, 1.0, 1.5), WORK_DAY, CHINA)
    assert moments == (
        china("2025-03-14 18:00"),
        china("2025-03-17 10:00"),
        china("2025-03-17 14:24"),
        due,
        china("2025-03-18 10:00"),
    )


def test_warnings_of_an_emergency_run_through_the_night():
    start, due = china("2025-03-14 22:00"), china("2025-03-15 02:00")
    assert warning_moments(start, due, (0.5,), EMERGENCY, CHINA) == (china("2025-03-15 00:00"),)


def test_lateness_is_judged_raw_and_with_the_spans_that_do_not_count_taken_out():
    due, done = china("2025-03-14 16:00"), china("2025-03-17 10:00")  # four working hours late
    off = [
        OffSpan(china("2025-03-14 09:00"), china("2025-03-14 11:00")),
        OffSpan(china("2025-03-14 10:00"), china("2025-03-14 12:00")),  # overlaps: three hours together
        OffSpan(china("2025-03-17 10:00"), china("2025-03-17 12:00")),  # after the end: helps nobody
    ]
    judged = judge_lateness(due, done, off, WORK_HOUR, CHINA)
    assert (judged.raw, judged.raw_s) == (True, 4 * HOUR)
    assert (judged.assessed, judged.assessed_s) == (True, 1 * HOUR)
    assert judged.assessed_due.at == china("2025-03-17 09:00")


def test_enough_exempted_time_clears_the_assessed_lateness_and_never_the_raw_one():
    off = [OffSpan(china("2025-03-14 08:00"), china("2025-03-14 12:00"))]
    judged = judge_lateness(china("2025-03-14 16:00"), china("2025-03-17 10:00"), off, WORK_HOUR, CHINA)
    assert (judged.raw, judged.assessed, judged.assessed_s) == (True, False, 0.0)


def test_on_the_due_moment_is_in_time_and_a_second_later_is_not():
    due = china("2025-03-14 16:00")
    assert not is_overdue(due, due.astimezone(UTC))
    assert is_overdue(due, due + timedelta(seconds=1))


def test_overdue_tells_the_two_passes_of_the_repeated_hour_apart():
    first, second = harbour("2025-11-02 01:50"), harbour("2025-11-02 01:10", fold=1)
    assert is_overdue(first, second)
    assert not is_overdue(second, first)


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: due_at(datetime(2025, 3, 14), Limit(1, WORK_DAY), CHINA), NaiveMomentError, "no time zone"),  # noqa: DTZ001
        (
            lambda: resumed_due(*[china(f"2025-03-1{day} 10:00") for day in (5, 4, 3)], WORK_DAY, CHINA),
            SpanOrderError,
            "before it begins",
        ),
        (lambda: OffSpan(china("2025-03-15"), china("2025-03-14")), SpanOrderError, "exchange or correct"),
        (lambda: OffSpan(datetime(2025, 3, 15), china("2025-03-16")), NaiveMomentError, "no time zone"),  # noqa: DTZ001
        (
            lambda: warning_moments(china("2025-03-14"), china("2025-03-15"), (0.0,), WORK_DAY, CHINA),
            ShareError,
            "above 0",
        ),
        (
            lambda: remaining(china("2025-03-14"), china("9025-03-14"), WORK_DAY, CHINA),
            SpanTooLongError,
            "correct the date",
        ),
        (
            lambda: due_at(china("2025-03-14"), Limit(800_000, WORK_HOUR), CHINA),
            SpanTooLongError,
            "too long to count",
        ),
        (lambda: due_at(china("2025-03-14"), Limit(1, WORK_DAY, hours="x"), CHINA), ClockValueError, "known"),
    ],
)
def test_a_question_no_clock_can_answer_is_refused_with_the_next_step(ask, error, says):
    with pytest.raises(error, match=says):
        ask()
