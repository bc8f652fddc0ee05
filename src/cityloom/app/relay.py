"""Tells the message server what waits in the outbox: JetStream's stream CITY, one subject for each city and topic.

A message is told at least once, in order; its outbox id is its Nats-Msg-Id, by which the server drops a repetition
within ten minutes. A server that is silent is said once and asked again later; meanwhile everything waits.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nats
from nats.aio.client import Client
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from cityloom.base.outbox import Message, hand_out

log = logging.getLogger("cityloom.relay")

STREAM = "CITY"
KEPT_S = 7 * 24 * 3600
KEPT_BYTES = 2 * 1024**3
SAME_WITHIN_S = 600
ANSWER_S = 5.0
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)


class NotTold(Exception):
    """The message server did not take the messages; they stay in the outbox and come again."""


class JetStream:
    """A connection to the message server, made when it is first needed and again after it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Client | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()

    def reach(self) -> None:
        """Have a living connection; raises NotTold."""
        self._try(self._connect())

    def tell(self, messages: list[Message], city_codes: Callable[[str], str]) -> None:
        """Publish the messages in order and return when all are stored; raises NotTold."""
        subjects = [subject_of(message, city_codes(message.city)) for message in messages]
        self._try(self._publish(messages, subjects))

    def close(self) -> None:
        """End the connection and its thread."""
        self._forget()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_S)

    def _try(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            self._wait(work)
        except (nats.errors.Error, OSError, TimeoutError) as why:
            self._forget()
            raise NotTold(str(why) or type(why).__name__) from why

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, 2 * ANSWER_S), self._loop).result()

    async def _connect(self) -> None:
        if self._client is None or not self._client.is_connected:
            self._client = await _connected(self._url)

    async def _publish(self, messages: list[Message], subjects: list[str]) -> None:
        await self._connect()
        assert self._client is not None
        stream = self._client.jetstream(timeout=ANSWER_S)
        stored = [
            await stream.publish_async(
                subject,
                _body(message),
                headers={"Nats-Msg-Id": str(message.id), "Nats-Expected-Stream": STREAM},
            )
            for message, subject in zip(messages, subjects, strict=True)
        ]
        await asyncio.wait_for(asyncio.gather(*stored), ANSWER_S)

    def _forget(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            self._wait(client.close())
        except (nats.errors.Error, OSError, TimeoutError) as why:
            log.debug("relay closing failed: %s", why)


async def _connected(url: str) -> Client:
    """A client with the stream at hand; lost connections are ours to renew, so that waiting stays bounded."""
    client = await nats.connect(
        url,
        name="cityloom worker",
        allow_reconnect=False,
        max_reconnect_attempts=1,
        reconnect_time_wait=0,
        connect_timeout=ANSWER_S,
        error_cb=_note,
    )
    stream = client.jetstream(timeout=ANSWER_S)
    config = StreamConfig(
        name=STREAM,
        subjects=["city.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=KEPT_S,
        max_bytes=KEPT_BYTES,
        duplicate_window=SAME_WITHIN_S,
    )
    try:
        await stream.stream_info(STREAM)
    except NotFoundError:
        await stream.add_stream(config)
    return client


async def _note(why: Exception) -> None:
    """The client tells every failure here as well; the relay says it once, where it matters."""
    log.debug("client=%r", why)


def subject_of(message: Message, city_code: str) -> str:
    """Where a message is told: `city.<code>.<topic>`."""
    return f"city.{re.sub(r'[^0-9A-Za-z_-]', '_', city_code)}.{message.topic}"


def _body(message: Message) -> bytes:
    told = {"id": message.id, "topic": message.topic, "key": message.key, "at": message.created_at.isoformat()}
    return json.dumps({**told, **message.payload}, ensure_ascii=False).encode()


@dataclass
class Relay:
    """Hands the outbox to the message server as long as it answers."""

    server: JetStream
    city_codes: Callable[[str], str]
    now_s: Callable[[], float] = time.monotonic
    _failures: int = 0
    _again_at_s: float = field(default=0.0)

    def pass_on(self, most: int = 500) -> int:
        """Tell what waits, up to `most`; how many were told. 0 while the server is left in peace after a failure."""
        if self.now_s() < self._again_at_s:
            return 0
        try:
            self.server.reach()  # before any row is held
            told = hand_out(lambda messages: self.server.tell(messages, self.city_codes), most)
        except NotTold as why:
            wait_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
            if not self._failures:
                log.warning("messages=waiting reason=%r; the server is asked again, clocks go on", str(why))
            self._failures += 1
            self._again_at_s = self.now_s() + wait_s
            return 0
        if self._failures and told:
            log.info("messages=flowing after_failures=%d", self._failures)
            self._failures = 0
        return told

    def close(self) -> None:
        self.server.close()


def find_embedded(var: Path) -> str | None:
    """The address of the embedded message server that keeps its store in `var`, if its settings lie there."""
    try:
        text = (var / "nats" / "nats.conf").read_text(encoding="utf-8")
    except OSError:
        return None
    listen = re.search(r'^listen: "([^"]+)"', text, re.MULTILINE)
    user = re.search(r'user: "([^"]+)", password: "([^"]+)"', text)
    return f"nats://{user[1]}:{user[2]}@{listen[1]}" if listen and user else None


def find_embedded_mqtt(var: Path) -> str | None:
    """Where devices speak to the message server of `find_embedded`: `mqtt://USER:PASSWORD@HOST:PORT`."""
    url = find_embedded(var)
    listen = url and re.search(
        r'mqtt \{[^}]*?listen: "([^"]+)"', (var / "nats" / "nats.conf").read_text(encoding="utf-8")
    )
    return f"mqtt://{urlsplit(url).netloc.rpartition('@')[0]}@{listen[1]}" if url and listen else None
