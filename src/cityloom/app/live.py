"""The live process: server-sent events for the screens, as a plain ASGI application with nothing of Django's in it.

Whoever comes with a token that a page gave hears what the token's post may see in the token's area; the stream ends
with the token, and the page brings a new one. It answers any origin, for it knows no cookies.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityloom.app.settings")
import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.signing import BadSignature  # noqa: E402
from django.db import DatabaseError, close_old_connections, connection  # noqa: E402
from django.utils import translation  # noqa: E402

from cityloom.app.live_hub import Hub, Scope  # noqa: E402
from cityloom.app.live_stream import follow  # noqa: E402
from cityloom.app.processes import die_with_web_server  # noqa: E402
from cityloom.app.relay import find_embedded  # noqa: E402
from cityloom.base.clock import clock_of_settings  # noqa: E402
from cityloom.city.snapshot import current_city  # noqa: E402
from cityloom.web.screen_pulse import TOKEN_GOOD_S, post_of_token, pulse_of, scope_of_token  # noqa: E402

log = logging.getLogger("cityloom.live")
Event = dict[str, Any]
Send = Callable[[Event], Awaitable[None]]
Receive = Callable[[], Awaitable[Event]]
_OPEN = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"access-control-allow-origin", b"*"),
]
_PLAIN = [(b"content-type", b"text/plain; charset=utf-8"), (b"access-control-allow-origin", b"*")]


def pulse_from_database(scope: Scope, numbers: list[str]) -> dict[str, Any]:
    """The pulse that a token's screen may see."""
    told = dict(scope)
    close_old_connections()
    try:
        city, now = current_city(told["city"]), clock_of_settings().now()
        with translation.override("en" if told["lang"] == "en" else "zh-hans"), connection.cursor() as cursor:
            post = post_of_token(city, told, now)
            return pulse_of(cursor, city, post, told["area"], told["lang"], now, numbers=numbers)
    except DatabaseError:
        connection.close()
        raise


async def _ask(scope: Scope, numbers: list[str]) -> dict[str, Any]:
    return await asyncio.to_thread(pulse_from_database, scope, numbers)


hub = Hub(_ask)
_tasks: set[asyncio.Task[None]] = set()


def _begin() -> None:
    """Start listening with the first screen, inside the server's loop."""
    if _tasks:
        return
    _tasks.add(asyncio.create_task(hub.run()))
    url = settings.CITYLOOM_NATS_URL or find_embedded(settings.CITYLOOM_VAR)
    if url:
        _tasks.add(asyncio.create_task(follow(url, hub.hear)))
    else:
        log.warning("stream=none reason='no message server is named'; set CITYLOOM_NATS_URL")


async def application(scope: Event, receive: Receive, send: Send) -> None:
    """`/live?token=…` is the stream, `/healthz` says that the process stands; there is nothing else."""
    if scope["type"] == "lifespan":
        await _live_and_die(receive, send)
    elif scope["type"] == "http":
        _begin()
        if scope["path"] == "/healthz":
            await _answer(send, 200, b"ok")
        elif scope["path"] == "/live" and scope["method"] == "GET":
            await _stream(scope, receive, send)
        else:
            await _answer(send, 404, b"there is only /live?token=...")


async def _live_and_die(receive: Receive, send: Send) -> None:
    while (event := await receive())["type"] != "lifespan.shutdown":
        if event["type"] == "lifespan.startup":
            die_with_web_server()
            _begin()
            await send({"type": "lifespan.startup.complete"})
    for task in _tasks:
        task.cancel()
    await send({"type": "lifespan.shutdown.complete"})


async def _stream(scope: Event, receive: Receive, send: Send) -> None:
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        told = scope_of_token(asked.get("token", [""])[0])
    except BadSignature:
        await _answer(send, 403, b"the token is old or not ours; the page brings a new one")
        return
    await send({"type": "http.response.start", "status": 200, "headers": _OPEN})
    pouring = asyncio.create_task(_pour(tuple(told.items()), _after(scope, asked), send))
    leaving = asyncio.create_task(_gone(receive))
    done, left = await asyncio.wait({pouring, leaving}, timeout=TOKEN_GOOD_S, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    for task in done:
        if (why := task.exception()) is not None:
            log.warning("stream=ended reason=%r", why)
    if leaving not in done:
        again = b"event: again\ndata: {}\n\n"
        await send({"type": "http.response.body", "body": again, "more_body": False})


async def _pour(scope: Scope, after: int | None, send: Send) -> None:
    async for told in hub.listen(scope, after):
        await send({"type": "http.response.body", "body": told.as_event(), "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _after(scope: Event, asked: dict[str, list[str]]) -> int | None:
    """Where the screen broke off: the browser's own header, or the address."""
    headers = dict(scope["headers"])
    text = headers.get(b"last-event-id", b"").decode("latin-1") or asked.get("after", [""])[0]
    return int(text) if text.isdigit() and len(text) < 19 else None


async def _answer(send: Send, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _PLAIN})
    await send({"type": "http.response.body", "body": body})
