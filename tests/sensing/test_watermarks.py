"""Which readings are new is decided in the order of arrival, wherever a batch ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.sensing.values import FIRST_MS, reading_id, reading_of, readings_of
from cityloom.sensing.watermarks import Watermarks

T = 1_790_000_000_000


@pytest.mark.parametrize(
    ("arrivals", "fresh", "late", "repeated", "because"),
    [
        ([(1, 5), (1, 6)], [(1, 5), (1, 6)], [], 0, "newer and newer is all fresh"),
        ([(1, 5), (1, 5)], [(1, 5)], [], 1, "the first one said stands"),
        ([(1, 5), (1, 7), (1, 6)], [(1, 5), (1, 7)], [(1, 6)], 0, "between two others comes late"),
        ([(1, 5), (1, 7), (1, 5)], [(1, 5), (1, 7)], [(1, 5)], 0, "whether an old one was said the database knows"),
        ([(2, 9), (1, 5), (2, 8)], [(1, 5), (2, 9)], [(2, 8)], 0, "streams know nothing of each other"),
    ],
)
def test_a_batch_is_taken_apart(arrivals, fresh, late, repeated, because):
    found = Watermarks().sort(readings_of(*zip(*[(s, T + t, 0.0) for s, t in arrivals], strict=True)), T + 100)
    told = [list(zip(p.stream.tolist(), (p.at_ms - T).tolist(), strict=True)) for p in (found.fresh, found.late)]
    assert (*told, found.repeated) == (fresh, late, repeated), because


def test_what_lies_in_the_future_or_before_2010_is_told_apart():
    batch = readings_of([1, 1, 1, 1], [T + 101, FIRST_MS - 1, T, T - 50], [0.0] * 4)
    found = Watermarks().sort(batch, T + 100, oldest_ms=T - 10)
    assert [len(p.stream) for p in (found.early, found.ancient, found.fresh, found.late)] == [1, 1, 1, 1]


def test_rules_see_the_fresh_ones_as_they_came():
    batch = readings_of([2, 9, 1, 1, 2], [T + 9, T + 200, T + 5, T + 5, T + 11], [1.0, 2.0, 3.0, 4.0, 5.0])
    found = Watermarks().sort(batch, T + 100)
    assert found.fresh.stream.tolist() == [1, 2, 2]
    assert (found.as_they_came.value.tolist(), np.sort(found.arrival).tolist()) == ([1.0, 3.0, 5.0], [0, 2, 4])


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 12)), max_size=40), st.lists(st.integers(0, 40)))
def test_where_a_batch_ends_changes_nothing(arrivals, cuts):
    def run(borders):
        marks, fresh, late, repeated = Watermarks(), [], [], 0
        for start, end in zip([0, *borders], [*borders, len(arrivals)], strict=True):
            part = [(s, T + t, 0.0) for s, t in arrivals[start:end]]
            found = marks.sort(readings_of(*(zip(*part, strict=True) if part else ((), (), ()))), T + 100)
            marks.advance(found.fresh)
            fresh += zip(found.fresh.stream.tolist(), found.fresh.at_ms.tolist(), strict=True)
            late += zip(found.late.stream.tolist(), found.late.at_ms.tolist(), strict=True)
            repeated += found.repeated
        return sorted(fresh), late, repeated

    assert run(sorted(c for c in cuts if c <= len(arrivals))) == run([])


def test_a_reading_has_a_number_that_leads_back_to_it():
    assert reading_id(3, FIRST_MS + 1) == 6597069766657
    assert reading_of(reading_id(2**22 - 1, T)) == (2**22 - 1, T)
    assert reading_id(2**22 - 1, FIRST_MS + 2**41 - 1) < 2**63
    assert np.int64(reading_id(7, T)) > 0
