"""Every link of every page leads somewhere: to a file of the project and, where it names one, to a heading."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from tests.docs.repository import ROOT, anchors, files, name_of, pages, prose, text_of

LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
KNOWN = {name_of(path) for path in files()} | {
    name_of(p) for path in files() for p in path.parents if ROOT in p.parents
}


def links(text: str) -> list[str]:
    """The targets of a page's links, those in code left out."""
    return LINK.findall(re.sub(r"`[^`\n]*`", "", prose(text)))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page):
    for target in links(text_of(page) or ""):
        if re.match(r"[a-z]+:", target):
            continue  # another site: this machine is not asked to reach it
        path, _, anchor = unquote(target).partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there == ROOT or name_of(there) in KNOWN, (
            f"{name_of(page)} links to {target}, which is no file of ours"
        )
        if anchor:
            assert anchor in anchors(text_of(there) or ""), f"{name_of(page)}: {target} names no heading there"


def test_a_dead_link_would_be_seen():
    assert links("see [the page](gone.md#part) and `[not](this.md)` and ![a picture](x.png)") == [
        "gone.md#part",
        "x.png",
    ]


def test_an_anchor_is_made_as_the_sites_make_it():
    assert anchors("# What must `never` happen?\n## 一 case\n## A\n## A\n") == {
        "what-must-never-happen",
        "一-case",
        "a",
        "a-1",
    }


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_first_page_leads_to_every_page_of_the_docs(name):
    readme = ROOT / name
    linked = {
        name_of((readme.parent / t.partition("#")[0]).resolve()) for t in links(text_of(readme) or "") if ":" not in t
    }
    own = {name_of(page) for page in pages() if page.parent == ROOT / "docs"}
    assert own - linked == set(), "a page that nothing leads to is not read"
