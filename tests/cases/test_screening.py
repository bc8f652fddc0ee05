"""What looks like no report is named; an ordinary report, however short, is not."""

from __future__ import annotations

import pytest

from cityloom.cases.screening import same_words_key, suspicions


@pytest.mark.parametrize(
    ("words", "more", "found", "because"),
    [
        ("路灯不亮", {}, (), "short is not suspicious"),
        ("灯", {}, (), "one word can say it"),
        ("Lamp 12 is out", {}, (), "in any language"),
        ("哈哈哈哈哈哈哈", {}, ("screen.no_words",), "one sign over and over"),
        ("1234567 !!!", {}, ("screen.no_words",), "no letter at all"),
        ("1234567 !!!", {"has_photos": True}, (), "the photo speaks"),
        ("", {"has_photos": True}, (), "a photo without words is a report"),
        ("https://example.com/a www.example.org", {}, ("screen.links_only",), "links and nothing else"),
        ("见 https://example.com/a", {}, (), "a link in a sentence"),
        ("路灯不亮", {"trap": "http://x"}, ("screen.trap",), "only machines see that field"),
        ("路灯不亮", {"same_words": True}, ("screen.same_words",), "the same from the same place again"),
        ("www.example.org", {"trap": "x", "same_words": True},
         ("screen.trap", "screen.links_only", "screen.same_words"), "all that is found is told"),
    ],
)  # fmt: skip
def test_what_is_suspicious_about_a_report(words, more, found, because):
    assert suspicions(words, **more) == found, because


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("路灯 不亮！", "路灯不亮", True),
        ("Lamp OUT", "lamp, out.", True),
        ("路灯不亮", "井盖松了", False),
    ],
)
def test_words_are_the_same_whatever_stands_between(one, other, same):
    assert (same_words_key(one) == same_words_key(other)) is same
    assert same_words_key(" !? ") == ""
