"""What every page asks of the database: a bounded number of statements, the same however much there is to show."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cases.life import LAMP, NOISE, NORTHEAST, PARKING, RESIDENT, SOUTHEAST, Life, photo
from tests.stories.test_leaks import city_of_secrets, no_public_limits  # noqa: F401
from tests.web.every_page import OpenPage, client_of, every_page

from cityloom.cases.actions.ask_rights_request import ask_rights_request
from cityloom.cases.actions.issue_order import issue_order
from cityloom.cases.order_issuing import NewOrder
from cityloom.web.screen_figures import forget_slow_figures

pytestmark = pytest.mark.django_db
MOST = 16  # statements of a page that is not named below, session, user and city among them
LIMITS: dict[str, int] = {
    "case": 40, "check_desk": 32, "dispatch": 40, "compare": 40, "inbox": 24, "field": 24, "field_stop": 32,
    "callbacks": 24, "screen": 24, "settings": 20, "order": 24, "thread": 24, "handover": 20,
}  # fmt: skip


def statements(client: Client, page: OpenPage) -> list[str]:
    """What a page asks once everything that is kept for a while has been asked."""
    client.get(page.address)
    forget_slow_figures()
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(page.address)
    assert answer.status_code == 200, page
    said = [str(each["sql"]) for each in asked]
    return [sql for sql in said if '"city_version"' not in sql]  # looked at once a second, whichever page is asked


def grow(life: Life) -> None:
    """The same again, and more: every list on the pages becomes longer."""
    number = life.number
    for place in (SOUTHEAST, NORTHEAST):
        unit = "handler_e1" if place == SOUTHEAST else "handler_e2"
        for steps in ((), ("sign",), ("sign", "contact", "handle", "reply")):
            life.clock.advance(minutes=7)
            received = life.report("hotline", by="agent", place=place, class_code=NOISE)
            for move in steps:
                life.move(move, unit, note="已办理", pictures=[photo()] if move == "handle" else ())
            wanted = NewOrder("case", "限期整改", "三日内办结并答复", 3, "work_day", case_number=received.number)
            issue_order(life.city, wanted, life.post("supervisor"), life.clock)
        life.report("resident", class_code=LAMP, place=place)
        life.report("resident", class_code=PARKING, place=None)
        ask_rights_request(life.city, life.received.tracking_code, "13800138000", "see", {}, RESIDENT, life.clock)
    life.number = number


def test_no_page_asks_more_when_there_is_more_to_show(
    site: Life, city_of_secrets: tuple[Life, list[str], list[str]]
) -> None:
    pages = every_page(site.city, city_of_secrets[2][:1])
    clients = {page.login: client_of(page.login) for page in pages}
    before = {page: statements(clients[page.login], page) for page in pages}
    grow(site)
    grown, much = [], []
    for page, earlier in before.items():
        now = statements(clients[page.login], page)
        if len(now) > len(earlier):
            new = [sql[:160] for sql in now if now.count(sql) > 1 or sql not in earlier]
            grown.append(f"{page.route} {page.address}: {len(earlier)} → {len(now)}: {new[:4]}")
        if len(now) > LIMITS.get(page.route, MOST):
            much.append(f"{page.route}: {len(now)}")
    assert grown == []
    assert much == []
