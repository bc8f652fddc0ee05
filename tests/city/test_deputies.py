"""A deputy has the post he stands in for and nothing more, on the days named, and is called off at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.cases.life import Life

from cityloom.city.actions.name_deputy import end_deputy, name_deputy
from cityloom.city.deputies import CannotDepute, check_deputy
from cityloom.city.deputy_rows import deputy_posts, list_deputies
from cityloom.city.models import AccountEvent, Deputy
from cityloom.city.values import Post, Role, Span

MONDAY = date(2026, 6, 1)
FRIDAY = date(2026, 6, 5)


def _name(life: Life, who: str = "dispatcher", deputy: str = "supervisor", by: str = "", **days: date) -> int:
    first, last = days.get("first", MONDAY), days.get("last", FRIDAY)
    return name_deputy(life.city, life.post(by or who), life.post(who), deputy, first, last, life.clock)


def test_a_deputy_holds_the_very_post_on_its_days_and_counts_as_both_persons(life: Life):
    _name(life)
    (post,) = deputy_posts(life.city, "supervisor", MONDAY)
    own = life.post("dispatcher")
    assert (post.role, post.unit, post.area, post.valid) == (own.role, own.unit, own.area, own.valid)
    assert (post.login, post.for_login) == ("supervisor", "dispatcher")
    assert post.persons == {"supervisor", "dispatcher"}
    assert deputy_posts(life.city, "supervisor", FRIDAY + timedelta(days=1)) == ()
    assert deputy_posts(life.city, "dispatcher", MONDAY) == ()


def test_a_post_that_ended_takes_its_deputy_along(life: Life):
    """The dispatcher named `deputy` held that post until the end of 2025 only."""
    Deputy.objects.create(
        city_id=life.city.id, login="deputy", deputy="supervisor", role="dispatcher", unit="centre",
        first_day=date(2025, 12, 1), last_day=date(2026, 3, 1), set_by="deputy", set_at=life.clock.now(),
    )  # fmt: skip
    assert len(deputy_posts(life.city, "supervisor", date(2025, 12, 31))) == 1
    assert deputy_posts(life.city, "supervisor", date(2026, 1, 1)) == ()


def test_calling_off_ends_it_at_once_and_both_moments_are_written_down(life: Life):
    number = _name(life)
    end_deputy(life.city, life.post("supervisor"), number, life.clock)
    assert deputy_posts(life.city, "supervisor", MONDAY) == ()
    assert list_deputies(life.city, ["dispatcher"], MONDAY) == []
    kinds = list(AccountEvent.objects.filter(login="dispatcher").order_by("id").values_list("kind", "by_login"))
    assert kinds == [("deputy_named", "dispatcher"), ("deputy_ended", "supervisor")]
    with pytest.raises(CannotDepute, match="no such deputy"):
        end_deputy(life.city, life.post("supervisor"), number, life.clock)


def test_somebody_else_calls_off_no_deputy(life: Life):
    number = _name(life)
    with pytest.raises(CannotDepute):
        end_deputy(life.city, life.post("checker"), number, life.clock)
    assert len(deputy_posts(life.city, "supervisor", MONDAY)) == 1


@pytest.mark.parametrize(
    ("by", "who", "allowed", "because"),
    [
        ("supervisor", "dispatcher", True, "a supervisor of the unit"),
        ("leader", "checker", True, "a leader of the unit"),
        ("shift", "agent", True, "a shift lead of the hotline"),
        ("shift", "dispatcher", False, "the dispatcher is of another unit"),
        ("checker", "dispatcher", False, "a checker names nobody for others"),
        ("supervisor", "auditor", False, "auditors are named by themselves alone"),
    ],
)
def test_who_may_name_a_deputy_for_somebody_else(life: Life, by: str, who: str, allowed: bool, because: str):
    if allowed:
        assert _name(life, who, "callback", by), because
    else:
        with pytest.raises(CannotDepute, match="of one's own"):
            _name(life, who, "callback", by)


@pytest.mark.parametrize(
    ("deputy", "first", "last", "told"),
    [
        ("dispatcher", MONDAY, FRIDAY, "himself"),
        ("nobody", MONDAY, FRIDAY, "no|nobody"),
        ("supervisor", FRIDAY, MONDAY, "90 days"),
        ("supervisor", date(2026, 5, 31), FRIDAY, "not before today"),
        ("supervisor", MONDAY, MONDAY + timedelta(days=90), "90 days"),
    ],
)
def test_a_deputy_that_cannot_be_is_refused_and_nothing_is_kept(life: Life, deputy, first, last, told):
    with pytest.raises(CannotDepute, match=told):
        _name(life, deputy=deputy, first=first, last=last)
    assert not Deputy.objects.exists()


def test_a_deputys_days_end_with_the_post(life: Life):
    post = replace(life.post("dispatcher"), valid=Span(None, date(2026, 6, 3)))
    held = life.city.posts_of("supervisor", MONDAY)
    with pytest.raises(CannotDepute, match="2026-06-03"):
        check_deputy(life.city, post, post, "supervisor", held, MONDAY, FRIDAY, MONDAY)


def test_a_post_held_as_a_deputy_is_not_passed_on(life: Life):
    _name(life)
    (post,) = deputy_posts(life.city, "supervisor", MONDAY)
    with pytest.raises(CannotDepute, match="passed on"):
        name_deputy(life.city, post, post, "checker", MONDAY, FRIDAY, life.clock)


@pytest.mark.parametrize(("who", "deputy"), [("auditor", "admin"), ("admin", "steward"), ("steward", "auditor")])
def test_administrator_steward_and_auditor_stay_three_persons(life: Life, who: str, deputy: str):
    with pytest.raises(CannotDepute, match="different persons"):
        _name(life, who, deputy)


def test_what_a_deputy_does_is_recorded_with_both_names(life: Life):
    life.report(class_code=None, place=None, address="解放路口")
    _name(life)
    (post,) = deputy_posts(life.city, "supervisor", MONDAY)
    from cityloom.base.reasons import Reason
    from cityloom.cases.actions.move_case import move_case
    from cityloom.cases.values import Details

    details = Details(reason=Reason("corrected.class"), class_code="hotline:0101")
    seen = life.file.case.version
    move_case(life.city, life.number, "reclassify", post, details, life.clock, version=seen)
    entry = next(e for e in life.entries if e.move == "reclassify")
    assert (entry.by_login, entry.by_role, entry.changes["for_login"]) == ("supervisor", "dispatcher", "dispatcher")
    assert Post("x", Role.CHECKER).persons == {"x"}
