"""Ids that are known before the row is written: each process draws blocks from one sequence.

So that a report, its case, tasks, clocks and entries can point at each other and be written with one statement
per table, without asking the database back.
"""

from __future__ import annotations

import os
import threading
from collections import deque

from django.db import connection

BLOCK = 1000  # the increment of the sequence `base_ids`, set in its migration


class IdBlocks:
    """Hands out ids; at most one statement per thousand. Safe for threads and after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: deque[range] = deque()
        self._pid = os.getpid()

    def take(self, count: int = 1) -> list[int]:
        """`count` ids nobody else has, ascending within a block; an unused rest is never handed out again."""
        with self._lock:
            if self._pid != os.getpid():
                self._free.clear()
                self._pid = os.getpid()
            short = count - sum(len(block) for block in self._free)
            if short > 0:
                self._free.extend(_draw(-(-short // BLOCK)))
            taken: list[int] = []
            while len(taken) < count:
                block = self._free.popleft()
                use = min(len(block), count - len(taken))
                taken.extend(block[:use])
                if use < len(block):
                    self._free.appendleft(block[use:])
            return taken

    def one(self) -> int:
        return self.take(1)[0]

    def forget(self) -> None:
        """Drop the blocks at hand, after the database underneath was replaced (tests, restore)."""
        with self._lock:
            self._free.clear()


def _draw(blocks: int) -> list[range]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('base_ids') FROM generate_series(1, %s)", [blocks])
        return [range(first, first + BLOCK) for (first,) in cursor.fetchall()]


ids = IdBlocks()
