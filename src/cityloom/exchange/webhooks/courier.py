"""The courier: fans out, sends what is due with bounded concurrency, and marks what came of it, round after round.

Only the posting runs in threads of its own; everything that touches the database stays in the caller's thread. A slow
receiver holds up its own messages, no other's.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.db import transaction

from cityloom.base.clock import Clock, RealClock
from cityloom.base.reasons import Reason
from cityloom.city.snapshot_values import City
from cityloom.exchange.webhooks.fan_out import fan_out
from cityloom.exchange.webhooks.posting import Poster
from cityloom.exchange.webhooks.retrying import RetryRules
from cityloom.exchange.webhooks.signing import signed_headers
from cityloom.exchange.webhooks.taking import Taken, mark, take
from cityloom.exchange.webhooks.telling_owner import tell_owner
from cityloom.exchange.webhooks.values import Answer

log = logging.getLogger("cityloom.webhooks")

AT_ONCE = 32  # messages on their way, of all webhooks together


@dataclass
class Courier:
    """One courier; several may run, in as many processes. `wall` is the time that receivers live in: it stands in the
    signature, while a demo's clock may be elsewhere. `count` is told what became of each try."""

    clock: Clock
    city_of: Callable[[int], City]
    poster: Poster
    rules: RetryRules = field(default_factory=RetryRules)
    wall: Clock = field(default_factory=RealClock)
    chance: Callable[[], float] = random.random
    count: Callable[[str], None] = lambda _: None
    _pool: ThreadPoolExecutor = field(init=False)
    _flying: dict[Future[Answer], Taken] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")

    def round(self, wait_s: float = 0.0) -> int:
        """Mark what came back, make new deliveries, send what is due; how many things were done.

        With `wait_s`, waits so long at most for the first of those on their way.
        """
        done = self._collect(wait_s)
        done += fan_out(self.city_of)
        return done + self._send()

    @property
    def is_flying(self) -> bool:
        """Whether messages are on their way."""
        return bool(self._flying)

    def settle(self) -> None:
        """Rounds until nothing is due and nothing on its way."""
        while self.round(wait_s=1.0) or self.is_flying:
            continue

    def close(self) -> None:
        """Wait for what is on its way and mark it."""
        self._pool.shutdown(wait=True)
        self._collect(0.0)

    def _send(self) -> int:
        free = AT_ONCE - len(self._flying)
        if free <= 0:
            return 0
        busy = sorted({each.delivery.webhook_id for each in self._flying.values()})
        taken = take(self.clock.now(), busy, free)
        for each in taken:
            self._flying[self._pool.submit(self._post, each)] = each
        return len(taken)

    def _post(self, taken: Taken) -> Answer:
        """One try; runs in a thread of the pool."""
        if not taken.secrets:
            return Answer(reason=Reason("webhook.key_gone"))
        it = taken.delivery
        body = it.body.encode()
        told = {"cityloom-delivery": str(it.id)}
        if it.first_id is not None:
            told["cityloom-replay-of"] = str(it.first_id)
        return self.poster.post(
            taken.url, body, {**signed_headers(taken.secrets, it.event, self.wall.now(), body), **told}
        )

    def _collect(self, wait_s: float) -> int:
        if not self._flying:
            return 0
        ended, _ = wait(self._flying, timeout=wait_s, return_when=FIRST_COMPLETED)
        for future in ended:
            self._mark(self._flying[future], future.result())
            del self._flying[future]
        return len(ended)

    def _mark(self, taken: Taken, answer: Answer) -> None:
        it = taken.delivery
        with transaction.atomic():
            turned = mark(it, answer, self.clock.now(), self.rules, self.chance())
            if turned is not None:
                tell_owner(turned, self.clock, self.city_of)
        result = "delivered" if answer.is_good else "failed"
        self.count(result)
        log.info(
            "webhook=%d delivery=%d try=%d result=%s status=%s took_ms=%d reason=%s", it.webhook_id, it.id,
            it.attempts + 1, result, answer.status, answer.duration_ms, "" if answer.is_good else answer.why().code,
        )  # fmt: skip
        if turned is not None:
            log.warning("webhook=%d turned_off=%s", turned.webhook_id, turned.reason.code)
