"""Pages for a browser without a server: each request of a tab is answered by Django's test client in this thread.

What the test sees is the real page with its built scripts inside the test's own transaction, so nothing is committed
and nothing has to be emptied afterwards. Redirects of forms are not followed; the street's scripts ask for JSON.
"""

from __future__ import annotations

import mimetypes
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from django.contrib.staticfiles import finders
from django.test import Client

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

HOST = "http://localhost"  # a secure place for a browser, and one that the site answers for
LEFT_OUT = ("/build/map.js", "/build/map.css", "/build/map-worker.js")  # no map is looked at here


@dataclass
class InProcess:
    """Answers a tab; `sent` are the forms that were posted, `replies` what is said instead of the page, by
    "GET /path/" or "POST /path/"."""

    tab: Page
    client: Client
    sent: list[dict[str, str]] = field(default_factory=list)
    replies: dict[str, tuple[int, str]] = field(default_factory=dict)
    _context: Context = field(default_factory=copy_context)  # knows the test's connection, as Playwright's does not

    def __post_init__(self) -> None:
        self.tab.route("**/*", lambda route: self._context.copy().run(self._answer, route))

    def open(self, path: str) -> None:
        """Go to a page of the site and wait until its scripts have run."""
        self.tab.goto(HOST + path, wait_until="load")

    def show(self, body: str, *scripts: str) -> None:
        """The smallest page around this markup with these islands."""
        tags = "".join(f'<script type="module" src="/static/cityloom/build/{name}.js"></script>' for name in scripts)
        self.replies["GET /bare/"] = (200, f"<!doctype html><html lang=en><title>bare</title><body>{body}{tags}")
        self.open("/bare/")

    def _answer(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(HOST)
        if request.method == "POST":
            self.sent.append(_fields(request))
        if (asked := f"{request.method} {path}") in self.replies:
            status, body = self.replies[asked]
            kind = "application/json" if body.startswith("{") else "text/html; charset=utf-8"
            route.fulfill(status=status, body=body, content_type=kind)
        elif path.startswith("/static/"):
            self._static(route, path.removeprefix("/static/").partition("?")[0])
        elif request.method == "POST":
            route.fulfill(status=204)  # kept in `sent`; the tab stays on its page
        else:
            self._page(route, request, path)

    def _static(self, route: Route, name: str) -> None:
        found = finders.find(name)
        if name.endswith(LEFT_OUT) or not isinstance(found, str):
            route.fulfill(status=404)
        else:
            route.fulfill(path=found, content_type=mimetypes.guess_type(found)[0] or "text/plain")

    def _page(self, route: Route, request: Request, path: str) -> None:
        answer = self.client.get(path, headers={"accept": request.headers.get("accept", "*/*")}, follow=True)
        body = answer.getvalue() if answer.streaming else answer.content
        route.fulfill(status=answer.status_code, headers=dict(answer.items()), body=body)


def _fields(request: Request) -> dict[str, str]:
    """The fields of a posted form, without the files of one in parts."""
    data = request.post_data_buffer or b""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return {name: values[-1] for name, values in parse_qs(data.decode(), keep_blank_values=True).items()}
    found = {}
    for part in data.split(b"--" + kind.partition("boundary=")[2].encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        told = head.decode()
        name = told.partition('name="')[2].partition('"')[0]
        found[name] = f"({len(body) - 2} bytes)" if "filename=" in told else body[:-2].decode()
    return found
