"""The figures of reading: what was proposed beside what people decided, seen at the next look."""

from __future__ import annotations

from datetime import date, timedelta

from tests.cases.life import LAMP, NOISE
from tests.cases.people import with_settings

from cityloom.cases.queries_training import list_filed_texts
from cityloom.cases.understanding import warm_readers
from cityloom.triage.agreement import By, Judged, agreement_of

SAID = "小区门口的路灯坏了三天，晚上很黑"


def test_a_correction_is_in_the_figures_at_the_next_look(site, browser_of):
    warm_readers(site.city)
    browser = browser_of("shift")
    assert "No report was read" in browser.get("/understanding/").text
    number = site.report("hotline", by="agent", words=SAID, class_code=None).number
    site.move("reclassify", "dispatcher", class_code=NOISE, reason="corrected.class")
    text = browser.get("/understanding/").text
    assert f'href="/case/{number}/why/"' in text
    assert "0 of 1" in text
    site.report("hotline", by="agent", words=SAID, class_code=LAMP)
    text = browser.get("/understanding/?days=7").text
    assert "1 of 2" in text
    assert "the agent" in text
    assert "The words of the city folder" in text, "no model is in use"
    assert 'class="line" d="M' in text
    assert browser_of("handler_e1").get("/understanding/").status_code == 403


def test_a_model_learns_from_classes_that_people_gave(site):
    warm_readers(site.city)
    site.city = with_settings(site.city, limits={**site.city.settings.limits, "triage_class": 0.01})
    alone = site.report("hotline", by="agent", words=SAID, class_code=None)
    assert alone.file.case.class_code is not None
    site.move("withdraw", "resident", owns=True, reason="withdrawn.by_resident")
    assert list(list_filed_texts(site.city)) == [], "nobody but the system said the class"
    site.report("hotline", by="agent", words=SAID, class_code=LAMP)
    site.move("withdraw", "resident", owns=True, reason="withdrawn.by_resident")
    assert [label for _, label in list_filed_texts(site.city)] == [LAMP]


def test_figures_tell_people_from_the_system():
    day = date(2026, 6, 1)
    rows = [
        Judged("1", day, "m", "a", 0.9, "a", By.DESK),
        Judged("2", day, "m", "a", 0.6, "b", By.AGENT),
        Judged("3", day, "m", "a", 0.9, "a", By.SYSTEM),
        Judged("4", day, "m", None, 0.0, "b", By.DESK),
        Judged("5", day, "m", "a", 0.9, None, By.OPEN),
    ]
    found = agreement_of(rows, [day - timedelta(days=1), day])
    assert (found.agreed.part, found.agreed.whole) == (1, 2), "the system agreeing with itself is no agreement"
    assert (found.alone.part, found.alone.whole) == (1, 5)
    assert [(count, share.share) for _, count, share in found.by_day] == [(0, None), (5, 0.5)]
    assert [row.number for row in found.corrected] == ["2"]
    at_ninety = next(each for each in found.by_confidence if each[0] == 0.9)
    assert (at_ninety[1].part, at_ninety[2].share) == (3, 1.0)
