"""What may be the same matter is proposed where people look: the resident's form, the agent's panel, the desk."""

from __future__ import annotations

from cityloom.cases.understanding import warm_readers

SAID = "小区门口的路灯坏了，张大爷摔了一跤"
ALIKE = {"words": "路灯坏了，张大爷差点摔倒", "lon": "110.0011", "lat": "30.0011", "class": "", "address": ""}


def test_a_resident_sees_why_it_may_be_the_same_but_no_word_of_the_other_report(site, browser_of):
    warm_readers(site.city)
    number = site.report("hotline", by="agent", words=SAID, class_code=None).number
    browser = browser_of()
    text = browser.post("/report/near/", ALIKE).text
    assert f'value="{number}"' in text
    assert "0 m away" in text
    assert "both: 路灯" in text
    assert "张大爷" not in text, "a name that both say is not confirmed to whoever asks"
    asked = browser.get("/report/near/", ALIKE).text
    assert "both" not in asked, "words in an address are not read"
    panel = browser_of("agent").post("/new/read/", ALIKE).text
    assert "大爷" in panel.partition("the same matter:")[2], "the agent sees all that both say"


def test_a_resident_who_saw_what_is_near_and_says_another_is_never_merged(site, browser_of):
    first = site.report("open311", words=SAID, class_code=None).number
    answer = browser_of().post(
        "/report/", ALIKE | {"asked": "yes", "same_as": ""}, headers={"Accept": "application/json"}
    )
    assert answer.json()["number"] != first


def test_words_suggest_a_class_with_its_reason_while_they_are_typed(site, browser_of):
    warm_readers(site.city)
    browser = browser_of(language="zh")
    text = browser.post("/report/seems/", {"words": "小区门口的路灯坏了三天"}).text
    assert 'data-take="gb2013:0137"' in text
    assert "路灯" in text
    danger = browser.post("/report/seems/", {"words": "楼道里着火了，有人被困"}).text
    assert 'href="tel:119"' in danger
    assert browser.post("/report/seems/", {"words": " "}).text.strip() == ""
    assert browser.get("/report/seems/").status_code == 405, "words come in no address"


def test_the_desk_and_the_case_name_twins_and_repeats_with_their_reason(site, browser_of):
    first = site.report("hotline", by="agent", words="路口工地夜里打桩，吵得睡不着").number
    for move in ("sign", "contact", "handle", "reply"):
        site.move(move, "handler_e1", note="已处理")
    site.call_back()
    site.clock.advance(hours=24)
    open_one = site.report("hotline", by="agent", words="工地又在夜里打桩", class_code=None).number
    again = site.report("hotline", by="agent", words="夜里打桩，吵得睡不着", class_code=None).number
    browser = browser_of("dispatcher")
    desk = browser.get(f"/dispatch/?case={again}").text
    assert f"/case/{again}/beside/{open_one}/" in desk or f"{open_one}" in desk
    assert "the same matter: 0 m away" in desk
    page = browser.get(f"/case/{again}/").text
    assert f'href="/case/{first}/"' in page
    assert "days after" in page or "the same person" in page
    why = browser.get(f"/case/{again}/why/").text
    assert open_one in why
    assert "打桩" in why
