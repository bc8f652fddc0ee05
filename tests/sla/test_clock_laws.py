"""What every clock keeps whatever the dates: laws, tried on thousands of drawn moments."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.sla.clock_calendars import CHINA, HARBOUR

from cityloom.city.clock_values import AfterHours, ClockUnit, DueTime, Limit, WorkCalendar
from cityloom.sla.clocks import (
    due_at,
    extended_due,
    judge_lateness,
    merge_spans,
    pause_shift,
    resumed_due,
    warning_moments,
    working_seconds_between,
)
from cityloom.sla.values import OffSpan

HOURS = (ClockUnit.EMERGENCY_HOUR, ClockUnit.WORK_HOUR)
DAYS = (ClockUnit.WORK_DAY, ClockUnit.NATURAL_DAY)

calendars = st.sampled_from(
    [calendar.with_hours(name) for calendar in (CHINA, HARBOUR) for name in ("", "round_the_clock")]
)
units = st.sampled_from(list(ClockUnit))
moments = st.datetimes(datetime(2024, 11, 1), datetime(2027, 3, 1), timezones=st.just(UTC))  # noqa: DTZ001
rules = st.sampled_from([None, AfterHours.NEXT_OPENING, AfterHours.AFTER_CLOSING, AfterHours.SAME_TIME])
options = st.one_of(
    st.fixed_dictionaries({"after_hours": rules, "due_time": st.sampled_from(list(DueTime))}),
    st.fixed_dictionaries(
        {
            "after_hours": st.just(AfterHours.NEXT_DAY),
            "due_time": st.sampled_from([DueTime.CLOSING, DueTime.DAY_END]),
        }
    ),
)


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    unit = draw(units)
    amount = draw(st.integers(1, 60)) if unit in DAYS else draw(st.integers(1, 4000)) / 4
    return Limit(amount, unit, **draw(options))


@given(opened=moments, limit=limits(), more=st.integers(1, 40), calendar=calendars)
def test_a_longer_limit_never_falls_due_earlier(opened, limit, more, calendar):
    longer = Limit(limit.amount + more, limit.unit, limit.hours, limit.after_hours, limit.due_time)
    assert due_at(opened, longer, calendar).at >= due_at(opened, limit, calendar).at


@given(opened=moments, limit=limits(), later=st.timedeltas(timedelta(0), timedelta(days=30)))
def test_what_opens_later_never_falls_due_earlier_unless_only_evenings_are_moved(opened, limit, later):
    assume(limit.start_rule is not AfterHours.AFTER_CLOSING)
    assert due_at(opened + later, limit, CHINA).at >= due_at(opened, limit, CHINA).at


@given(opened=moments, limit=limits(), calendar=calendars)
def test_a_due_moment_lies_after_the_opening(opened, limit, calendar):
    assert due_at(opened, limit, calendar).at > opened


@given(points=st.lists(moments, min_size=3, max_size=3), unit=units, calendar=calendars)
def test_splitting_a_span_changes_nothing(points, unit, calendar):
    start, middle, end = sorted(points)
    whole = working_seconds_between(start, end, unit, calendar)
    parts = working_seconds_between(start, middle, unit, calendar) + working_seconds_between(
        middle, end, unit, calendar
    )
    assert whole == pytest.approx(parts, abs=1e-6)


@given(start=moments, end=moments, unit=units, calendar=calendars)
def test_running_time_is_between_nothing_and_the_real_time_and_turns_its_sign(start, end, unit, calendar):
    start, end = sorted((start, end))
    ran = working_seconds_between(start, end, unit, calendar)
    assert 0 <= ran <= (end - start).total_seconds()
    assert working_seconds_between(end, start, unit, calendar) == -ran


@given(opened=moments, unit=st.sampled_from(HOURS), quarters=st.integers(1, 4000), calendar=calendars)
def test_counting_the_hours_back_gives_the_limit(opened, unit, quarters, calendar):
    due = due_at(opened, Limit(quarters / 4, unit), calendar).at
    assert working_seconds_between(opened, due, unit, calendar) == quarters * 900


@given(opened=moments, unit=st.sampled_from(HOURS), quarters=st.integers(1, 4000), calendar=calendars)
def test_hours_fall_due_at_the_earliest_moment_that_will_do(opened, unit, quarters, calendar):
    due = due_at(opened, Limit(quarters / 4, unit), calendar).at
    before = due.astimezone(UTC) - timedelta(microseconds=1)
    assert working_seconds_between(opened, before, unit, calendar) < quarters * 900


@given(opened=moments, days=st.integers(1, 60), rule=rules)
def test_counting_working_days_back_gives_the_limit_in_days_of_eight_hours(opened, days, rule):
    limit = Limit(days, ClockUnit.WORK_DAY, after_hours=rule)
    begins = due_at(opened, Limit(1, ClockUnit.WORK_DAY, after_hours=rule), CHINA).at
    ran = working_seconds_between(begins, due_at(opened, limit, CHINA).at, ClockUnit.WORK_DAY, CHINA)
    assert ran == (days - 1) * 8 * 3600


@given(opened=moments, limit=limits(), points=st.tuples(moments, moments), calendar=calendars)
def test_a_pause_moves_the_due_moment_by_exactly_its_running_part(opened, limit, points, calendar):
    paused, resumed = sorted(points)
    due = due_at(opened, limit, calendar).at
    moved = resumed_due(due, paused, resumed, limit.unit, calendar).at
    shift = pause_shift(paused, resumed, limit.unit, calendar)
    assert working_seconds_between(due, moved, limit.unit, calendar) == shift
    assert (moved == due) == (shift == 0)


@given(opened=moments, limit=limits(), points=st.tuples(moments, moments, moments), calendar=calendars)
def test_two_pauses_end_to_end_move_as_much_as_one(opened, limit, points, calendar):
    first, middle, last = sorted(points)
    due = due_at(opened, limit, calendar).at
    once = resumed_due(due, first, last, limit.unit, calendar).at
    halfway = resumed_due(due, first, middle, limit.unit, calendar).at
    assert resumed_due(halfway, middle, last, limit.unit, calendar).at == once


@given(opened=moments, quarters=st.integers(1, 400), points=st.tuples(moments, moments), calendar=calendars)
def test_a_clock_of_hours_paused_while_it_runs_ends_with_the_limit_used_up(opened, quarters, points, calendar):
    paused, resumed = (max(point, opened) for point in sorted(points))
    limit = Limit(quarters / 4, ClockUnit.WORK_HOUR)
    moved = resumed_due(due_at(opened, limit, calendar).at, paused, resumed, limit.unit, calendar).at
    used = working_seconds_between(opened, moved, limit.unit, calendar) - pause_shift(
        paused, resumed, limit.unit, calendar
    )
    assert used == pytest.approx(quarters * 900, abs=1e-6)


@given(due=moments, extension=limits(), calendar=calendars)
def test_an_extension_never_brings_the_due_moment_forward(due, extension, calendar):
    assert extended_due(due, extension, calendar).at >= due


@given(start=moments, limit=limits(), calendar=calendars)
def test_warnings_come_in_order_within_the_span_and_end_on_the_due_moment(start, limit, calendar):
    due = due_at(start, limit, calendar).at
    half, most, full, beyond = warning_moments(start, due, (0.5, 0.8, 1.0, 1.5), limit.unit, calendar)
    assert start <= half <= most <= full <= beyond
    assert full == due
    whole = working_seconds_between(start, due, limit.unit, calendar)
    assert working_seconds_between(start, half, limit.unit, calendar) == pytest.approx(whole / 2, abs=1e-6)


@given(
    due=moments,
    done=moments,
    pairs=st.lists(st.tuples(moments, moments), max_size=5),
    unit=units,
    calendar=calendars,
)
def test_what_is_taken_out_never_makes_a_step_later(due, done, pairs, unit, calendar):
    off = [OffSpan(*sorted(pair)) for pair in pairs]
    judged = judge_lateness(due, done, off, unit, calendar)
    assert judged.assessed <= judged.raw
    assert judged.assessed_s <= judged.raw_s
    assert judge_lateness(due, done, [*off, *off], unit, calendar) == judged, "counted once however often given"


@given(pairs=st.lists(st.tuples(moments, moments), max_size=6), until=moments)
def test_merged_spans_lie_in_order_without_touching_and_stop_in_time(pairs, until):
    merged = merge_spans([OffSpan(*sorted(pair)) for pair in pairs], until)
    assert all(span.ends <= until for span in merged)
    assert all(earlier.ends < later.begins for earlier, later in pairwise(merged))


@given(opened=moments, limit=limits())
def test_without_holidays_or_nights_a_working_hour_is_a_real_one(opened, limit):
    always = WorkCalendar("Asia/Shanghai", (CHINA.with_hours("round_the_clock").hours,), 2024, 2030)
    amount = limit.amount
    assert (
        due_at(opened, Limit(amount, ClockUnit.WORK_HOUR), always).at
        == due_at(opened, Limit(amount, ClockUnit.EMERGENCY_HOUR), always).at
    )
