"""The formulas of the boards, against numbers worked by hand."""

from __future__ import annotations

import pytest

from cityloom.assess.rates import Callbacks, Share, change_against, on_time_share, three_rates, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high", "because"),
    [
        (8, 10, 0.4902, 0.9433, "the textbook's eight of ten"),
        (0, 10, 0.0, 0.2775, "none of ten is not surely none: z²/(n+z²) remains"),
        (10, 10, 0.7225, 1.0, "all of ten mirrors none of ten"),
        (500, 1000, 0.4691, 0.5309, "a thousand leave three points on either side"),
        (1, 1, 0.2065, 1.0, "one case says almost nothing"),
    ],
)
def test_an_interval_is_the_one_that_wilson_gave(part: float, whole: int, low: float, high: float, because: str):
    assert wilson(part, whole) == pytest.approx((low, high), abs=1e-4), because


def test_a_share_of_nothing_is_neither_0_nor_100():
    assert Share(0, 0).value is None
    assert Share(0, 0).interval is None
    rates = three_rates(Callbacks())
    assert (rates.response.value, rates.resolution.value, rates.satisfaction.value) == (None, None, None)
    assert rates.composite() is None
    assert on_time_share(0, 0).value is None
    assert change_against(5, 0) is None


def test_the_three_rates_each_stand_on_those_who_were_asked():
    rates = three_rates(Callbacks(45, 50, 30, 40, 40, 10, 60))
    assert rates.response.value == pytest.approx(0.9)
    assert rates.resolution.value == pytest.approx(0.75)
    assert rates.satisfaction.value == pytest.approx(49 / 60), "ten that are basically satisfied count as nine"
    assert rates.composite() == pytest.approx(0.1 * 0.9 + 0.5 * 0.75 + 0.4 * 49 / 60)


def test_the_composite_is_unknown_while_one_of_the_three_is():
    assert three_rates(Callbacks(45, 50, 30, 40)).composite() is None


def test_a_city_may_weigh_otherwise():
    rates = three_rates(Callbacks(1, 1, 0, 1, 1, 0, 1))
    assert rates.composite({"resolution": 1.0}) == 0.0
    assert rates.composite({"response": 1.0, "resolution": 1.0}) == pytest.approx(0.5)


def test_on_time_is_what_kept_its_promise_of_all_that_had_one():
    assert on_time_share(9, 1).value == pytest.approx(0.9)


def test_a_change_is_told_against_what_was():
    assert change_against(30, 20) == pytest.approx(0.5)
    assert change_against(15, 20) == pytest.approx(-0.25)


def test_a_part_greater_than_its_whole_is_refused():
    with pytest.raises(ValueError, match="over the same rows"):
        Share(3, 2)
