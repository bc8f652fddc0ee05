"""Proposals: stored as codes and told again, and never with a confidence that is none."""

import json

import pytest

from cityloom.base.reasons import Reason
from cityloom.triage.values import ConfidenceError, Proposal, Reading, Subject

LIKELY = Proposal(Subject.CLASS, "gb2013:C0101", 0.9, Reason("x.likely", {"words": ["井盖"]}), ("井盖", "缺失"))
LESS = Proposal(Subject.CLASS, "gb2013:E0404", 0.06, Reason("x.less"))
NOWHERE = Proposal(Subject.PLACE, None, 0.0, Reason("x.no_place"))


def test_a_reading_comes_back_from_the_store_as_it_was():
    reading = Reading((LIKELY, LESS, NOWHERE), model="cold:1", cut=True, notes={"language": "zh"})
    assert Reading.from_json(json.loads(json.dumps(reading.as_json()))) == reading


def test_the_likeliest_proposal_of_a_subject_comes_first():
    reading = Reading((LIKELY, LESS)).joined_by([NOWHERE])
    assert reading.best(Subject.CLASS) is LIKELY
    assert reading.about(Subject.CLASS) == (LIKELY, LESS)
    assert reading.best(Subject.TWIN) is None


@pytest.mark.parametrize(
    ("proposal", "at_least", "sure", "because"),
    [
        (LIKELY, 0.9, True, "the confidence that was asked for is enough"),
        (LIKELY, 0.95, False, "less than the city asks for"),
        (NOWHERE, 0.0, False, "what cannot tell is never sure"),
    ],
)
def test_the_city_says_from_which_confidence_on_the_system_may_go_by_itself(proposal, at_least, sure, because):
    assert proposal.is_sure(at_least) is sure, because


@pytest.mark.parametrize("confidence", [-0.01, 1.01, float("nan")])
def test_a_confidence_is_a_share(confidence):
    with pytest.raises(ConfidenceError):
        Proposal(Subject.CLASS, "a:b", confidence, Reason("x.likely"))
