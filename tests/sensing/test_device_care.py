"""Looking after devices: what a calibration makes of factor and offset, and what is refused."""

from datetime import date

import pytest

from cityloom.city.values import Post, Role
from cityloom.sensing.device_care import (
    BadCalibration,
    BadReplacement,
    NotYourDevice,
    Point,
    Scale,
    check_days,
    check_replacement,
    due_after,
    may_care_for,
    number_of,
    points_of,
    require_care,
    scale_after,
)

TODAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("before", "factor", "offset", "points", "after", "because"),
    [
        ((1, 0), 1.02, -0.1, (), (1.02, -0.1), "said as it is"),
        ((2, 3), None, 1.0, (), (2, 1.0), "what is not said stays"),
        ((2, 3), None, None, [(10, 9)], (2, 2.0), "one point moves"),
        ((1, 0), None, None, [(1.0, 2.0), (3.0, 6.0)], (2.0, 0.0), "two points stretch"),
        ((2, 1), None, None, [(1.0, 2.0), (3.0, 6.0)], (4.0, 2.0), "what was shown had been scaled already"),
    ],
)
def test_factor_and_offset_follow_from_what_is_said(before, factor, offset, points, after, because):
    points = [Point(*each) for each in points]
    found = scale_after(Scale(*before), factor, offset, points)
    assert tuple(found) == pytest.approx(after), because
    old = Scale(*before)
    for shown, reference in points:
        said = (shown - old.offset) / old.factor
        assert found.factor * said + found.offset == pytest.approx(reference), "the reference is what it shows now"


@pytest.mark.parametrize(
    ("factor", "offset", "points", "code"),
    [
        (None, None, [], "calibration.nothing"),
        (1.0, None, [(1, 1)], "calibration.both"),
        (None, None, [(1, 1), (2, 2), (3, 3)], "calibration.half"),
        (0.0, 0.0, [], "calibration.not_possible"),
        (None, None, [(1, 1), (1, 2)], "calibration.not_possible"),
        (None, None, [(1, 2), (2, 1)], "calibration.not_possible"),
        (1e99, 0.0, [], "calibration.not_possible"),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(factor, offset, points, code):
    with pytest.raises(BadCalibration) as refused:
        scale_after(Scale(1, 0), factor, offset, [Point(*each) for each in points])
    assert refused.value.reason.code == code


@pytest.mark.parametrize(
    ("day", "due", "code"),
    [
        (date(2026, 6, 2), None, "calibration.wrong_day"),
        (date(1999, 1, 1), None, "calibration.wrong_day"),
        (TODAY, TODAY, "calibration.wrong_due"),
        (TODAY, date(2999, 1, 1), "calibration.wrong_due"),
    ],
)
def test_the_days_of_a_calibration_lie_where_they_can(day, due, code):
    with pytest.raises(BadCalibration) as refused:
        check_days(day, due, TODAY)
    assert refused.value.reason.code == code
    check_days(TODAY, date(2027, 6, 1), TODAY)
    assert (due_after(TODAY, 365), due_after(TODAY, None)) == (date(2027, 6, 1), None)


def test_a_form_says_numbers_and_pairs():
    assert (number_of(" −1.5 "), number_of(" ")) == (-1.5, None)
    assert points_of([(1.0, 2.0), (None, None)]) == [Point(1.0, 2.0)]
    for wrong in ("1,200", "nan", "warm"):
        with pytest.raises(BadCalibration):
            number_of(wrong)
    with pytest.raises(BadCalibration):
        points_of([(1.0, None)])


@pytest.mark.parametrize(
    ("post", "code"),
    [
        (Post("d", Role.DISPATCHER), "device.not_for_role"),
        (Post("x", Role.SENSOR_OWNER, unit="gas_co"), "device.not_your_unit"),
        (Post("y", Role.HANDLER, unit="water_co", area="other"), "device.not_your_area"),
    ],
)
def test_only_the_owner_unit_looks_after_a_device(post, code):
    with pytest.raises(NotYourDevice) as refused:
        require_care(post, "water_co", ("city", "district"))
    assert refused.value.reason.code == code
    assert not may_care_for(post, "water_co", ("city", "district"))
    assert may_care_for(Post("o", Role.SENSOR_OWNER, unit="water_co"), "water_co", ("city",))


@pytest.mark.parametrize(
    ("new", "reason", "code"),
    [
        ("level-2", " ", "replacement.no_reason"),
        ("level 2", "broken", "replacement.bad_code"),
        ("a/b", "broken", "replacement.bad_code"),
        ("level-1", "broken", "replacement.same"),
    ],
)
def test_a_replacement_needs_a_reason_and_a_code_of_its_own(new, reason, code):
    with pytest.raises(BadReplacement) as refused:
        check_replacement("level-1", new, reason)
    assert refused.value.reason.code == code
