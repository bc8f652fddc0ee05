"""Rules that combine streams where several processes take in: each notes what its streams show, one combines it.

A part writes what begins and ends with the number of the message that showed it, in the transaction of its offset.
The first part follows these notes in the order of the log, as far as every part has come, and keeps what it knows
with the alarms that follow from it. So nothing is combined twice, and it does not matter which process was ahead.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.city.alarm_rules import AlarmRule
from cityloom.sensing.combining import Combining
from cityloom.sensing.rules import Change, Changes, Streams, Subject
from cityloom.sensing.values import Whole
from cityloom.sensing.windows import Windows

log = logging.getLogger("cityloom.rules")


class Noting(Combining):
    """Combines nothing, but notes what rules that combine streams would ask for, with the reading that showed it."""

    def __init__(self, rules: Sequence[AlarmRule], streams: Streams, windows: Windows) -> None:
        super().__init__(rules, streams, windows)
        self._noted: list[tuple[int, Change]] = []

    def follow(self, change: Change, place: int, index: int = -1) -> Changes:
        """Note it."""
        if self.asks_for(change.rule):
            self._noted.append((index, change))
        return []

    def tick(self, now_ms: int) -> Changes:
        """Nothing waits here."""
        return []

    def take_noted(self) -> list[tuple[int, Change]]:
        """What was noted since the last asking: the place of the reading in its batch, -1 for time alone."""
        found, self._noted = self._noted, []
        return found


class Reach(NamedTuple):
    """How far all parts have come together: a number of the log, and the time of the messages up to there."""

    sequence: int
    now_ms: int


def note_conditions(
    cursor: CursorWrapper, city_id: int, log_name: str, noted: Sequence[tuple[int, Change]], shown: Whole, after: int
) -> None:
    """Write what a part has noted: `shown` are the messages by the place in the batch, `after` the one behind it."""
    if not noted:
        return
    cursor.executemany(
        "INSERT INTO sensing_condition (city_id, log, sequence, rule, device, raised, at_ms) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            [city_id, log_name, after if n < 0 else int(shown[n]), c.rule, c.subject.device, c.raised, c.at_ms]
            for n, c in noted
        ],
    )


def find_reach(cursor: CursorWrapper, city_id: int, log_name: str, parts: int) -> Reach | None:
    """How far all parts have come in this log; None while one of them has not begun with it."""
    cursor.execute(
        "SELECT count(*), min(sequence), min(heard_ms) FROM sensing_offset "
        "WHERE city_id = %s AND log = %s AND part LIKE %s",
        [city_id, log_name, f"%/{parts}"],
    )
    count, sequence, heard_ms = cursor.fetchone()
    return Reach(sequence, heard_ms) if count == parts else None


def take_conditions(cursor: CursorWrapper, city_id: int, log_name: str, sequence: int) -> Changes:
    """What all parts have shown up to a number, in the order of the log; what an older log has left comes first."""
    cursor.execute(
        "DELETE FROM sensing_condition WHERE city_id = %s AND (sequence <= %s OR log <> %s) "
        "RETURNING log = %s, sequence, id, rule, device, raised, at_ms",
        [city_id, sequence, log_name, log_name],
    )
    return [Change(row[3], Subject(row[4]), row[5], row[6]) for row in sorted(cursor.fetchall())]


@dataclass
class Meeting:
    """The one that combines for all parts. `make` gives the combinations for the rules and streams of now."""

    city_id: int
    parts: int
    make: Callable[[], Combining]
    combining: Combining = field(init=False)
    is_new: bool = field(init=False, default=False)  # nothing was known: what stands by these rules is to be ended
    _waits: bool = field(init=False, default=False)

    def restore(self, cursor: CursorWrapper) -> Changes:
        """Begin from what is kept; what stood by rules and devices that are gone."""
        cursor.execute(
            "SELECT state FROM sensing_combination WHERE city_id = %s AND parts = %s", [self.city_id, self.parts]
        )
        row = cursor.fetchone()
        self.combining, self.is_new = self.make(), row is None
        if row is None:
            return []
        return self.combining.take(json.loads(row[0]) if isinstance(row[0], str) else row[0])

    def renew(self) -> Changes:
        """Look at the rules and streams of now, keeping what is known; what stood by those that are gone."""
        known = self.combining.told()
        self.combining = self.make()
        return self.combining.take(known)

    def go_on(self, cursor: CursorWrapper, log_name: str, at: datetime) -> Changes:
        """Follow what all parts have shown by now; to be written in the same transaction."""
        reach = find_reach(cursor, self.city_id, log_name, self.parts)
        if (reach is None) != self._waits:
            self._waits = reach is None
            if self._waits:
                log.warning("parts=%d combined_rules=wait reason='not every part has begun'", self.parts)
        if reach is None:
            return []
        shown = take_conditions(cursor, self.city_id, log_name, reach.sequence)
        changes: Changes = []
        for change in shown:
            changes += self.combining.follow_device(change)
        changes += self.combining.tick(reach.now_ms)
        if shown or changes or self.is_new:
            self.is_new = False
            self.keep(cursor, at)
        return changes

    def keep(self, cursor: CursorWrapper, at: datetime) -> None:
        """Write down what is known."""
        cursor.execute(
            "INSERT INTO sensing_combination (city_id, parts, state, at) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (city_id, parts) DO UPDATE SET state = excluded.state, at = excluded.at",
            [self.city_id, self.parts, json.dumps(self.combining.told()), at],
        )
