"""The list of fifty by every filter, alone and in pairs, for each kind of post; the desks with what waits there."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

from benchmarks.counting import Statements, percentile, sent, server_statements, settle, web_server
from benchmarks.fill import Stand

if TYPE_CHECKING:
    from cityloom.cases.filters import CaseFilter
    from cityloom.city.values import Post

PAGE = 50
TIMES = 3
DEEP_PAGES = 40
DESKS = {
    "dispatcher": "/dispatch/", "handler": "/inbox/", "checker": "/check/", "callback_agent": "/callbacks/",
    "grid_worker": "/field/",
}  # fmt: skip
Figure = tuple[str, float, str]


def run(stand: Stand, say: Callable[[str], None]) -> list[Figure]:
    """Figures of all lists in this process, of pages deep in history, then of the page over HTTP."""
    settle(stand)
    return [*_in_process(stand, say), *_deep(stand), *_over_http(stand, say)]


def filters(stand: Stand) -> list[dict[str, Any]]:
    """One filter of each kind and each pair of two kinds, as changes to an empty one; the number stands alone."""
    from cityloom.cases.filters import NOBODYS

    rows = _usual_values(stand)
    single = {
        "state": [{"state": s} for s in ("filed", "dispatched", "signed", "handled", "closed", "withdrawn")],
        "class": [{"class_code": c} for c in rows["classes"]],
        "area": [{"area": a} for a in rows["areas"]],
        "unit": [{"unit": u} for u in (*rows["units"], NOBODYS)],
        "source": [{"source": s} for s in ("grid_worker", "resident", "sensor", "leader")],
        "overdue": [{"overdue": True}],
    }
    pairs = [{**a, **b} for x, y in combinations(single.values(), 2) for a in x for b in y]
    return [{}, *(f for group in single.values() for f in group), *pairs, {"number": rows["number"]}]


def _usual_values(stand: Stand) -> dict[str, Any]:
    """A frequent class and one above it, an area of each level, a frequent and a rare unit, a stored number."""
    from django.db import connection

    city = stand.city
    with connection.cursor() as cursor:
        cursor.execute("SELECT class_code FROM cases_case GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
        leaf = cursor.fetchone()[0]
        cursor.execute("SELECT lead_unit FROM cases_case WHERE lead_unit IS NOT NULL GROUP BY 1 ORDER BY count(*)")
        units = [unit for (unit,) in cursor.fetchall()]
        cursor.execute("SELECT number, areas FROM cases_case ORDER BY id LIMIT 1 OFFSET 1000")
        number, areas = cursor.fetchone()
    return {
        "classes": [leaf, city.class_chain(leaf)[-1]],
        "areas": areas,
        "units": [units[0], units[-1]],
        "number": number,
    }


def posts(stand: Stand) -> list[Post]:
    """One post of each role that works from lists, as the city's people hold them."""
    found = _first_of_each_role(stand)
    return [found[role] for role in ("dispatcher", "supervisor", "handler", "grid_worker", "callback_agent")]


def _first_of_each_role(stand: Stand) -> dict[str, Post]:
    found: dict[str, Post] = {}
    for held in stand.city.posts.values():
        for post in held:
            found.setdefault(post.role.value, post)
    return found


def asked(stand: Stand) -> Iterator[tuple[Post, CaseFilter]]:
    """Every filter alone and in pairs, in the views where it makes sense, by each kind of post."""
    from cityloom.cases.filters import CaseFilter, View
    from cityloom.city.paths import END_STATES

    changes = filters(stand)
    for post in posts(stand):
        for change in changes:
            ended = change.get("state") in END_STATES or "number" in change
            for view in (View.ALL,) if ended else View:
                waits = post if view is View.WAITING else None
                yield post, CaseFilter(view=view, waits_for=waits, **change)


