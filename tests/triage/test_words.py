"""The words of a list are found in a text however they overlap, each as often as it stands there."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.triage.words import WordFinder

LISTED = ("路灯", "灯不亮", "路灯不亮", "人人", "哈哈哈", "lamp", "street lamp", "cat", "L3", "A")
FINDER = WordFinder(LISTED)


@pytest.mark.parametrize(
    ("said", "found", "because"),
    [
        (
            "路灯不亮",
            {"路灯": 1, "路灯不亮": 1, "灯不亮": 1},
            "words within and across another count too",
        ),
        ("路灯，路灯，灯", {"路灯": 2}, "it counts as often as it stands there"),
        ("人人人 人人人人", {"人人": 3}, "what overlaps itself is counted once for each of its own places"),
        ("lamps, lamp and lamplight", {"lamp": 2}, "letters are whole words, an ending apart"),
        ("the street lamped", {"lamp": 1, "street lamp": 1}, "two words of letters are one entry"),
        ("concatenate cats", {"cat": 1}, "letters within another word are none"),
        ("l3 pl3", {"l3": 1}, "the list's capitals are read as small letters"),
        ("a", {}, "a single letter says nothing"),
        ("", {}, "nothing holds nothing"),
    ],
)
def test_words_are_found_as_often_as_they_stand(said, found, because):
    assert FINDER.find(said) == found, because


def test_a_list_without_words_finds_none():
    assert WordFinder(()).find("路灯不亮") == {}


def as_spelled_out(words, text):
    """The same by looking for each word of the list by itself."""
    counts = {}
    for word in sorted({each.lower() for each in words if len(each) > 1}):
        if word.isascii():
            places = re.finditer(rf"(?={re.escape(word)}(.{{0,4}}))", text, re.S)
            starts = [(at.start(), at[1]) for at in places]
            apart, free = [], 0
            for start, rest in starts:
                if start >= free:
                    apart.append((start, rest))
                    free = start + len(word)
            whole = re.compile(r"(|s|es|ed|ing)(?![a-z0-9])")
            count = sum(
                bool(whole.match(rest)) and not re.match("[a-z0-9]", text[start - 1 : start]) for start, rest in apart
            )
        else:
            count = text.count(word)
        if count:
            counts[word] = count
    return counts


WORDS = st.lists(st.text("路灯人哈ab1 ", min_size=1, max_size=4), max_size=12)


@given(words=WORDS, text=st.text("路灯人哈ab1esd ，😱", max_size=60))
def test_one_pass_finds_what_looking_for_each_word_finds(words, text):
    found = WordFinder(words).find(text)
    assert found == as_spelled_out(words, text)
    assert list(found) == sorted(found)
