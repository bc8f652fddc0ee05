"""The page of machines' accounts: for the administrator alone, those that need somebody first."""

from __future__ import annotations

import pytest
from tests.cases.life import Life, at
from tests.city.services import make_service

from cityloom.city.actions.put_to_sleep import put_to_sleep
from cityloom.city.service_accounts import ServiceState
from cityloom.web.naming import Names


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ["负责人已离岗", "路灯管理所", "从未", "可用"]),
        ("en", ["its person has left", "Street Lighting", "never"]),
    ],
)
def test_the_administrator_sees_whose_each_is_and_which_have_lost_their_person(
    site: Life, browser_of, language, words
):
    make_service(site, "a good one", "handler", "lighting_co", owner="lighting_co", responsible="shift")
    make_service(site, "z lost one", "resident", purpose="sends what residents report")
    put_to_sleep("supervisor", "list", at(6, 1))
    html = browser_of("admin", language).get("/services/").content.decode()
    assert all(word.lower() in html.lower() for word in words)
    assert html.index("z lost one") < html.index("a good one")
    assert "cityloom services hand-over &quot;z lost one&quot;" in html


def test_nobody_else_sees_it(site: Life, browser_of):
    make_service(site, "lamps")
    answer = browser_of("dispatcher").get("/services/")
    assert answer.status_code == 403
    assert "lamps" not in answer.content.decode()
    assert browser_of().get("/services/").status_code == 302


def test_an_empty_page_says_how_one_is_made(site: Life, browser_of):
    assert "cityloom services" in browser_of("admin").get("/services/").content.decode()


@pytest.mark.parametrize("state", ServiceState)
def test_every_state_has_words(state):
    from cityloom.web.words import WORDS

    assert f"services.{state.value}" in WORDS


@pytest.mark.parametrize(("lang", "name"), [("zh", "服务账号“lamps”"), ("en", "service account “lamps”")])
def test_what_a_machine_did_names_it_as_such(site: Life, lang, name, settings):
    from django.utils.translation import override

    with override("en" if lang == "en" else "zh-hans"):
        assert Names(site.city, lang).person("service:lamps") == name
