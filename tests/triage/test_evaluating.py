"""The figures of text classification against numbers counted by hand, and what counts as saying it again."""

import pytest

from cityloom.triage.classifying import Likely
from cityloom.triage.evaluating import figures_of, near_duplicates

LABELS = ["a", "a", "a", "b", "b", "c"]
ANSWERS = [Likely("a", 0.95), Likely("a", 0.85), Likely("b", 0.55), Likely("b", 0.9), None, Likely("a", 0.85)]


def test_precision_recall_and_f1_by_hand():
    found = figures_of(LABELS, ANSWERS)
    assert (found.classes["a"].precision, found.classes["a"].recall) == (2 / 3, 2 / 3)
    assert (found.classes["b"].precision, found.classes["b"].recall) == (1 / 2, 1 / 2)
    assert found.classes["c"].f1 == 0.0
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert found.micro_f1 == pytest.approx(2 * 3 / (5 + 6))
    assert (found.accuracy, found.cannot_tell) == (1 / 2, 1)
    assert found.confusion == {"a": {"a": 2, "b": 1}, "b": {"": 1, "b": 1}, "c": {"a": 1}}


def test_what_is_decided_alone_and_the_calibration_error_by_hand():
    found = figures_of(LABELS, ANSWERS, sure=0.8)
    assert found.sure_share == 4 / 6
    assert found.sure_precision == 3 / 4
    # bins: 0.5–0.6 |0.55 − 0|, 0.8–0.9 |1.70 − 1|, 0.9–1 |1.85 − 2|, over five answers
    assert found.calibration_error == pytest.approx((0.55 + 0.70 + 0.15) / 5)


def test_nobody_sure_is_no_precision():
    assert figures_of(["a"], [Likely("a", 0.5)]).sure_precision is None


@pytest.mark.parametrize(
    ("second", "again", "because"),
    [
        ("路口的路灯坏了三天了，晚上一片漆黑，请尽快派人修理！", True, "one mark differs"),
        ("文平路路口的路灯坏了三天了，晚上一片漆黑，请尽快派人修理", True, "some words came before"),
        ("路口的垃圾堆了三天了，白天臭气熏天，请尽快派人清运", False, "another matter in the same manner"),
        ("", False, "nothing repeats nothing"),
    ],
)
def test_a_text_that_nearly_repeats_an_earlier_one_is_found(second, again, because):
    first = "路口的路灯坏了三天了，晚上一片漆黑，请尽快派人修理。"
    assert near_duplicates([first, second]) == ([1] if again else []), because
    assert near_duplicates(["", ""]) == []
