"""How pages look is the visitor's choice, kept on the device; ink is one set of tokens written twice."""

import re
from pathlib import Path

import pytest

from cityloom.web import look

TOKENS = Path(look.__file__).parent / "static/cityloom/tokens.css"


@pytest.mark.parametrize(("chosen", "in_the_page"), [
    ({"theme": "ink"}, 'data-theme="ink"'),
    ({"theme": "paper"}, 'data-theme="paper"'),
    ({"type": "large"}, 'data-type="large"'),
])  # fmt: skip
def test_a_choice_goes_with_every_later_page(browser_of, chosen, in_the_page):
    browser = browser_of()
    assert in_the_page not in browser.get("/").text
    answer = browser.post("/look/", {**chosen, "next": "/track/?from=here"})
    assert (answer.status_code, answer["Location"]) == (302, "/track/?from=here")
    assert in_the_page in browser.get("/track/").text
    browser.post("/look/", {**{name: "" for name in chosen}, "next": "/"})
    assert in_the_page not in browser.get("/track/").text


@pytest.mark.parametrize("there", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_nobody_is_led_to_another_host(browser_of, there):
    assert browser_of().post("/look/", {"theme": "ink", "next": there})["Location"] == "/"


def test_a_cookie_of_somebody_elses_making_is_no_choice(browser_of):
    browser = browser_of()
    browser.cookies["theme"] = '"><script>'
    assert "data-theme" not in browser.get("/").text


def test_ink_by_the_device_and_ink_by_choice_are_the_same_lines():
    by_device, by_choice = (
        re.search(start + r"\s*\{([^}]*)\}", TOKENS.read_text())[1].split()
        for start in (r':root:not\(\[data-theme="paper"\]\)', r'\n\[data-theme="ink"\]')
    )
    assert by_device == by_choice
    assert len(by_device) > 50
