"""A wall display shows the one screen by a link: its maker's area, to look at, until it ends in one of its ways."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from tests.cases.life import SOUTHEAST, Life
from tests.web.conftest import browser_of, site  # noqa: F401

from cityloom.city.account_events import list_events
from cityloom.city.service_accounts import find_service_account
from cityloom.exchange.models import ApiToken
from cityloom.web.screen_figures import forget_slow_figures

NAME = "指挥大厅东墙"


@pytest.fixture
def hung(site: Life, browser_of: Callable[..., Client]) -> tuple[Life, Client, str]:
    """A link that a leader has made, and the leader's browser."""
    forget_slow_figures()
    site.report("hotline", by="agent", place=SOUTHEAST)
    leader = browser_of("leader", "zh")
    made = unescape(leader.post("/wall/", {"name": NAME, "area": "", "days": "30"}).content.decode())
    found = re.search(r'<p class="code">([^<]+)</p>', made)
    assert found, made[-3000:]
    return site, leader, urlsplit(found[1]).path


def test_a_display_shows_the_screen_without_anybody_signed_in(hung: tuple[Life, Client, str]) -> None:
    life, leader, address = hung
    wall = Client()
    opened = wall.get(address)
    assert (opened.status_code, opened.headers["Location"]) == (302, "/screen/"), "the address keeps no token"
    cookie = opened.cookies["wall"]
    assert (cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == ("/screen/", "Strict", True)
    for shown in ("/screen/", "/screen/pulse/", "/screen/day/"):
        assert wall.get(shown).status_code == 200, shown
    assert 'data-figure="came">1' in wall.get("/screen/").content.decode()
    for closed in ("/queue/", f"/case/{life.number}/", "/wall/", "/orders/", "/vital/"):
        assert wall.get(closed).status_code in (302, 403, 404), closed
    assert wall.post("/screen/").status_code in (302, 403, 405)
    assert NAME in leader.get("/wall/").content.decode()
    account = find_service_account(life.city, f"wall {NAME}")
    assert account.responsible == "leader"
    assert account.last_used_at is not None
    assert [event.kind for event in list_events(account.login)] == ["made"], "who made it is written down"


@pytest.mark.parametrize("end", ["ended", "expired", "left", "revoked"])
def test_a_link_ends(
    hung: tuple[Life, Client, str], browser_of: Callable[..., Client], django_user_model: Any, end: str
) -> None:
    life, leader, address = hung
    wall = Client()
    wall.get(address)
    assert wall.get("/screen/").status_code == 200
    if end == "ended":
        assert leader.post("/wall/end/", {"name": NAME}).status_code == 302
    elif end == "expired":
        life.clock.at += timedelta(days=31)
    elif end == "left":
        django_user_model.objects.filter(username="leader").update(is_active=False)
    else:
        ApiToken.objects.update(revoked_at=life.clock.now())
    assert wall.get("/screen/").status_code == 302, "to the sign-in, as for anybody"
    assert Client().get(address).status_code == 401


@pytest.mark.parametrize(
    ("typed", "status", "because"),
    [
        ({"name": "", "area": "", "days": "30"}, 422, "a link says where it hangs"),
        ({"name": "x", "area": "moon", "days": "30"}, 422, "the city has no such area"),
        ({"name": "x", "area": "", "days": "0"}, 422, "no day at all"),
        ({"name": "x", "area": "", "days": "367"}, 422, "more than a year"),
        ({"name": NAME, "area": "", "days": "30"}, 422, "there is one of that name"),
    ],
)
def test_a_link_that_may_not_be_is_refused(
    hung: tuple[Life, Client, str], typed: dict[str, str], status: int, because: str
) -> None:
    assert hung[1].post("/wall/", typed).status_code == status, because


def test_others_make_no_links_and_an_api_token_opens_no_screen(
    hung: tuple[Life, Client, str], browser_of: Callable[..., Client]
) -> None:
    address = hung[2]
    assert browser_of("dispatcher").get("/wall/").status_code == 403
    assert browser_of("dispatcher").post("/wall/end/", {"name": NAME}).status_code == 403
    assert Client().get("/wall/none/").status_code == 401
    ApiToken.objects.update(scopes=["cases:read"])
    assert Client().get(address).status_code == 401, "a token for something else"


def test_a_display_of_an_area_shows_nothing_beyond_it(site: Life, browser_of: Callable[..., Client]) -> None:
    forget_slow_figures()
    made = browser_of("leader").post("/wall/", {"name": "East", "area": "990101", "days": "1"}).content.decode()
    found = re.search(r'<p class="code">([^<]+)</p>', made)
    assert found
    wall = Client()
    wall.get(urlsplit(unescape(found[1])).path)
    assert wall.get("/screen/?area=990101").status_code == 200
    assert wall.get("/screen/?area=990102").status_code == 404