def _in_process(stand: Stand, say: Callable[[str], None]) -> list[Figure]:
    from django.db import connection

    from cityloom.cases.queries import list_cases

    spans: list[tuple[float, str]] = []
    most = 0
    at = datetime.now(UTC)
    with connection.cursor() as cursor:
        for post, wanted in asked(stand):
            best = []
            for _ in range(TIMES):
                with Statements().counted() as statements:
                    began = time.perf_counter()
                    page = list_cases(cursor, stand.city, post, wanted, at, None, PAGE)
                    best.append(time.perf_counter() - began)
                most = max(most, len(statements.texts))
            what = f"{post.role.value} {wanted.as_query()} ({len(page.rows)} rows)"
            spans += [(span, what) for span in best]
    slowest = sorted(spans, reverse=True)
    for span, what in _different(slowest, 8):
        say(f"  {1000 * span:7.1f} ms  {what}")
    seconds = [span for span, _ in spans]
    return [
        (f"list of {PAGE}, {len(spans) // TIMES} filters and posts: p50", 1000 * percentile(seconds, 0.5), "ms"),
        (f"list of {PAGE}: p95", 1000 * percentile(seconds, 0.95), "ms"),
        (f"list of {PAGE}: slowest", 1000 * slowest[0][0], "ms"),
        (f"list of {PAGE}: statements at most", most, "data statements"),
    ]


def _different(rows: list[tuple[float, str]], count: int) -> list[tuple[float, str]]:
    kept: dict[str, float] = {}
    for span, what in rows:
        kept.setdefault(what, span)
    return [(span, what) for what, span in list(kept.items())[:count]]


def _deep(stand: Stand) -> list[Figure]:
    """The fortieth page of all history costs what the first one does: pages go by key, never by counting."""
    from django.db import connection

    from cityloom.cases.filters import CaseFilter, View
    from cityloom.cases.queries import list_cases

    post, mark, spans = posts(stand)[0], None, []
    with connection.cursor() as cursor:
        for _ in range(DEEP_PAGES):
            began = time.perf_counter()
            page = list_cases(cursor, stand.city, post, CaseFilter(view=View.ALL), datetime.now(UTC), mark, PAGE)
            spans.append(time.perf_counter() - began)
            mark = page.next
    return [(f"page {DEEP_PAGES} of all history", 1000 * spans[-1], "ms")]


def _over_http(stand: Stand, say: Callable[[str], None], asked_times: int = 10) -> list[Figure]:
    addresses = [f"/queue/?{wanted.as_query()}" for post, wanted in asked(stand) if post is posts(stand)[0]]
    addresses = list(dict.fromkeys(addresses))[:: max(1, len(addresses) // 40)]
    cookie = _signed_in(posts(stand)[0].login)
    with web_server(stand) as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for address in addresses[:10]:
            _get(connection, address, cookie)
        spans = []
        with server_statements(stand) as statements:
            for _ in range(asked_times):
                spans += [_get(connection, address, cookie) for address in addresses]
        desks = _desks(stand, connection, asked_times)
        connection.close()
    own = {text: calls for text, calls in sent(statements).items() if "django_session" not in text}
    own = {text: calls for text, calls in own.items() if "auth_user" not in text}
    for text, calls in list(own.items())[:8]:
        say(f"  {calls / len(spans):6.2f} × {' '.join(text.split())[:95]}")
    return [
        ("the page /queue/ over HTTP, one client: p50", 1000 * percentile(spans, 0.5), "ms"),
        ("the page /queue/ over HTTP, one client: p95", 1000 * percentile(spans, 0.95), "ms"),
        (
            "the page /queue/: statements beyond session and user",
            sum(own.values()) / len(spans),
            "data statements",
        ),
        *desks,
    ]


def _desks(stand: Stand, connection: http.client.HTTPConnection, asked_times: int) -> list[Figure]:
    """The first page of a person's working day: what waits is found and counted by what that person may do."""
    found, figures = _first_of_each_role(stand), []
    for role, address in DESKS.items():
        cookie = _signed_in(found[role].login)
        _get(connection, address, cookie)
        spans = [_get(connection, address, cookie) for _ in range(2 * asked_times)]
        figures.append((f"the page {address} over HTTP, one client: p50", 1000 * percentile(spans, 0.5), "ms"))
    return figures


def _signed_in(login: str) -> str:
    """The session cookie of a person who has signed in."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    user = get_user_model()._default_manager.get(username=login)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return f"sessionid={client.cookies['sessionid'].value}"


class ListRefused(Exception):
    """The page did not answer with a list; the message has its status and address."""


def _get(connection: http.client.HTTPConnection, address: str, cookie: str) -> float:
    began = time.perf_counter()
    connection.request("GET", address, headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise ListRefused(f"{answer.status} for {address}")
    return time.perf_counter() - began
