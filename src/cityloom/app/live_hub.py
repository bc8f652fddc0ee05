"""What hangs on the wall hears here: moves come in from the message server, one pulse a second at most goes out.

Screens of the same post and area share their questions to the database. What came lately is remembered, so that a
screen that lost its line is told what it missed. Without a message server every screen still hears now and then.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

log = logging.getLogger("cityloom.live")

TICK_S = 1.0
QUIET_S = 15.0  # a screen hears so often even when nothing happens
REMEMBERED = 5000
BEHIND = 8  # pulses that wait for a slow screen; older ones go
Scope = tuple[tuple[str, Any], ...]  # what a token says, in a form that can be a key
Ask = Callable[[Scope, list[str]], Awaitable[dict[str, Any]]]


class Came(NamedTuple):
    """A case that came, at its place in the stream."""

    seq: int
    number: str


class Told(NamedTuple):
    """One event for a screen."""

    seq: int
    pulse: dict[str, Any]

    def as_event(self) -> bytes:
        text = json.dumps(self.pulse, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self.seq}\nevent: pulse\ndata: {text}\n\n".encode()


@dataclass(eq=False)
class Screen:
    """One screen that listens."""

    scope: Scope
    queue: asyncio.Queue[Told] = field(default_factory=lambda: asyncio.Queue(BEHIND))

    def tell(self, told: Told) -> None:
        """Put an event in its queue; the oldest gives way when the screen is slow."""
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(told)


@dataclass
class Hub:
    """All screens of this process. `ask` gives the pulse of a scope, with these new cases, from the database."""

    ask: Ask
    now_s: Callable[[], float] = time.monotonic
    screens: set[Screen] = field(default_factory=set)
    seq: int = 0
    _came: deque[Came] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _told_seq: int = 0
    _told_at_s: float = 0.0

    def hear(self, seq: int, body: bytes) -> None:
        """A move from the stream; what cannot be read is noted and passed over."""
        self.seq = max(self.seq, seq)
        try:
            told = json.loads(body)
            if "receive" in told["moves"]:
                self._came.append(Came(seq, str(told["number"])))
        except (ValueError, KeyError, TypeError) as wrong:
            log.warning("message=unreadable seq=%d reason=%r", seq, wrong)

    async def listen(self, scope: Scope, after: int | None) -> AsyncIterator[Told]:
        """The events of a screen: first how it stands, with what came after the place where it broke off."""
        screen = Screen(scope)
        self.screens.add(screen)
        try:
            yield Told(self.seq, await self.ask(scope, [] if after is None else self._numbers_after(after)))
            while True:
                yield await screen.queue.get()
        finally:
            self.screens.discard(screen)

    async def tick(self) -> int:
        """Tell every screen, if something moved or it was quiet for long; how many scopes were asked for."""
        moved = self.seq > self._told_seq
        if not moved and self.now_s() - self._told_at_s < QUIET_S:
            return 0
        numbers, self._told_seq, self._told_at_s = self._numbers_after(self._told_seq), self.seq, self.now_s()
        scopes = {screen.scope for screen in self.screens}
        for scope in scopes:
            told = Told(self._told_seq, await self.ask(scope, numbers))
            for screen in self.screens:
                if screen.scope == scope:
                    screen.tell(told)
        return len(scopes)

    async def run(self) -> None:
        """Tick for ever; a database that is away is asked again."""
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self.tick()
            except Exception:
                log.exception("tick=failed")

    def _numbers_after(self, seq: int) -> list[str]:
        return [came.number for came in self._came if came.seq > seq]
