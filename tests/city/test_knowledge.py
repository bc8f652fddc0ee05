"""Notes for who takes a call: the most specific first, at most three, and a wrong file says where."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from cityloom.city.knowledge import choose_notes, knowledge_of, notes_of
from cityloom.city.sheets import Notes

FILE = """
[note.city]
class = "h:05"
zh = "全类"
en = "all"
[note.night]
class = "h:0501"
words = ["通宵"]
zh = "夜间"
en = "night"
until = 2026-06-30
[note.short]
words = ["施工", "Drill"]
zh = "施工"
en = "works"
[note.long]
words = ["夜里施工"]
zh = "夜里施工"
en = "works at night"
[note.other]
class = "h:0502"
zh = "别的"
en = "other"
"""
CHAIN = ("h:050101", "h:0501", "h:05")


def read(text: str):
    notes = Notes("knowledge.toml")
    return knowledge_of(tomllib.loads(text), notes), [(p.code, p.place.name) for p in notes.problems]


@pytest.mark.parametrize(
    ("chain", "text", "day", "codes", "because"),
    [
        (CHAIN, "", 1, "night city", "the nearest class first"),
        (CHAIN[1:], "夜里施工", 1, "night long short", "its own class, then words, the longest first; three at most"),
        (CHAIN, "夜里施工", 1, "long short night", "what is said comes before classes above"),
        ((), "they drill all day", 1, "short", "a word in whatever case, while the class is open"),
        ((), "通宵", 1, "night", "a note of a class is called for by its words too"),
        (CHAIN, "通宵", 30, "night city", "its last day counts"),
        (CHAIN, "", 31, "city", "its day is over"),
        ((), "别的事", 1, "", "nothing fits"),
    ],
)
def test_the_most_specific_notes_come_first(chain, text, day, codes, because):
    (kept,), problems = read(FILE)
    assert problems == []
    on = date(2026, 6, day) if day < 31 else date(2026, 7, 1)
    assert " ".join(note.code for note in choose_notes(notes_of(kept.told), chain, text, on)) == codes, because


@pytest.mark.parametrize(
    ("text", "code", "where", "because"),
    [
        ('[notes.a]\nzh = "甲"', "key_unknown", "notes", "no table of that name"),
        ('[note.a]\nzh = "甲"\nen = "a"', "key_missing", "note.a.class", "it would never be shown"),
        ('[note.a]\nclass = "h:05"\nzh = "甲"', "key_missing", "note.a.en", "both languages"),
        (
            '[note.a]\nwords = ["噪"]\nzh = "甲"\nen = "a"',
            "value_form",
            "note.a.words",
            "one character is everywhere",
        ),
        ('[note.a]\nclass = "h:05"\nzh = ""\nen = "a"', "value_form", "note.a.zh", "nothing is said"),
        ('[note.a]\nclass = "h:05"\nzh = "甲"\nen = "a"\nlink = "x"', "value_form", "note.a.link", "no address"),
        ('[note.a]\nclass = "h:05"\nzh = "甲"\nen = "a"\nuntil = "6月"', "value_form", "note.a.until", "no day"),
        ('[note.a]\nclas = "h:05"\nzh = "甲"\nen = "a"', "key_unknown", "note.a.clas", "misspelt"),
        ("note = 3", "value_form", "note", "a table"),
        ("[note]\na = 3", "value_form", "note.a", "a table too"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(text, code, where, because):
    found, problems = read(text)
    assert found == (), "nothing of it is used"
    assert (code, where) in problems, because
