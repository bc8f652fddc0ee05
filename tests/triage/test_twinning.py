"""Whether two reports tell of one matter, weighed sign by sign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloom.base.reasons import Reason, render
from cityloom.triage.repeats import Earlier, find_repeat
from cityloom.triage.twinning import Told, same_matter, signs_of, words_in_both

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DRAIN, REFUSE = ("drain", "component"), ("refuse", "event")
COVER = "书光街路口的井盖缺失，晚上走路很危险"


def likeness(words: str, older: str, metres: float = 12, hours: float = 3, mine=DRAIN, theirs=DRAIN, settled=False):
    new = Told(NOON, mine, words)
    return same_matter(new, Told(NOON - timedelta(hours=hours), theirs, older), metres, settled=settled)


@pytest.mark.parametrize(("found", "least", "most", "because"), [
    (likeness(COVER, "井盖缺失好几天了"), 0.95, 1.0, "near, at once, one class, the same words"),
    (likeness(COVER, "地上有个洞没有盖"), 0.25, 0.5, "other words for it, and all else speaks for one matter"),
    (likeness(COVER, "垃圾没有清运", theirs=REFUSE), 0.0, 0.1, "another class and other words"),
    (likeness("", "", mine=(), theirs=()), 0.3, 0.67, "place and time alone leave it open"),
    (likeness(COVER, "井盖缺失好几天了", metres=48), 0.6, 0.9, "a pin may lie far off its thing"),
    (likeness("3号楼漏水", "5号楼漏水"), 0.0, 0.9, "another building is another matter"),
    (likeness(COVER, "井盖缺失好几天了", hours=24 * 6), 0.5, 0.9, "days later it is less sure"),
])  # fmt: skip
def test_each_sign_counts(found, least, most, because):
    assert least <= found.probability <= most, f"{because}: {found.probability:.3f}"


def test_nearer_sooner_and_more_alike_is_never_less_likely():
    metres = [likeness(COVER, COVER, metres=m).probability for m in range(0, 51, 5)]
    hours = [likeness(COVER, COVER, hours=h).probability for h in (0, 30, 60, 200)]
    assert metres == sorted(metres, reverse=True)
    assert hours == sorted(hours, reverse=True)


@pytest.mark.parametrize(("found", "undisputed", "because"), [
    (likeness(COVER, "井盖缺失好几天了"), True, "words and class agree"),
    (likeness(COVER, "井盖缺失好几天了", mine=()), True, "an open class says nothing against it"),
    (likeness(COVER, "井盖缺失好几天了", theirs=REFUSE), False, "the classes differ"),
    (likeness("3号楼漏水", "5号楼漏水"), False, "the buildings differ"),
    (likeness(COVER, "垃圾没有清运"), False, "the words have nothing in common"),
    (likeness("", COVER), False, "nothing was said"),
])  # fmt: skip
def test_what_speaks_against_one_matter(found, undisputed, because):
    assert found.is_undisputed is undisputed, because


def test_the_reason_tells_distance_time_and_the_words_of_both():
    found = likeness(COVER, "井盖缺失好几天了")
    assert render(found.reason, "zh") == "相距12米，相隔3小时，都说到：井盖、缺失"
    assert render(found.reason, "en") == "12 m away, 3 h apart, both: 井盖, 缺失"
    assert "井盖" not in str(found.kept_reason.as_json()), "what a history keeps holds none of the words"
    assert render(likeness("", COVER, hours=0.2).reason, "en") == "12 m away, 12 min apart, the same class"
    assert render(likeness("", "", hours=72, mine=()).reason, "zh") == "相距12米，相隔3天"


def test_words_of_courtesy_are_not_in_common():
    assert words_in_both("门口路灯不亮", "小区门口的路灯坏了") == ("路灯",), "however each was parted"
    assert words_in_both("领导您好，希望尽快解决路灯问题", "领导您好，请尽快解决噪音问题") == ()
    assert signs_of("您好领导，希望尽快解决路灯").alike(signs_of("领导您好，请尽快解决噪音")) == 0.0


@given(st.text(max_size=300), st.text(max_size=300), st.floats(0, 1e6), st.floats(-1e5, 1e6))
@settings(max_examples=60, deadline=None)
def test_any_two_texts_have_a_probability(one, other, metres, hours):
    found = likeness(one, other, metres, hours)
    assert 0.0 <= found.probability <= 1.0
    assert render(found.reason, "zh")


def closed(number: str, days: int, **more) -> Earlier:
    return Earlier(number, NOON - timedelta(days=days), **more)


SAME_WORDS = likeness(COVER, "井盖缺失好几天了", settled=True)
OTHER_WORDS = likeness(COVER, "垃圾没有清运", theirs=REFUSE, settled=True)


@pytest.mark.parametrize(("earlier", "code", "because"), [
    ([closed("A", 5, same_component=True, same_class=True)], "repeat.component", "the same lamp is dark again"),
    ([closed("A", 5, same_component=True)], None, "another trouble of the same thing is no repeat"),
    ([closed("A", 5, same_person=True, same_class=True)], "repeat.person", "a person tells it again"),
    ([closed("A", 5, same_person=True)], None, "a person may report many matters"),
    ([closed("A", 5, same_person=True, likeness=SAME_WORDS)], "repeat.person", "the place and the words agree"),
    ([closed("A", 5, likeness=SAME_WORDS)], "repeat.matter", "somebody else tells of the same"),
    ([closed("A", 5, likeness=OTHER_WORDS)], None, "two matters at one place"),
    ([], None, "nothing was closed there"),
])  # fmt: skip
def test_what_a_report_repeats(earlier, code, because):
    found = find_repeat(NOON, earlier)
    assert (found.reason.code if found else None) == code, because


def test_the_case_closed_last_is_the_one_repeated():
    found = find_repeat(NOON, [closed("A", 30, likeness=SAME_WORDS), closed("B", 3, likeness=SAME_WORDS)])
    assert found is not None
    assert found.reason == Reason("repeat.matter", {"number": "B", "days": 3, "metres": 12})
