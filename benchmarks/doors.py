"""Lists and single reports through the interfaces of other systems, /api/v1 and Open311, by eight clients at once."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.counting import costs, percentile, sent, settle, web_server
from benchmarks.fill import Stand
from benchmarks.listing import PAGE, asked
from benchmarks.receiving import new_reports

if TYPE_CHECKING:
    from cityloom.cases.actions.receive_report import NewReport

CLIENTS = 8
WARM_UP = 160
NOT_ABOUT_DATA = ("django_session", "auth_user", "exchange_api_token", "base_rate")  # who asks, and how often
Figure = tuple[str, float, str]
Say = Callable[[str], None]


class AnswerUnexpected(Exception):
    """An interface did not answer as it should; the message has the status, the address and the end of the answer."""


@dataclass(frozen=True)
class Call:
    """One request of a client and the status it must bring."""

    method: str
    address: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


def run(stand: Stand, say: Say, requests: int = 2000) -> list[Figure]:
    """Figures of lists, then of reports, each at both doors; one server for all."""
    reports = _reports(stand, 2 * (requests + WARM_UP))
    half = len(reports) // 2
    doors: list[tuple[str, list[Call]]] = [
        (f"list of {PAGE} through /api/v1/cases", _drawn(api_lists(stand), requests)),
        (f"list of {PAGE} through Open311 /requests", _drawn(open311_lists(stand, PAGE), requests)),
        ("list of 1,000 through Open311 /requests, as asked by default", _drawn(open311_lists(stand, 1000), 120)),
        ("one report through /api/v1/reports", [api_report(new) for new in reports[:half]]),
        ("one report through Open311 /requests", [open311_report(new) for new in reports[half:]]),
    ]
    figures: list[Figure] = []
    settle(stand)
    with web_server(stand) as (port, web):
        for name, calls in doors:
            figures += _measured(stand, port, web, name, calls, say)
    return figures


def _measured(stand: Stand, port: int, web: int, name: str, calls: list[Call], say: Say) -> list[Figure]:
    warm = min(WARM_UP, len(calls) // 4)
    call_all(port, calls[:warm])
    if calls[0].method == "POST":
        settle(stand)
    with costs(stand, web) as cost:
        timed = call_all(port, calls[warm:])
    spans, count = [span for span, _ in timed], len(timed)
    own = sent(cost.statements)
    about_data = sum(calls for text, calls in own.items() if not any(word in text for word in NOT_ABOUT_DATA))
    say(name)
    for text, calls_of_it in list(own.items())[:12]:
        say(f"  {calls_of_it / count:6.2f} × {' '.join(text.split())[:95]}")
    for span, call in sorted(timed, key=lambda each: -each[0])[:3]:
        say(f"  {1000 * span:7.1f} ms  {call.method} {call.address[:95]}")
    return [
        (f"{name}, {CLIENTS} clients: rate", count / cost.took_s, "requests/s"),
        (f"{name}: p50", 1000 * percentile(spans, 0.5), "ms"),
        (f"{name}: p95", 1000 * percentile(spans, 0.95), "ms"),
        (f"{name}: app", 1000 * cost.app_s / count, "ms CPU"),
        (f"{name}: database", 1000 * cost.database_s / count, "ms CPU"),
        (f"{name}: client, apart", 1000 * cost.client_s / count, "ms CPU"),
        (f"{name}: statements, all", sum(own.values()) / count, "data statements"),
        (f"{name}: statements beyond who asks", about_data / count, "data statements"),
    ]


def call_all(port: int, calls: Sequence[Call]) -> list[tuple[float, Call]]:
    """Make them by so many clients at once, each over a connection of its own; the seconds each took."""
    waiting, lock = iter(calls), threading.Lock()

    def client() -> list[tuple[float, Call]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        timed: list[tuple[float, Call]] = []
        while True:
            with lock:
                call = next(waiting, None)
            if call is None:
                connection.close()
                return timed
            timed.append((_call(connection, call), call))

    with ThreadPoolExecutor(CLIENTS) as clients:
        return [each for done in [clients.submit(client) for _ in range(CLIENTS)] for each in done.result()]


def _call(connection: http.client.HTTPConnection, call: Call) -> float:
    began = time.perf_counter()
    connection.request(call.method, call.address, call.body, dict(call.headers))
    answer = connection.getresponse()
    text = answer.read()
    span = time.perf_counter() - began
    if answer.status != call.status:
        raise AnswerUnexpected(f"{answer.status} for {call.method} {call.address}: {text.decode()[-500:]}")
    return span


def _drawn(calls: list[Call], count: int, seed: int = 3) -> list[Call]:
    """So many calls and those for warming up, in no order: a share of them, or each of them about equally often."""
    chance, wanted = random.Random(seed), count + WARM_UP
    calls = chance.sample(calls, len(calls))
    return (calls * (wanted // len(calls) + 1))[:wanted]


# --- what is asked ----------------------------------------------------------------------------------------------


def api_lists(stand: Stand) -> list[Call]:
    """The lists of `listing.py`, by a token of each kind of post, as JSON with the words."""
    from cityloom.exchange.api.tokens import issue_token

    calls, headers, now = [], dict[str, dict[str, str]](), datetime.now(UTC)
    for post, wanted in asked(stand):
        if post.login not in headers:
            name, scopes = f"benchmark {post.role.value}", ("cases:read", "cases:words")
            _, text = issue_token(stand.city, post, name, scopes, 1, "benchmark", now)
            headers[post.login] = {"Authorization": f"Bearer {text}"}
        address = f"/api/v1/cases?{wanted.as_query()}&limit={PAGE}"
        calls.append(Call("GET", address, headers=headers[post.login]))
    return calls


def open311_lists(stand: Stand, page_size: int) -> list[Call]:
    """What clients of Open311 ask: the last days, by state, service, place and change; half JSON, half XML."""
    from cityloom.exchange.open311.mapping import service_code_of

    city, now = stand.city, datetime.now(UTC).replace(microsecond=0)
    west, south, east, north = city.config.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    leaves = [code for code in city.leaves if city.classes[code].nature == "matter"][:4]
    wanted: list[dict[str, str | int | float]] = [
        {},
        {"status": "open"},
        {"status": "closed"},
        *({"service_code": service_code_of(code)} for code in leaves),
        {"service_code": service_code_of(leaves[0]), "status": "open"},
        {"start_date": _day(now - timedelta(days=400)), "end_date": _day(now - timedelta(days=370))},
        {"updated_after": _day(now - timedelta(days=1))},
        {"updated_after": _day(now - timedelta(days=300)), "updated_before": _day(now - timedelta(days=290))},
        {"lat": lat, "long": lon, "radius": 500},
        {"bbox": f"{lon},{lat},{lon + 0.01},{lat + 0.01}"},
        {"page": 5},
    ]
    sizes: dict[str, str | int | float] = {"page_size": page_size}
    return [
        Call("GET", f"/open311/v2/requests.{form}?{urlencode({**each, **sizes})}")
        for each in wanted
        for form in ("json", "xml")
    ]


def _day(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _reports(stand: Stand, count: int) -> list[NewReport]:
    """Reports of matters that both doors take."""
    from cityloom.exchange.open311.mapping import is_reportable

    classes = stand.city.classes
    drawn = new_reports(stand, 20 * count, seed=9)
    return list(islice((new for new in drawn if is_reportable(stand.city, classes[new.class_code or ""])), count))


def api_report(new: NewReport) -> Call:
    """A resident's report without a token, as the form of an app sends it."""
    told = {
        "words": new.words, "class": new.class_code, "lon": new.lon, "lat": new.lat, "address": new.address,
        "name": new.name, "phone": new.phone,
    }  # fmt: skip
    return Call("POST", "/api/v1/reports", 201, {"Content-Type": "application/json"}, json.dumps(told))


def open311_report(new: NewReport) -> Call:
    """The same as a client of Open311 sends it."""
    from cityloom.exchange.open311.mapping import service_code_of

    assert new.class_code is not None
    told = {
        "service_code": service_code_of(new.class_code), "description": new.words, "lat": new.lat, "long": new.lon,
        "address_string": new.address, "last_name": new.name[:1], "first_name": new.name[1:], "phone": new.phone,
    }  # fmt: skip
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Call("POST", "/open311/v2/requests.json", 200, headers, urlencode(told))
