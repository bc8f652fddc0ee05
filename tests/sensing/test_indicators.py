"""Vital signs by hand: two districts of two grids each, some streams, and what is said where nothing speaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.city.values import Name
from cityloom.city.vital_values import Range, VitalSign
from cityloom.sensing.indicators import (
    Band,
    Leaf,
    StreamHours,
    band_of,
    day_of_hours,
    figures_of_streams,
    lay_ground,
    leaf_of_cases,
    leaf_of_streams,
    work_out,
)

NAN = float("nan")
CHAINS = {
    "e1": ("city", "east", "e1"), "e2": ("city", "east", "e2"),
    "w1": ("city", "west", "w1"), "w2": ("city", "west", "w2"),
}  # fmt: skip
GROUND = lay_ground(CHAINS, ["city", "east", "west"])


def sign(code: str = "s", **said: object) -> VitalSign:
    return VitalSign(code, Name(code, code), **said)  # type: ignore[arg-type]


def leaf(asked: VitalSign, *streams: tuple[float, str]) -> Leaf:
    """A leaf of streams with their figures and smallest areas; an unknown area is nowhere."""
    grids = np.array([GROUND.grids.get(where, -1) for _, where in streams], np.int64)
    return leaf_of_streams(asked, np.array([value for value, _ in streams]), grids, GROUND)


def test_a_stream_becomes_one_figure_by_its_aggregate():
    hours = StreamHours(
        np.array([1, 2]), np.array([4, 0]), np.array([2.5, NAN]), np.array([1.0, NAN]), np.array([4.0, NAN]),
        np.array([3.0, NAN]), np.array([3, 0]),
    )  # fmt: skip
    expected = {"mean": 2.5, "min": 1.0, "max": 4.0, "last": 3.0, "share": 75.0}
    for aggregate, value in expected.items():
        found = figures_of_streams(sign(of_stream=aggregate), hours)
        assert found[0] == value
        assert np.isnan(found[1]), "a stream that said nothing has no figure"


@pytest.mark.parametrize(
    ("over", "city", "east", "west", "because"),
    [
        ("mean", 4.0, 2.0, 8.0, "the silent stay out of a mean"),
        ("median", 3.0, 2.0, 8.0, "the middle one"),
        ("min", 1.0, 1.0, 8.0, "the lowest"),
        ("max", 8.0, 3.0, 8.0, "the highest"),
        ("sum", 12.0, 4.0, 8.0, "all together"),
    ],
)
def test_the_streams_of_an_area_become_one_value(over, city, east, west, because):
    found = leaf(sign(over=over), (1.0, "e1"), (3.0, "e2"), (8.0, "w1"), (NAN, "w2"))
    assert found.value.tolist() == [city, east, west], because
    assert found.streams.tolist() == [4, 2, 2]
    assert found.heard.tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    ("missing", "city", "west", "because"),
    [
        ("leave_out", 100 * 2 / 3, 0.0, "two of the three that spoke are inside"),
        ("as_bad", 50.0, 0.0, "the silent one counts as outside"),
    ],
)
def test_a_share_says_how_it_treats_the_silent(missing, city, west, because):
    asked = sign(over="share", within=Range(None, 5.0), missing=missing)
    found = leaf(asked, (1.0, "e1"), (3.0, "e2"), (8.0, "w1"), (NAN, "w2"))
    assert found.value.tolist() == pytest.approx([city, 100.0, west]), because


def test_nothing_heard_is_never_a_number():
    for over in ("mean", "median", "min", "max", "sum"):
        assert np.isnan(leaf(sign(over=over), (NAN, "e1")).value).all()
    silent = leaf(sign(over="share", within=Range(0), missing="as_bad"), (NAN, "e1"))
    assert np.isnan(silent.value).all(), "where nobody speaks even the share of the bad is unknown"


def test_no_cases_are_a_real_nought_and_a_case_without_place_is_the_citys():
    found = leaf_of_cases({"e1": 2, "w1": 1, "": 4}, GROUND)
    assert found.value.tolist() == [7, 2, 1]
    assert leaf_of_cases({}, GROUND).value.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("value", "share", "band", "because"),
    [
        (None, 1.0, Band.UNMEASURED, "without a value there is no band"),
        (5.0, 1.0, Band.GOOD, "on the border of good"),
        (7.0, 1.0, Band.WATCH, "inside watch"),
        (11.0, 1.0, Band.BAD, "outside both"),
        (5.0, 0.4, Band.UNSURE, "fewer than half of the streams spoke"),
        (5.0, 0.5, Band.GOOD, "just enough spoke"),
    ],
)
def test_a_band_tells_how_a_value_stands(value, share, band, because):
    asked = sign(stream="x", good=Range(None, 5.0), watch=Range(None, 10.0))
    assert band_of(asked, value, share, True) is band, because


def test_counts_are_judged_for_the_whole_city_only():
    asked = sign(cases="open", good=Range(None, 5.0))
    assert band_of(asked, 3.0, None, True) is Band.GOOD
    assert band_of(asked, 3.0, None, False) is Band.UNJUDGED
    assert band_of(sign(stream="x"), 3.0, 1.0, True) is Band.UNJUDGED, "no ranges, no judgement"


def test_a_sign_above_takes_the_worst_and_says_of_how_many_it_knows():
    signs = {
        "water": sign("water"),
        "pressure": sign("pressure", parent="water", stream="p", type="t", good=Range(0.2), weight=3.0),
        "flow": sign("flow", parent="water", stream="f", type="t", good=Range(1.0), watch=Range(0.5)),
        "purity": sign("purity", parent="water", stream="q", type="t", good=Range(1.0)),
    }
    leaves = {
        "pressure": leaf(signs["pressure"], (0.3, "e1"), (0.3, "w1")),
        "flow": leaf(signs["flow"], (0.7, "e1")),
        "purity": leaf(signs["purity"], (NAN, "e1")),
    }
    found = work_out(signs, leaves, GROUND)
    water = found["water"]["city"]
    assert (water.band, water.value) == (Band.WATCH, pytest.approx((3 * 100 + 50) / 4))
    assert (water.known, water.parts) == (2, 3), "purity is listed but silent"
    assert (water.streams, water.heard) == (4, 3)
    assert (water.measured, water.grids) == (2, 4), "one grid in the east and one in the west"
    assert found["water"]["west"].band is Band.GOOD
    assert (found["water"]["west"].known, found["water"]["west"].parts) == (1, 1), "nothing else is listed there"
    assert "west" not in found["flow"]
    mean = work_out(signs | {"water": sign("water", roll="mean")}, leaves, GROUND)["water"]["city"]
    assert mean.band is Band.GOOD, "87.5 points"


def test_a_sign_without_a_source_is_unmeasured():
    found = work_out({"rail": sign("rail")}, {}, GROUND)["rail"]["city"]
    assert (found.value, found.band, found.heard_share) == (None, Band.UNMEASURED, None)


def test_a_stream_outside_every_area_is_the_citys_only():
    found = leaf(sign(over="sum"), (1.0, "e1"), (99.0, "elsewhere"))
    assert found.value.tolist()[:2] == [100.0, 1.0]
    assert found.streams.tolist() == [2, 1, 0]
    assert found.spoke.tolist() == [0], "and stands for no ground"


@pytest.mark.parametrize(
    ("said", "count", "value", "because"),
    [
        ({"of_stream": "max", "over": "max"}, False, 9.0, "the day's highest"),
        ({"of_stream": "min", "over": "min"}, False, 1.0, "the day's lowest"),
        ({}, False, 5.0, "the mean of the hours there are"),
        ({"of_stream": "last"}, False, 5.0, "the last hour that has one"),
        ({"cases": "open"}, True, 5.0, "what is open at the end"),
        ({"cases": "new"}, True, 15.0, "all that came"),
    ],
)
def test_a_day_is_made_of_its_hours(said, count, value, because):
    hours = np.array([[1.0, NAN, 9.0, 5.0, NAN], [NAN] * 5])
    found = day_of_hours(sign(**said), hours, count)
    assert found[0] == value, because
    assert np.isnan(found[1]), "a day without an hour has no value"


@given(
    st.lists(
        st.tuples(st.one_of(st.just(NAN), st.floats(-1e6, 1e6)), st.sampled_from(["e1", "e2", "w1", "w2", "off"])),
        max_size=30,
    )
)
def test_the_whole_is_made_of_its_parts(streams):
    found = leaf(sign(over="sum"), *streams) if streams else leaf_of_streams(
        sign(over="sum"), np.empty(0), np.empty(0, np.int64), GROUND
    )  # fmt: skip
    off = [value for value, where in streams if where == "off"]
    assert found.heard[0] == found.heard[1] + found.heard[2] + sum(not np.isnan(v) for v in off)
    assert found.streams[0] == found.streams[1] + found.streams[2] + len(off)
    parts = [v for v in (*found.value[1:], *off) if not np.isnan(v)]
    if parts:
        assert found.value[0] == pytest.approx(sum(parts), abs=1e-6)
    else:
        assert np.isnan(found.value[0])
