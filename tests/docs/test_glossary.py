"""One word per thing: the glossary holds every word of the status tables, as the code and the pages say it."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from tests.docs.repository import ROOT

from cityloom.cases.order_values import ORDER_MOVES, ORDER_STATES
from cityloom.city.paths import (
    CASE_MOVES,
    CASE_STATES,
    REPORT_MOVES,
    REPORT_STATES,
    REQUEST_MOVES,
    REQUEST_STATES,
    TASK_MOVES,
    TASK_STATES,
    parse_paths,
)
from cityloom.city.values import Nature, Role, Source, Urgency
from cityloom.web.words import WORDS

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TABLES = {
    title.strip(): [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in body.splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    for title, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}


def pairs(title: str) -> dict[str, tuple[str, str]]:
    """Word to its Chinese and English of one table; the field's own terms have no word in code."""
    rows = TABLES[title][1:]
    return {row[0].strip("`"): (row[1], row[2]) for row in rows}


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("States of a case", CASE_STATES),
        ("States of a task", TASK_STATES),
        ("States of a report", REPORT_STATES),
        ("States of a request", REQUEST_STATES),
        ("Moves of a case", CASE_MOVES),
        ("Moves of an assisting task", TASK_MOVES),
        ("Moves of a report", REPORT_MOVES),
        ("Moves of a request", REQUEST_MOVES),
        ("States of an order", ORDER_STATES),
        ("Moves of an order", ORDER_MOVES),
        ("Clocks", {name: clock.title for name, clock in parse_paths(None).clocks.items()}),
    ],
)
def test_the_status_tables_say_what_the_glossary_says(title, words):
    assert pairs(title) == {word: (name.zh, name.en) for word, name in words.items()}


@pytest.mark.parametrize(
    ("title", "prefix", "kind"),
    [("Roles", "role", Role), ("Sources", "source", Source), ("Natures", "nature", Nature)],
)
def test_the_pages_say_what_the_glossary_says(title, prefix, kind):
    assert pairs(title) == {each.value: WORDS[f"{prefix}.{each.value}"] for each in kind}


def test_every_urgency_is_in_the_glossary():
    assert pairs("Urgency").keys() == {each.value for each in Urgency}


@pytest.mark.parametrize("title", TABLES)
def test_no_word_stands_for_two_things(title):
    head, *rows = TABLES[title]
    for column in range(min(3, len(head)) if head[0] == "word" else 2):
        twice = [word for word, times in Counter(row[column] for row in rows).items() if times > 1]
        assert not twice, f"{title}, {head[column]}"


def test_a_word_means_the_same_in_every_table():
    said: dict[str, set[tuple[str, str]]] = {}
    for title in (name for name in TABLES if name.startswith("States")):
        for word, pair in pairs(title).items():
            said.setdefault(word, set()).add(pair)
    assert not {word: both for word, both in said.items() if len(both) > 1}


def test_every_row_says_what_its_word_means():
    for title, (head, *rows) in TABLES.items():
        assert all(len(row) == len(head) and all(row) for row in rows), title
