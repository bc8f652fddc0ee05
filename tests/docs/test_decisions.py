"""Each decision is a page titled by its sentence, with its status and what was measured."""

from __future__ import annotations

import re

import pytest
from tests.docs.repository import ROOT

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))


def test_decisions_are_numbered_without_gaps():
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_is_titled_by_its_sentence(page):
    title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    assert page.stem[5:] in (name, name.split("-and-the-")[0]), "the file is named by the title's words"
    assert " " in title, "a sentence"
    assert not title.endswith("."), "a title"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_says_where_it_stands_and_what_was_measured(page):
    text = page.read_text(encoding="utf-8")
    assert re.search(r"^Status: (in force|replaced by \[\d{4}\]\(\d{4}-.+\.md\))$", text, re.MULTILINE)
    parts = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)+)", text, re.MULTILINE))
    for part in ("Decided", "Why", "What was measured"):
        assert len(parts.get(part, "").split()) >= 5, f"{part} says something"


def test_the_list_of_decisions_names_each_with_its_sentence():
    listed = dict(
        re.findall(r"^\| \[\d{4}\]\((.+?)\) \| (.+?) \|$", (FOLDER / "README.md").read_text(encoding="utf-8"), re.M)
    )
    assert listed.keys() == {page.name for page in PAGES}
    for page in PAGES:
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert listed[page.name].lower() == title.lower()
