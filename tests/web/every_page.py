"""Every page there is, with somebody who may open it: what the walks with axe and the count of statements go over.

Nothing has to be entered here for a new page: its address is made by the walk of `test_leaks`, and who opens it is
found by asking.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.test import Client
from tests.stories.test_leaks import addresses
from tests.web.conftest import BACKEND

from cityloom.city.snapshot_values import City
from cityloom.web.navigation import PAGES

EVERYBODY = ""
ASKED_LAST = (
    "dispatcher",
    "admin",
    "handler_e1",
    "collector",
    "supervisor",
    "auditor",
    "steward",
    "callback",
    "agent",
)
# Addresses that are no page by themselves: parts of one, pictures, streams, data, what only answers a form.
NO_PAGE = frozenset(
    {
        "report_near",
        "read_words",
        "public_list",
        "sign_in_code",
        "provider_sign_in",
        "provider_back",
        "callback_answer",
    }
)


@dataclass(frozen=True)
class OpenPage:
    """A page: the name of its route, its address, and the login that opens it (none: everybody)."""

    route: str
    address: str
    login: str


def client_of(login: str, language: str = "zh-hans") -> Client:
    """A visitor with that login; none: a resident."""
    client = Client(headers={"accept-language": language})
    if login:
        client.force_login(get_user_model().objects.get(username=login), BACKEND)
    return client


def every_page(city: City, codes: Sequence[str]) -> list[OpenPage]:
    """Each route that answers somebody with a page, once, by the first who may open it."""
    clients: dict[str, Client] = {}
    first: dict[str, str] = {}
    for route, address in addresses(list(codes)):
        first.setdefault(route, address)
    found = (_opened(route, address, city, clients) for route, address in first.items() if route not in NO_PAGE)
    return [page for page in found if page is not None]


def _opened(route: str, address: str, city: City, clients: dict[str, Client]) -> OpenPage | None:
    for login in _who(route, city):
        client = clients.setdefault(login, client_of(login))
        answer = client.get(address)
        if answer.status_code == 200:
            is_page = answer.headers["Content-Type"].startswith("text/html") and b"<html" in answer.content[:400]
            return OpenPage(route, address, login) if is_page else None
        if answer.status_code == 405:
            return None
    return None


def _who(route: str, city: City) -> Iterator[str]:
    """Whom to try: those who find it in their frame, everybody, then one of each post."""
    roles = next((roles for name, _, roles in PAGES if name == route), frozenset())
    finders = [login for login, posts in city.posts.items() if len(posts) == 1 and posts[0].role in roles]
    yield from dict.fromkeys(
        [*(login for login in ASKED_LAST if login in finders), *finders[:1], EVERYBODY, *ASKED_LAST]
    )
