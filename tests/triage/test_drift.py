"""How a model's proposals stand to what people decided, by hand."""

from cityloom.triage.drift import Decided, drift_of

ROWS = [
    Decided("new", "lamp", 0.9, "lamp"),
    Decided("new", "lamp", 0.9, "refuse"),
    Decided("new", "noise", 0.6, "noise"),
    Decided("new", "noise", 0.6, None),
    Decided("new", None, 0.0, "heat"),
    Decided("cold:1", None, 0.0, None),
]


def test_the_figures_of_a_model_by_hand():
    new, _ = drift_of(ROWS, sure=0.8)
    assert (new.model, new.read, new.decided) == ("new", 5, 3)
    assert new.sent_to_people == 3 / 5  # two below the confidence, one that it could not tell
    assert new.agreement == 2 / 3
    assert new.sure_agreement == 1 / 2
    assert new.as_json()["expected"] == 0.8


def test_what_has_no_denominator_has_no_share():
    _, cold = drift_of(ROWS, sure=0.8)
    assert (cold.read, cold.sent_to_people) == (1, 1.0)
    assert cold.agreement is cold.expected is cold.sure_agreement is None
