"""Every text of the pages stands in one table, in both languages, and every page declares what it shows."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
import typing
from pathlib import Path
from string import Formatter

import pytest
from django.template.loader import get_template

import cityloom.web
from cityloom.base.reasons import Reason, known_codes, render
from cityloom.cases.reasons import REASONS_OF
from cityloom.city.values import Nature, Role, Source
from cityloom.web.words import FAMILIES, WORDS, NoSuchWords, say

WEB = Path(cityloom.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
HAN = re.compile(r"[\u3400-\u9fff]")


def _used() -> set[str]:
    found = set()
    for template in TEMPLATES:
        found |= set(re.findall(r"""\bsay ["']([\w.]+)["']""", template.read_text(encoding="utf-8")))
    for module in [*WEB.glob("*.py"), *(WEB / "templatetags").glob("*.py")]:
        found |= set(re.findall(r"""\bsay(?:_words)?\(\s*"([\w.]+)\"""", module.read_text(encoding="utf-8")))
    return found | {"time.left", "time.over"}  # chosen by whether the moment has passed


def _pages() -> list[type]:
    found = []
    for info in pkgutil.iter_modules([str(WEB)]):
        module = importlib.import_module(f"cityloom.web.{info.name}")
        found += [
            each
            for each in vars(module).values()
            if dataclasses.is_dataclass(each) and each.__module__ == module.__name__ and hasattr(each, "template")
        ]
    return found


def test_every_text_a_page_asks_for_is_in_the_table():
    assert sorted(_used() - WORDS.keys()) == []


def test_no_text_of_the_table_is_left_over():
    modules = [m.read_text(encoding="utf-8") for m in WEB.glob("*.py") if not m.name.endswith("words.py")]
    named = {key for key in WORDS if any(f'"{key}"' in module for module in modules)}
    written_out = {key for key in WORDS if not key.startswith(FAMILIES)}
    assert sorted(written_out - _used() - named) == []


def test_both_languages_say_the_same_with_the_same_parameters():
    for key, (zh, en) in WORDS.items():
        assert zh, key
        assert en, key
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (zh, en)]
        assert names[0] == names[1], key


def test_an_english_text_holds_no_chinese_beyond_the_name_of_the_language():
    assert [key for key, (_, en) in WORDS.items() if HAN.search(en)] == ["nav.other_language"]


def test_templates_hold_no_chinese_of_their_own():
    assert [t.name for t in TEMPLATES if HAN.search(t.read_text(encoding="utf-8"))] == []


def test_roles_sources_and_natures_all_have_names():
    codes = [f"role.{r.value}" for r in Role] + [f"source.{s.value}" for s in Source]
    codes += [f"nature.{n.value}" for n in Nature]
    assert [code for code in codes if code not in WORDS] == []


def test_a_text_that_is_missing_is_told_by_its_key():
    with pytest.raises(NoSuchWords, match=r"no\.such\.key"):
        say("no.such.key")


def test_every_reason_a_form_offers_has_its_sentence():
    offered = {code for codes in REASONS_OF.values() for code in codes}
    assert offered <= known_codes()
    assert all(render(Reason(code), lang) for code in offered for lang in ("zh", "en"))


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.__name__)
def test_a_page_tells_of_each_field_what_it_is(page: type):
    assert page.__doc__
    get_template(page.template)
    hints = typing.get_type_hints(page, include_extras=True)
    for field in dataclasses.fields(page):
        assert getattr(hints[field.name], "__metadata__", ("",))[0], f"{page.__name__}.{field.name} has no help"


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.__name__)
def test_a_template_shows_only_what_its_page_declares(page: type):
    text = (WEB / "templates" / page.template).read_text(encoding="utf-8")
    for part in re.findall(r'include "(cityloom/parts/[\w.]+)" %}', text):
        text += (WEB / "templates" / part).read_text(encoding="utf-8")
    shown = set(re.findall(r"\bpage\.(\w+)", text))
    declared = {f.name for f in dataclasses.fields(page)}
    assert shown <= declared, shown - declared
