"""Why a case was taken for what it is: the page tells what was read, by which model, and who changed it."""

from tests.cases.life import LAMP, NOISE

from cityloom.cases.understanding import warm_readers

SAID = "小区对面的工地夜里施工噪声很大，吵得睡不着"


def test_why_a_case_was_taken_for_what_it_is_can_be_read_by_who_works_on_it(site, browser_of):
    warm_readers(site.city)
    number = site.report("hotline", by="agent", words=SAID, class_code=None).number
    text = browser_of("dispatcher").get(f"/case/{number}/why/").text
    assert "Why it was taken for this" in text
    assert "read by cold:" in text
    assert "Nobody changed its class" in text
    assert browser_of().get(f"/case/{number}/why/").status_code == 302


def test_who_corrected_the_class_stands_beside_what_was_proposed(site, browser_of):
    number = site.report("hotline", by="agent", words=SAID, class_code=NOISE).number
    site.move("reclassify", "dispatcher", reason="corrected.class", class_code=LAMP)
    text = browser_of("dispatcher").get(f"/case/{number}/why/").text
    assert "→" in text
    assert "Nobody changed its class" not in text
