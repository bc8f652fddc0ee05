"""A make-believe Open311 server on this machine: it keeps what is posted and answers as servers in use do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

POTHOLE = {
    "service_request_id": "N-101",
    "status": "open",
    "status_notes": "",
    "service_name": "Lamp dark",
    "service_code": "lamps",
    "description": "The lamp by the footbridge has been dark since Friday",
    "requested_datetime": "2026-05-31T20:15:00+08:00",
    "updated_datetime": "2026-05-31T20:15:00+08:00",
    "address": "Footbridge, Riverside",
    "lat": "30.0011",
    "long": "110.0011",
}


@dataclass
class MakeBelieve:
    """What the server holds and what was asked of it; `answers` takes the place of its usual answer, by path."""

    requests: list[dict[str, str]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    posted: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    updated: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    knows_pages: bool = True
    gives_token: bool = False
    url: str = ""

    def answer(self, method: str, path: str, fields: dict[str, str], key: str) -> tuple[int, bytes]:
        path = urlsplit(path).path.removeprefix("/o311/v2/")
        if path in self.answers:
            return self.answers[path]
        if method == "POST" and path.startswith("servicerequestupdates"):
            self.updated.append(fields)
            return 200, _xml([{"update_id": fields["update_id"]}])
        if method == "POST":
            return 200, self._post(fields, key)
        self.asked.append(fields)
        if path.startswith("tokens/"):
            token = path.removeprefix("tokens/").removesuffix(".xml")
            return 200, _xml([{"token": token, "service_request_id": self.tokens.get(token, "")}])
        return 200, _xml(self._found(fields))

    def _post(self, fields: dict[str, str], key: str) -> bytes:
        known = next((p for p in self.posted if p["key"] == key), None)
        if known is None:
            known = {**fields, "key": key, "id": f"S-{len(self.posted) + 1}"}
            self.posted.append(known)
        return _xml([{"token" if self.gives_token else "service_request_id": known["id"]}])

    def _found(self, fields: dict[str, str]) -> list[dict[str, str]]:
        if ids := fields.get("service_request_id"):
            return [r for r in self.requests if r["service_request_id"] in ids.split(",")]
        size = int(fields["page_size"])
        first = (int(fields["page"]) - 1) * size if self.knows_pages else 0
        return self.requests[first : first + size]


def _xml(rows: list[dict[str, str]]) -> bytes:
    inner = "".join(
        "<request>" + "".join(f"<{n}>{escape(v)}</{n}>" for n, v in row.items()) + "</request>" for row in rows
    )
    return f'<?xml version="1.0" encoding="utf-8"?><service_requests>{inner}</service_requests>'.encode()


@contextmanager
def make_believe() -> Iterator[MakeBelieve]:
    """The server while the block runs."""
    held = MakeBelieve()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*held.answer("GET", self.path, dict(parse_qsl(urlsplit(self.path).query)), ""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            held_key = self.headers.get("Idempotency-Key", "")
            self._say(*held.answer("POST", self.path, dict(parse_qsl(body)), held_key))

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """The tests read `asked` and `posted` instead."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_port}/o311/v2"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
