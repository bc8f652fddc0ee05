"""The page on architecture draws the stair that the contracts keep, and names files that are there."""

from __future__ import annotations

import re
import tomllib

import pytest
from tests.docs.repository import blocks, inline_code, name_of, pages, text_of

from cityloom.app.places import project_root

ROOT = project_root()
PACKAGE = ROOT / "src" / "cityloom"
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0][
    "layers"
]


def test_the_stair_is_drawn_as_it_is_kept():
    drawn = [re.split(r"\s{2,}", line)[0] for line in blocks(PAGE)[0].text.splitlines()]
    assert drawn == [re.sub(r"[()]", "", layer) for layer in LAYERS]


def test_every_folder_that_is_there_says_so_in_the_drawing():
    for line in blocks(PAGE)[0].text.splitlines():
        names, told = re.split(r"\s{2,}", line, maxsplit=1)
        parts = [part.strip() for part in told.split(" | ")]
        parts = parts if len(parts) > 1 else parts * len(names.split("|"))
        for name, part in zip((n.strip() for n in names.split("|")), parts, strict=True):
            assert (PACKAGE / name).is_dir() != (part == "(room kept)"), f"{name}: {part}"


@pytest.mark.parametrize(
    "page", [p for p in pages() if p.parent in (ROOT, ROOT / "docs", ROOT / "docs" / "decisions")], ids=name_of
)
def test_a_file_that_a_page_names_is_there(page):
    for word in inline_code(text_of(page) or ""):
        if re.fullmatch(r"[\w./-]+/[\w.-]+\.(py|toml|md)", word) and not word.startswith(
            (".", "/", "cities/", "DIR/")
        ):
            places = [ROOT / word, PACKAGE / word]
            places += [PACKAGE / folder / word for folder in ("cases", "city")]
            assert any(place.is_file() for place in places), f"{name_of(page)} names {word}"
