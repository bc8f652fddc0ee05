"""A setting that anything in the project names is one that exists, and the docs tell what it means."""

from __future__ import annotations

import re

from tests.docs.repository import ROOT, files, name_of, text_of

from cityloom.app.environment import SETTINGS

NAME = re.compile(r"\bCITYLOOM_[A-Z][A-Z_]*[A-Z]\b")
TABLE_ROW = re.compile(r"^\| `(CITYLOOM_[A-Z_]+)` \|", re.MULTILINE)
# Names inside the program that only look like settings.
NOT_FROM_OUTSIDE = {"CITYLOOM_DEMO_PASSWORD", "CITYLOOM_DATA_KEY_FILE"}


def described() -> set[str]:
    return set(TABLE_ROW.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8")))


def test_every_setting_named_anywhere_is_described():
    named = {
        (name, name_of(path))
        for path in files()
        if path.suffix in (".py", ".md", ".toml", ".ts", ".html", "") and path.is_relative_to(ROOT)
        for name in NAME.findall(text_of(path) or "")
    }
    strangers = {(name, where) for name, where in named if name not in described() | NOT_FROM_OUTSIDE}
    assert not strangers


def test_every_setting_of_the_table_is_described_and_read_somewhere():
    read = [p for p in files() if p.is_relative_to(ROOT / "src") and p.name != "setting_words.py"]
    code = "".join(text_of(path) or "" for path in read)
    for setting in SETTINGS:
        assert setting.name in described(), setting.name
        assert code.count(setting.name) > 1, f"{setting.name} is described but nothing reads it"
