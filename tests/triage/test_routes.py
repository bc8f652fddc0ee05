"""The six special routes are recognised, and what tells of no matter is set aside with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.base.reasons import render
from cityloom.triage.routes import Aside, Route, RouteLexicon, read_aside, read_routes, shipped_routes

MISSES: frozenset[str] = frozenset()
FALSE_ALARMS: frozenset[str] = frozenset()


def phrasings() -> list[tuple[str, str]]:
    lines = (Path(__file__).parent / "route_phrasings.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return [(route, text) for route, text in rows]


def routes_of(text: str) -> list[str | None]:
    return [proposal.value for proposal in read_routes(text)]


def test_every_route_of_the_table_is_recognised_but_those_listed() -> None:
    assert {text for route, text in phrasings() if route != "-" and route not in routes_of(text)} == MISSES


def test_no_ordinary_text_takes_a_special_route_but_those_listed() -> None:
    assert {text for route, text in phrasings() if route == "-" and routes_of(text) != [None]} == FALSE_ALARMS


def test_a_repeat_without_new_facts_is_told_by_the_earlier_report() -> None:
    before = "翠宁路151号门口的店天天占道经营，走路都走不了"
    (repeat,) = read_routes("翠宁路１５１号门口的店，天天占道经营，走路都走不了！", [before])
    assert repeat.value is None, "full-width figures count as other letters until the text is normalised"
    (repeat,) = read_routes("翠宁路151号门口的店，天天占道经营。走路都走不了！", [before])
    assert (repeat.value, repeat.confidence) == ("repeat", 1.0)
    assert render(repeat.reason, "en") == "says what was reported before (100% alike) and nothing new"
    new_fact = before + "，昨天还推倒了路过的老人，车牌拍下来了，监控也有"
    assert "repeat" not in [p.value for p in read_routes(new_fact, [before])]


def test_the_weightiest_route_comes_first() -> None:
    assert routes_of("法院判了，再不执行我就跳楼") == ["emergency", "legal"]


def test_reasons_read_in_both_languages() -> None:
    (legal,) = read_routes("法院判了两年")
    assert render(legal.reason, "zh").startswith("属于诉讼、仲裁、纪检监察、复议、信息公开、信访（")
    (danger, *_) = read_routes("三楼着火了")
    assert render(danger.reason, "zh").startswith("涉及人身安全（火情 fire），应立即转119 消防救援")
    assert set(shipped_routes().kinds) == set(Route) - {Route.EMERGENCY}


@pytest.mark.parametrize(
    ("text", "aside", "because"),
    [
        ("", "empty", "nothing"),
        (" \n\u3000", "empty", "blanks"),
        ("？？？！！", "noise", "signs alone"),
        ("啊啊啊啊啊啊啊", "noise", "one character"),
        ("🙂🙂🙂", "noise", "pictures alone"),
        ("测试", "test", "a test"),
        ("测试一下123", "test", "a test with a number"),
        ("this is a test", "test", "in English"),
        ("傻逼政府", "abuse", "nothing but abuse"),
        ("你们这帮废物，去死吧", "abuse", "nothing but abuse"),
        ("fuck you all idiots", "abuse", "in English"),
        ("低息贷款，无抵押，加微信免费领取额度，月入过万不是梦", "advert", "an advertisement"),
        ("Special offer! Click here for a discount code", "advert", "in English"),
        ("垃圾桶满了三天没人收，你们这帮废物到底管不管", None, "abusive, and a matter all the same"),
        ("环保局的噪音测试结果什么时候出", None, "a test that is the matter"),
        ("驾照测试预约不上", None, "a test that is the matter"),
        ("墙上贴满低息贷款的小广告，还有刷单的", None, "a report about advertisements"),
        ("被骗了，对方让我刷单，说轻松赚", None, "a report of a fraud"),
        ("路灯不亮", None, "an ordinary report"),
        ("停水", None, "two characters that say it"),
    ],
)
def test_what_tells_of_no_matter_is_set_aside(text: str, aside: str | None, because: str) -> None:
    assert read_aside(text).value == aside, because


def test_a_photo_speaks_for_itself() -> None:
    assert read_aside("", has_photos=True).value is None


def test_a_city_adds_words_of_its_own() -> None:
    own = RouteLexicon({"routes": {"outside": {"+words": ["找房子"]}}})
    assert [p.value for p in read_routes("帮我找房子", lexicon=own)] == ["outside"]


@given(st.text(max_size=200), st.lists(st.text(max_size=50), max_size=3))
def test_any_text_is_read(text: str, earlier: list[str]) -> None:
    assert all(p.value is None or p.value in tuple(Route) for p in read_routes(text, earlier))
    aside = read_aside(text)
    assert aside.value is None or aside.value in tuple(Aside)


@pytest.mark.parametrize("unit", ["法院", "测试", "a", "🙂", "\u202e", "测试fuck"])
def test_a_megabyte_is_read(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    read_routes(long, [long])
    read_aside(long)
