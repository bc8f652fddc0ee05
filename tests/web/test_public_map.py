"""What anybody sees of the streets: open and solved matters, without a name, a word or a private case."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.cases.life import LAMP, NOISE, NORTHEAST, REFUSE, SOUTHEAST, Life, photo

WORDS = "我家门口，找王阿姨"
OPEN_STREET = {"source": "grid_worker", "by": "collector"}


def _dots(client: Client, query: str = "") -> list[dict]:
    return json.loads(client.get(f"/map/matters.geojson?{query}").content)["features"]


def _solve(site: Life) -> None:
    """A lamp, done and checked."""
    site.report(**OPEN_STREET, class_code=LAMP, place=(110.005, 30.003), words=WORDS)
    site.move("sign", "handler_crew" if site.file.case.lead_unit == "lighting_crew" else "handler_lighting")
    who = "handler_crew" if site.file.case.lead_unit == "lighting_crew" else "handler_lighting"
    site.move("handle", who, note="已修好", pictures=[photo()])
    site.move("pass_check", "checker", note="亮了", pictures=[photo()])
    assert site.state == "closed"


@pytest.mark.parametrize(
    ("said", "shown", "because"),
    [
        ({**OPEN_STREET, "class_code": LAMP}, True, "a lamp stands in the street"),
        ({"source": "resident", "class_code": REFUSE}, True, "so does refuse that a resident saw"),
        ({"source": "hotline", "by": "agent", "class_code": NOISE}, False, "what a home called about stays private"),
        (
            {"source": "resident", "class_code": REFUSE, "confidential": True},
            False,
            "a confidential matter is private",
        ),
        ({**OPEN_STREET, "class_code": LAMP, "place": None}, False, "a matter without a point is on no map"),
    ],
)
def test_the_map_the_list_and_the_page_show_the_same_matters(
    site: Life, browser_of: Callable[..., Client], said: dict, shown: bool, because: str
):
    site.report(**{"words": WORDS, "place": SOUTHEAST, **said})
    client = browser_of()
    html = client.get("/map/").content.decode()
    page = client.get(f"/m/{site.number}/")
    assert (f"/m/{site.number}/" in html) == shown, because
    assert (len(_dots(client)) == 1) == shown, because
    if said.get("place", SOUTHEAST) is not None:
        assert (page.status_code == 200) == shown, because
    assert WORDS not in html + page.content.decode(), because


def test_solved_matters_are_shown_for_thirty_days(site: Life, browser_of: Callable[..., Client]):
    _solve(site)
    client = browser_of()
    assert _dots(client) == []
    (dot,) = _dots(client, "show=solved")
    assert dot["properties"]["clock"] == "closed"
    page = client.get(f"/m/{site.number}/").content.decode()
    assert "The work passed the check on the spot" in page
    assert "已修好" not in page, "words among the staff"
    site.clock.advance(days=31)
    assert _dots(client, "show=solved") == []


def test_a_kind_and_a_part_of_the_map_leave_only_what_is_in_them(site: Life, browser_of: Callable[..., Client]):
    site.report(**OPEN_STREET, class_code=LAMP, place=SOUTHEAST)
    site.report(**OPEN_STREET, class_code=REFUSE, place=NORTHEAST)
    client = browser_of()
    assert len(_dots(client)) == 2
    assert len(_dots(client, "group=gb2013:01")) == 1
    east, north = SOUTHEAST[0] + 0.0005, SOUTHEAST[1] + 0.0005
    box = f"{east - 0.001},{north - 0.001},{east},{north}"
    assert len(_dots(client, f"bbox={box}")) == 1
    assert client.get(f"/map/list/?bbox={box}").content.decode().count("/m/") == 1
    assert client.get("/map/list/?bbox=here").status_code == 400


def test_no_matter_costs_a_statement_of_its_own(
    site: Life, browser_of: Callable[..., Client], django_assert_max_num_queries: DjangoAssertNumQueries
):
    client = browser_of()
    for place in (SOUTHEAST, NORTHEAST, (110.005, 30.003)):
        site.report(**OPEN_STREET, class_code=LAMP, place=place)
    client.get("/map/")
    with django_assert_max_num_queries(2):
        client.get("/map/")
    with django_assert_max_num_queries(3):
        client.get(f"/m/{site.number}/")


@pytest.mark.parametrize(
    ("path", "most"), [("/report/", 1), ("/track/", 1), ("/kiosk/K01/", 1), ("/report/ready/", 1)]
)
def test_a_form_of_residents_asks_next_to_nothing(
    browser_of: Callable[..., Client], django_assert_max_num_queries: DjangoAssertNumQueries, path: str, most: int
):
    client = browser_of()
    client.get(path)
    with django_assert_max_num_queries(most):
        client.get(path)
