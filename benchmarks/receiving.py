"""One public report, its class given, among the stored cases: over HTTP by eight clients, and the action alone."""

from __future__ import annotations

import http.client
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.counting import (
    Statements,
    costs,
    percentile,
    sent,
    settle,
    web_server,
)
from benchmarks.fill import Stand
from benchmarks.machine import processor_seconds

if TYPE_CHECKING:
    from cityloom.cases.actions.receive_report import NewReport

CLIENTS = 8
WARM_UP = 160
Figure = tuple[str, float, str]


class ReportRefused(Exception):
    """The pages did not acknowledge a report of the benchmark; the message has the answer's status and end."""


def run(stand: Stand, say: Callable[[str], None], requests: int = 2000) -> list[Figure]:
    """Figures of the action in this process, then of the same over HTTP."""
    reports = list(new_reports(stand, requests + WARM_UP + 600))
    return [*_alone(stand, reports[:600], say), *_over_http(stand, reports[600:], say)]


def new_reports(stand: Stand, count: int, seed: int = 5) -> Iterator[NewReport]:
    """Reports that can be filed and dispatched at once: known class without verification, a point in the city."""
    from cityloom.cases.actions.receive_report import NewReport

    city, chance = stand.city, random.Random(seed)
    day = datetime.now(UTC).astimezone(city.calendar().tz).date()
    classes = [
        code
        for code in city.leaves
        if city.standard(code, day)
        and city.classes[code].nature == "matter"
        and (city.classes[code].kind == "hotline" or not city.classes[code].verify)
    ]
    west, south, east, north = city.config.bounds
    made = 0
    while made < count:
        lon, lat = round(chance.uniform(west, east), 6), round(chance.uniform(south, north), 6)
        if city.find_area(lon, lat) is None:
            continue
        code = chance.choice(classes)
        yield NewReport(
            source="resident",
            words=f"{city.classes[code].name.zh}，已经好几天了，影响出行，请尽快派人处理。",
            class_code=code,
            lon=lon,
            lat=lat,
            address=f"人民路{chance.randrange(1, 900)}号门前",
            name="高晓明",
            phone=f"139{chance.randrange(10**8):08d}",
            idempotency_key=str(uuid.uuid4()),
        )
        made += 1


# --- the action alone -------------------------------------------------------------------------------------------


def _alone(stand: Stand, reports: list[NewReport], say: Callable[[str], None]) -> list[Figure]:
    from django.db import connection

    from cityloom.base.clock import RealClock
    from cityloom.cases.actions.receive_report import receive_report
    from cityloom.city.values import Post, Role

    resident = Post(login="resident", role=Role.RESIDENT)
    for new in reports[:100]:
        receive_report(stand.city, new, resident, RealClock())
    settle(stand)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    spans, states = [], []
    app, database = time.process_time(), processor_seconds([backend])
    with Statements().counted() as statements:
        for new in reports[100:]:
            began = time.perf_counter()
            states.append(receive_report(stand.city, new, resident, RealClock()).file.case.state)
            spans.append(time.perf_counter() - began)
    count = len(spans)
    dispatched = states.count("dispatched") / count
    say(f"the action alone: {count} reports, {dispatched:.0%} dispatched at once")
    return [
        ("one report, the action alone: app", 1000 * (time.process_time() - app) / count, "ms CPU"),
        (
            "one report, the action alone: database",
            1000 * (processor_seconds([backend]) - database) / count,
            "ms CPU",
        ),
        ("one report, the action alone: p50", 1000 * percentile(spans, 0.5), "ms"),
        ("one report, the action alone: statements", len(statements.texts) / count, "data statements"),
    ]


# --- over HTTP --------------------------------------------------------------------------------------------------


def _over_http(stand: Stand, reports: list[NewReport], say: Callable[[str], None]) -> list[Figure]:
    with web_server(stand) as (port, web):
        send_all(port, reports[:WARM_UP])
        settle(stand)
        before = _stored(stand)
        with costs(stand, web) as cost:
            spans = send_all(port, reports[WARM_UP:])
        after = _stored(stand)
    app_ms, database_ms, client_ms = (1000 * s / len(spans) for s in (cost.app_s, cost.database_s, cost.client_s))
    if after - before != len(spans):
        raise ReportRefused(f"{len(spans)} reports were acknowledged, {after - before} are stored")
    own = sent(cost.statements)
    for text, calls in list(own.items())[:14]:
        say(f"  {calls / len(spans):6.2f} × {' '.join(text.split())[:95]}")
    return [
        (f"one report over HTTP, {CLIENTS} clients: rate", len(spans) / cost.took_s, "requests/s"),
        ("one report over HTTP: app", app_ms, "ms CPU"),
        ("one report over HTTP: database", database_ms, "ms CPU"),
        ("one report over HTTP: app and database", app_ms + database_ms, "ms CPU"),
        ("one report over HTTP: client, apart", client_ms, "ms CPU"),
        ("one report over HTTP: p50", 1000 * percentile(spans, 0.5), "ms"),
        ("one report over HTTP: p95", 1000 * percentile(spans, 0.95), "ms"),
        ("one report over HTTP: statements", sum(own.values()) / len(spans), "data statements"),
        (
            "one report over HTTP: references checked at commit",
            (sum(cost.statements.values()) - sum(own.values())) / len(spans),
            "by the database itself",
        ),
    ]


def _stored(stand: Stand) -> int:
    import psycopg

    with psycopg.connect(stand.server.url_of("cityloom", "postgres")) as db:
        row = db.execute("SELECT count(*) FROM cases_report WHERE received_by = 'resident'").fetchone()
        assert row is not None
        return int(row[0])


def send_all(port: int, reports: list[NewReport]) -> list[float]:
    """Send them by so many clients at once, each with its own connection and form; the seconds each took."""
    waiting, lock = iter(reports), threading.Lock()

    def client() -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        token = _form_token(connection)
        spans: list[float] = []
        while True:
            with lock:
                new = next(waiting, None)
            if new is None:
                connection.close()
                return spans
            spans.append(_send(connection, token, new))

    with ThreadPoolExecutor(CLIENTS) as clients:
        return [span for done in [clients.submit(client) for _ in range(CLIENTS)] for span in done.result()]


def _form_token(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", "/report/")
    answer = connection.getresponse()
    page = answer.read().decode()
    for name, value in answer.getheaders():
        if name.lower() == "set-cookie" and value.startswith("csrftoken="):
            return value.split(";")[0].partition("=")[2]
    raise ReportRefused(f"the form gave no token: {answer.status} {page[-300:]}")


def _send(connection: http.client.HTTPConnection, token: str, new: NewReport) -> float:
    """One form sent as a browser sends it, by somebody who has looked at what is open nearby."""
    fields = {
        "csrfmiddlewaretoken": token, "class": new.class_code, "words": new.words, "lon": new.lon, "lat": new.lat,
        "address": new.address, "name": new.name, "phone": new.phone, "key": new.idempotency_key, "same_as": "",
        "asked": "yes",
    }  # fmt: skip
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
    body = urlencode(fields)
    began = time.perf_counter()
    connection.request("POST", "/report/", body, headers)
    answer = connection.getresponse()
    page = answer.read()
    span = time.perf_counter() - began
    if answer.status != 200:
        raise ReportRefused(f"{answer.status}: {page.decode()[-500:]}")
    return span
