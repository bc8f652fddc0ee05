"""Every reason and refusal that the code can give has its sentence in Chinese and in English."""

from __future__ import annotations

import ast
import importlib
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.repository import ROOT

from cityloom.base import reasons
from cityloom.base.errors import CityloomError

PACKAGE = ROOT / "src" / "cityloom"
CODE = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_0-9]*")


def sources() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]


@pytest.fixture(scope="module", autouse=True)
def all_tables_registered() -> None:
    """Import whatever registers sentences, so that this test knows all of them."""
    for path in sources():
        if re.search(r"^register(_reasons)?\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            parts = path.relative_to(ROOT / "src").with_suffix("").parts
            importlib.import_module(".".join(part for part in parts if part != "__init__"))


def error_classes() -> set[str]:
    """The names of all refusals, with the classes below them."""
    found, waiting = set(), [CityloomError]
    while waiting:
        kind = waiting.pop()
        found.add(kind.__name__)
        waiting += kind.__subclasses__()
    return found


def used_codes(tree: ast.AST, makers: set[str]) -> Iterator[tuple[str, int]]:
    """The codes that calls of these makers give, also as one of two (`a if … else b`), with their lines."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        is_super = name == "__init__" and isinstance(getattr(node.func, "value", None), ast.Call)
        if name in makers or is_super:
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and CODE.fullmatch(part.value):
                    yield part.value, part.lineno


def test_every_code_used_has_its_sentences():
    makers = {"Reason", *error_classes()}
    used = [
        (code, f"{path.relative_to(ROOT)}:{line}")
        for path in sources()
        for code, line in used_codes(ast.parse(path.read_text(encoding="utf-8")), makers)
    ]
    assert len(used) > 50, "the scan sees the codes that are there"
    assert [where for where in used if where[0] not in reasons.known_codes()] == []


def test_a_code_without_a_sentence_would_be_seen():
    tree = ast.parse('raise BadReport("error.never_worded" if x else "error.no_words")')
    assert {code for code, _ in used_codes(tree, {"BadReport"})} == {"error.never_worded", "error.no_words"}


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_are_said_and_show_the_same():
    for code, (zh, en) in reasons._TEMPLATES.items():
        assert zh.strip(), code
        assert en.strip(), code
        assert placeholders(zh) == placeholders(en), code
        assert re.search(r"[\u4e00-\u9fff]", zh) or placeholders(zh), f"{code} has no Chinese sentence"
        assert not re.search(r"[\u4e00-\u9fff]", en), f"{code} has Chinese in its English sentence"
