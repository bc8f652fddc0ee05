"""Who is in danger is told at once: the table of phrasings, with every miss and false alarm by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.base.reasons import render
from cityloom.triage.lexicons import lexicon
from cityloom.triage.phrases import PhraseBook, PhraseError, plain, sentence_around
from cityloom.triage.urgency import Level, UrgencyLexicon, read_urgency, shipped_urgency

AT_ONCE = (Level.EMERGENCY.value, Level.PRESSING.value)
# What the lexicon gets wrong in the table today: a change that mends or breaks one says so here.
MISSES: frozenset[str] = frozenset()
FALSE_ALARMS: frozenset[str] = frozenset({"下雨怕树倒，请修剪一下"})


def phrasings() -> list[tuple[str, str]]:
    """(hazard or empty, text) of the table."""
    lines = (Path(__file__).parent / "urgency_phrasings.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split(" ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return [(mark[1:], text) for mark, text in rows]


def is_at_once(text: str) -> bool:
    return read_urgency(text).value["level"] in AT_ONCE


def test_the_table_is_as_large_as_promised() -> None:
    dangers = [hazard for hazard, _ in phrasings() if hazard]
    assert len(dangers) >= 150
    assert len(phrasings()) - len(dangers) >= 150
    assert set(dangers) == set(shipped_urgency().hazards)


def test_no_danger_is_missed_but_those_listed() -> None:
    assert {text for hazard, text in phrasings() if hazard and not is_at_once(text)} == MISSES


def test_no_ordinary_text_raises_an_alarm_but_those_listed() -> None:
    assert {text for hazard, text in phrasings() if not hazard and is_at_once(text)} == FALSE_ALARMS


def test_dangers_belong_to_their_kind() -> None:
    named = [(hazard, read_urgency(text).value["hazards"]) for hazard, text in phrasings() if hazard]
    right = sum(hazard in found for hazard, found in named)
    assert right >= 0.97 * len(named)


@pytest.mark.parametrize(
    ("text", "level", "lines", "because"),
    [
        ("三楼着火了", "emergency", ["119"], "told as happening"),
        ("闻到很浓的煤气味", "emergency", ["119", "gas"], "two lines, the first one first"),
        ("井盖丢了", "pressing", ["city"], "city services, night and day"),
        ("没有着火", "none", [], "denied"),
        ("担心着火", "watch", [], "feared: a person looks sooner, no line is named"),
        ("去年这里着火了", "watch", [], "past"),
        ("去年着过火，现在又着火了", "emergency", ["119"], "past, and now again"),
        ("火锅店太吵", "none", [], "another word that holds this one"),
        ("被打扰得睡不着", "none", [], "被打 in 被打扰"),
        ("There is no fire here", "none", [], "denied in English"),
        ("Fire in the kitchen", "emergency", ["119"], "in English"),
        ("", "none", [], "nothing said"),
    ],
)
def test_how_a_danger_stands_in_the_text(text: str, level: str, lines: list[str], because: str) -> None:
    proposal = read_urgency(text)
    assert (proposal.value["level"], proposal.value["lines"]) == (level, lines), because


def test_the_reason_reads_in_both_languages_and_quotes_the_lexicon_not_the_text() -> None:
    proposal = read_urgency("王小明家三楼着火了")
    assert render(proposal.reason, "zh") == "提到火情（fire）：着火"
    assert render(proposal.reason, "en") == "tells of fire (火情): 着火"
    assert proposal.words == ("着火",)


def test_a_city_changes_the_lexicon() -> None:
    own = {
        "lines": {"gas": {"phone": "96777"}},
        "hazards": {
            "gas": {"+words": ["瓦斯泄出"]},
            "bees": {"zh": "蜂群", "en": "bees", "level": "pressing", "lines": ["119"], "words": ["蜂窝"]},
        },
    }
    book = UrgencyLexicon(own)
    assert book.lines["gas"].phone == "96777"
    assert read_urgency("瓦斯泄出", book).value["hazards"] == ["gas"]
    assert read_urgency("树上有蜂窝", book).value == {"level": "pressing", "hazards": ["bees"], "lines": ["119"]}
    assert read_urgency("树上有蜂窝").value["level"] == "none"


def test_every_hazard_names_lines_that_exist() -> None:
    book = shipped_urgency()
    for hazard in book.hazards.values():
        assert hazard.lines
        assert set(hazard.lines) <= set(book.lines)
        assert hazard.name.zh
        assert hazard.name.en


def test_a_list_of_a_city_replaces_the_shipped_one() -> None:
    data = lexicon("urgency", {"guards": {"figurative": ["甲乙"], "+past": ["昔日"]}})
    assert data["guards"]["figurative"] == ["甲乙"]
    assert data["guards"]["past"][-1] == "昔日"
    assert "甲乙" not in lexicon("urgency")["guards"]["figurative"]


def test_phrases_stand_for_what_they_say() -> None:
    book = PhraseBook([("a", "电线…掉"), ("b", "explod*"), ("c", "gas leak*"), ("d", "枪")])
    assert [h.label for h in book.find(plain("电线被风刮得快掉了"))] == ["a"]
    assert not book.find(plain("电线老化。叶子掉了")), "another sentence"
    assert [h.label for h in book.find(plain("It EXPLODED, gas leaking"))] == ["b", "c"]
    assert not book.find(plain("unexploded biogas leak")), "whole words"
    assert [h.label for h in book.find("枪")] == ["d"]
    with pytest.raises(PhraseError, match="begins or ends"):
        PhraseBook([("a", "…掉")])
    assert sentence_around("甲。乙着火。丙", 3, 5) == (2, 5)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    proposal = read_urgency(text)
    assert proposal.value["level"] in tuple(Level)
    assert all(word in text for word in proposal.words)


@given(st.text())
def test_plain_keeps_every_place(text: str) -> None:
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize(
    "unit", ["着火", "没有", "井盖没了", "着火了火锅", "电线", "a ", "fire ", "。", "🙂", "\u202e", "<b>", "如果"]
)
def test_a_megabyte_is_read(unit: str) -> None:
    assert read_urgency(unit * (1_000_000 // len(unit))).value["level"] in tuple(Level)
