"""The message server's side of the live process: an ordered reader of the stream CITY, taken up again when lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import nats
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from cityloom.app.relay import ANSWER_S, STREAM

log = logging.getLogger("cityloom.live")
AGAIN_S = 2.0
REMEMBERED_S = 300  # how far back a fresh process reads, for screens that come back to it


async def follow(url: str, hear: Callable[[int, bytes], None]) -> None:
    """Hand on every move of the stream, for ever; a server that is silent is said once and asked again."""
    failures = 0
    while True:
        client: Client | None = None
        try:
            client = await nats.connect(url, name="cityloom live", connect_timeout=ANSWER_S, allow_reconnect=False,
                                        error_cb=_note)  # fmt: skip
            failures = await _read(client, hear, failures)
        except (nats.errors.Error, OSError, TimeoutError) as why:
            if not failures:
                # the worker makes the stream with its first word; until then it is nobody's fault
                level = logging.INFO if isinstance(why, NotFoundError) else logging.WARNING
                log.log(level, "stream=away reason=%r; screens hear every quarter of a minute meanwhile", str(why))
            failures += 1
        finally:
            if client is not None and not client.is_closed:
                await client.close()
        await asyncio.sleep(AGAIN_S)


async def _read(client: Client, hear: Callable[[int, bytes], None], failures: int) -> int:
    since = datetime.now(UTC) - timedelta(seconds=REMEMBERED_S)
    config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=since)
    stream = client.jetstream(timeout=ANSWER_S)
    await stream.stream_info(STREAM)
    moves = await stream.subscribe("city.*.case.moved", ordered_consumer=True, config=config)
    if failures:
        log.info("stream=back after_failures=%d", failures)
    while client.is_connected:
        try:
            message = await moves.next_msg(timeout=ANSWER_S)
        except nats.errors.TimeoutError:
            continue
        hear(message.metadata.sequence.stream, message.data)
    return 0


async def _note(why: Exception) -> None:
    log.debug("client=%r", why)
