"""The duty table is held against a record: overall, and where the record itself is consistent."""

import pytest

from cityloom.exchange.duty_replay import LeadRow, compare_leads


def rows(code: str, chosen: str | None, *recorded: tuple[str, int]) -> list[LeadRow]:
    because = "duty.matched" if chosen else "duty.place_open"
    return [LeadRow(code, unit, chosen, because) for unit, count in recorded for _ in range(count)]


@pytest.mark.parametrize(
    ("given", "total", "consistent", "because"),
    [
        (rows("a", "works", ("works", 19), ("parks", 1)), (20, 20, 19), (20, 20, 19), "95 of 100 is consistent"),
        (rows("a", "works", ("works", 18), ("parks", 2)), (20, 20, 18), (0, 0, 0), "90 of 100 is not"),
        (rows("a", None, ("works", 2)), (2, 0, 0), (2, 0, 0), "without a place nobody was chosen"),
        (rows("a", "parks", ("works", 3)), (3, 3, 0), (3, 3, 0), "a consistent record that we contradict"),
        ([], (0, 0, 0), (0, 0, 0), "an empty record"),
    ],
)
def test_agreement_is_counted_overall_and_where_the_record_is_consistent(given, total, consistent, because):
    found = compare_leads(given)
    assert (found.total.cases, found.total.chosen, found.total.agree) == total, because
    assert (found.consistent.cases, found.consistent.chosen, found.consistent.agree) == consistent, because


def test_a_share_of_nothing_is_no_number():
    assert compare_leads(rows("a", None, ("works", 2))).total.share is None


def test_the_largest_differences_come_first():
    given = rows("a", "works", ("parks", 2)) + rows("b", "works", ("parks", 3), ("works", 9))
    assert compare_leads(given).differing == (("b", "works", "parks", 3), ("a", "works", "parks", 2))
