"""Phrases are found where they stand, in either script, and a text stays as long as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.triage.phrases import PhraseBook, PhraseError, plain

BOOK = PhraseBook(
    [("wire", "电线…掉"), ("gas", "煤气"), ("gas", "煤气泄漏"), ("smell", "煤气"), ("fire", "🔥"),
     ("blast", "explod*"), ("help", "help me"), ("cry", "！"), ("fire", "火")]
)  # fmt: skip


def found(text):
    return [(hit.label, text[hit.start : hit.end]) for hit in BOOK.find(plain(text))]


@pytest.mark.parametrize(
    ("text", "hits", "because"),
    [
        ("电线昨天又掉了", [("wire", "电线昨天又掉")], "a gap stands for a few characters"),
        ("电线断了。树掉了", [], "but not for the end of a sentence"),
        (
            "煤气泄漏",
            [("gas", "煤气"), ("gas", "煤气泄漏"), ("smell", "煤气")],
            "each label hits, and longer ones too",
        ),
        ("Ｈｅｌｐ Me", [("help", "Ｈｅｌｐ Me")], "in any case and width"),
        ("It exploded", [("blast", "exploded")], "any ending where the phrase allows it"),
        ("unexploded", [], "letters within a word are none"),
        ("🔥！火", [("fire", "🔥"), ("cry", "！"), ("fire", "火")], "single signs, by where they stand"),
        ("İ’m ΣΑΣ 火", [("fire", "火")], "letters whose small form is longer keep their place"),
    ],
)
def test_phrases_are_found(text, hits, because):
    assert found(text) == hits, because


def test_no_more_are_looked_for_after_enough():
    assert [hit.start for hit in BOOK.find("火火火", 2)] == [0, 1]
    assert len(BOOK.find("煤气", 1)) == 2, "those of one place stay together"
    assert BOOK.has_any("火")
    assert not PhraseBook(()).has_any("火")


@pytest.mark.parametrize("phrase", ["", "…掉", "电线…"])
def test_a_phrase_that_begins_or_ends_nowhere_is_refused(phrase):
    with pytest.raises(PhraseError):
        PhraseBook([("wire", phrase)])


@given(st.text(st.characters(exclude_categories=())))
def test_a_plain_text_is_as_long_as_it_was_and_plain_already(text):
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)
    BOOK.find(plain(text))


@given(st.text("电线掉煤气泄漏火！。 helpm", max_size=40))
def test_one_pass_finds_what_trying_each_place_finds(text):
    spelled = sorted(
        (at, label, text[at : at + len(phrase)])
        for label, phrase in [("gas", "煤气"), ("gas", "煤气泄漏"), ("smell", "煤气"), ("cry", "！"), ("fire", "火")]
        for at in range(len(text))
        if text.startswith(phrase, at)
    )
    hits = BOOK.find(plain(text))
    simple = [h for h in hits if h.label in {"gas", "smell", "cry", "fire"}]
    assert sorted((h.start, h.label, text[h.start : h.end]) for h in simple) == spelled
    assert [h.start for h in hits] == sorted(h.start for h in hits)
