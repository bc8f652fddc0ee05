"""The administrator sees every setting, in both languages, where it comes from, and no secret; others are refused."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from tests.cases.life import Life
from tests.web.conftest import browser_of, site  # noqa: F401
from tests.web.test_words import HAN

import cityloom
from cityloom.app.chores import CHORES, FAR_CHORES
from cityloom.app.city_setting_words import CITY_SETTINGS
from cityloom.app.city_setting_words import GROUPS as CITY_GROUPS
from cityloom.app.environment import SETTINGS
from cityloom.app.setting_words import GROUPS, WORDS_OF
from cityloom.base.chore_notes import note_chore
from cityloom.base.clock import RealClock
from cityloom.web.words import WORDS

PAGE = "/settings/"
SOURCES = Path(cityloom.__file__).parent
READ = re.compile(r"limits\.get\(\s*\"([a-z_0-9]+)\"")


def test_every_setting_has_its_words() -> None:
    assert WORDS_OF.keys() == {setting.name for setting in SETTINGS}
    assert {words.group for words in WORDS_OF.values()} == set(GROUPS)
    assert {each.group for each in CITY_SETTINGS} == set(CITY_GROUPS)
    for name, words in WORDS_OF.items():
        assert HAN.search(words.zh), name
    for each in CITY_SETTINGS:
        assert HAN.search(each.zh), each.key
        assert not HAN.search(each.en), each.key


def test_every_figure_that_the_program_asks_of_the_folder_is_in_the_table() -> None:
    read = {key for path in SOURCES.rglob("*.py") for key in READ.findall(path.read_text(encoding="utf-8"))}
    assert len(read) > 25
    assert read - {each.key.removeprefix("limits.") for each in CITY_SETTINGS} == set()


def test_every_chore_has_its_name() -> None:
    for chore, _, _ in (*CHORES, *FAR_CHORES):
        assert f"settings.chore_{chore.__name__}" in WORDS


def test_the_administrator_sees_every_setting_in_both_languages_and_no_secret(
    site: Life, browser_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYLOOM_METRICS_TOKEN", "a-token-nobody-may-see")
    monkeypatch.setenv("CITYLOOM_MAIL_URL", "smtp://post:hush-hush@mail.city.example:587?from=a@b.example")
    for language in ("zh", "en"):
        page = unescape(browser_of("admin", language).get(PAGE).content.decode())
        assert [s.name for s in SETTINGS if f"<code>{s.name}</code>" not in page] == []
        assert [s.key for s in CITY_SETTINGS if f"<code>{s.key}</code>" not in page] == []
        assert "a-token-nobody-may-see" not in page
        assert "hush-hush" not in page
        assert "mail.city.example" in page, "an address is shown without who signs in there"


def test_a_word_finds_settings_and_what_was_chosen_can_be_seen_alone(
    site: Life, browser_of: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITYLOOM_LOCK_TRIES", "7")
    client = browser_of("admin", "zh")
    found = re.findall(r"<code>([\w.]+)</code>", client.get(PAGE, {"q": "锁定"}).content.decode())
    assert found == ["CITYLOOM_LOCK_TRIES", "CITYLOOM_LOCK_MINUTES"]
    given = client.get(PAGE, {"given": "yes"}).content.decode()
    assert "CITYLOOM_LOCK_TRIES" in given
    assert "CITYLOOM_LOCK_MINUTES" not in given
    assert "<code>code</code>" in given, "the city's own folder counts"
    assert "没有符合“天马行空”的设置" in client.get(PAGE, {"q": "天马行空"}).content.decode()


def test_what_runs_is_told_with_the_next_step(
    site: Life, browser_of: Callable[..., Client], settings: object
) -> None:
    client = browser_of("admin", "zh")
    silent = client.get(PAGE).content.decode()
    assert "请启动 cityloom worker" in silent
    note_chore("fold", RealClock().now(), 3, {})
    heard = client.get(PAGE).content.decode()
    assert "请启动 cityloom worker" not in heard
    assert "合计地图格子" in heard
    assert "请启动 cityloom live" in heard, "no live process is named here"


@pytest.mark.parametrize("login", ["leader", "auditor", "dispatcher"])
def test_nobody_else_sees_the_settings(site: Life, browser_of: Callable[..., Client], login: str) -> None:
    assert browser_of(login).get(PAGE).status_code == 403
    assert browser_of("").get(PAGE).status_code == 302
    assert browser_of("admin").post(PAGE).status_code == 405, "it only shows"
