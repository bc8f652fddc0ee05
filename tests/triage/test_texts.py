"""What people send is read in one form, whatever they send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloom.triage.texts import LONGEST, normalise


@pytest.mark.parametrize(
    ("sent", "read", "because"),
    [
        ("井蓋　ＮＯ．１２", "井蓋 NO.12", "full-width letters and digits are the same letters and digits"),
        ("<p>路灯<br/>不亮</p><script>alert(1)</script>", "路灯 不亮", "markup is not what was said"),
        ("a &lt; b &amp; c", "a < b & c", "entities are the characters they stand for"),
        ("3 < 5 and 7 > 2", "3 < 5 and 7 > 2", "a comparison is no markup"),
        ("井\u200b盖\u202e没了\ufeff", "井盖没了", "marks that nobody sees do not part a word"),
        ("line\r\n\ttwo\x00three", "line two three", "controls part words"),
        ("lone \ud83d half", "lone half", "half a character is none"),
        ("急急急急急急急急急急急急急", "急急急急急急急急", "a long run of one character says it once more only"),
        ("漏水了😱🆘", "漏水了😱🆘", "emoji stay"),
        ("", "", "nothing is nothing"),
    ],
)
def test_a_text_is_read_in_one_form(sent, read, because):
    assert normalise(sent).read == read, because


def test_a_very_long_text_is_cut_and_says_so():
    text = normalise("垃圾没人清运。" * 150_000)
    assert (len(text.read), text.cut) == (LONGEST, True)
    assert not normalise("垃圾" * (LONGEST // 2)).cut


@pytest.mark.parametrize("piece", ["<", "<!--", "<script>", "&", "&#x", "ﷺ", "̈", "a<b ", "\u202e", "<a href='"])
def test_a_megabyte_made_to_be_slow_is_read_all_the_same(piece):
    text = normalise(piece * (1_000_000 // len(piece)))
    assert text.cut
    assert len(text.read) <= LONGEST


@given(st.text(st.characters()))
def test_reading_what_was_read_changes_nothing_that_matters(sent):
    text = normalise(sent)
    assert len(text.read) <= LONGEST
    text.read.encode()  # no half characters
    assert text.says_something == any(each.isalnum() for each in text.read)
