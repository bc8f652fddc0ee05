"""Getting a document from a server of others: bounded in time and size, without redirects or cookies."""

from __future__ import annotations

import http.client
import ssl
from typing import Protocol
from urllib.parse import urlsplit

from cityloom.base.errors import CityloomError
from cityloom.exchange import feed_reasons  # noqa: F401 (it words what is wrong)

TIMEOUT_S = 10.0
LONGEST = 20_000_000


class NoDocument(CityloomError):
    """The server cannot be reached, says no, or says too much."""

    status = 502


class Fetch(Protocol):
    """Gives the body of an address; `fetch` is the real one."""

    def __call__(self, url: str) -> bytes: ...


def fetch(url: str) -> bytes:
    """The body behind an address of http or https; raises NoDocument."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(host, parts.port, parts.scheme == "https")
    try:
        connection.request("GET", path, headers={"Accept": "*/*", "User-Agent": "Cityloom"})
        answer = connection.getresponse()
        body = answer.read(LONGEST + 1)
    except (OSError, http.client.HTTPException, ValueError) as wrong:
        raise NoDocument("fetch.away", host=host, detail=type(wrong).__name__) from wrong
    finally:
        connection.close()
    if answer.status != 200:
        raise NoDocument("fetch.away", host=host, detail=f"HTTP {answer.status}")
    if len(body) > LONGEST:
        raise NoDocument("fetch.away", host=host, detail=f"> {LONGEST}")
    return body


def _connection(host: str, port: int | None, tls: bool) -> http.client.HTTPConnection:
    if tls:
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
