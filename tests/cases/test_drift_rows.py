"""What was proposed for reports, held against the class their cases have."""

from datetime import timedelta

import pytest

from cityloom.cases.queries_drift import list_decided
from cityloom.triage.drift import drift_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_reports_without_a_chosen_class_are_held_against_what_was_decided(life):
    life.report(words="路边暴露垃圾没人清运", class_code=None)
    since = life.clock.now() - timedelta(days=1)
    rows = list(list_decided(life.city, since))
    assert [row.decided for row in rows] == [None]
    (figures,) = drift_of(rows, sure=0.8)
    assert (figures.read, figures.decided, figures.agreement) == (1, 0, None)


def test_a_class_that_the_reporter_chose_is_no_decision_about_a_proposal(life):
    life.report(words="路边暴露垃圾没人清运")
    assert list(list_decided(life.city, life.clock.now() - timedelta(days=1))) == []
