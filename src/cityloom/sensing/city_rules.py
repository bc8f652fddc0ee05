"""The rules of a city at work on its readings: the judge, its checkpoints, and the alarms that follow.

A checkpoint stands in the same transaction as the offset it belongs to. After a restart the judge begins from it,
hears again what was stored since (`remember`, with the ticks that had changed something at their place), and then
agrees with the alarms that stand: what one of them knows and the other does not is settled once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.city.snapshot import current_city
from cityloom.city.snapshot_values import City
from cityloom.sensing import alarming
from cityloom.sensing.actions.raise_alarms import raise_alarms
from cityloom.sensing.alarm_keeping import keep_alarms, read_alarms
from cityloom.sensing.checkpoints import BadCheckpoint
from cityloom.sensing.combining import Combining
from cityloom.sensing.ingest_rows import register_state
from cityloom.sensing.judging import Judge
from cityloom.sensing.meeting import Meeting, Noting, note_conditions
from cityloom.sensing.parts import part_of
from cityloom.sensing.registry import Registry, load_registry, note_known_streams, streams_to_judge
from cityloom.sensing.rules import Change, Changes
from cityloom.sensing.values import Readings, Whole, no_readings

log = logging.getLogger("cityloom.rules")
KEPT_STATES = 2
LOOK_MS = 3000


@dataclass
class CityRules:
    """What the ingest process of one part of a city's devices asks about each batch; it begins with `restore`."""

    code: str
    clock: Clock
    part: str = ""
    city: City = field(init=False)
    judge_: Judge = field(init=False)
    _heard: int = field(init=False, default=0)  # readings since the checkpoint
    _ticks: list[tuple[int, int]] = field(init=False, default_factory=list)  # those still to be replayed
    _agreed: bool = field(init=False, default=False)
    _looked_ms: int = field(init=False, default=0)
    _seen: tuple[int, int, int] = field(init=False, default=(0, 0, 0))
    _log_name: str = field(init=False, default="")
    _meeting: Meeting | None = field(init=False, default=None)
    _unmet: Changes = field(init=False, default_factory=list)  # what combinations have lost by the restart

    def restore(self, log_name: str = "", registry: Registry | None = None) -> None:
        """Begin from the newest checkpoint; from nothing where there is none or it cannot be read.

        `registry`: as it was just read, so that it need not be read again.
        """
        self._log_name = log_name
        self.city = current_city(self.code)
        self._heard, self._agreed = 0, False
        self._seen = register_state(self.city.id)
        with connection.cursor() as cursor:
            state = _read_state(cursor, self.city.id, self.part)
            cursor.execute(
                "SELECT after, now_ms FROM sensing_rule_tick WHERE city_id = %s AND part = %s ORDER BY id",
                [self.city.id, self.part],
            )
            self._ticks = cursor.fetchall()
        try:
            self.judge_ = self._judge(state, registry)
        except BadCheckpoint:
            log.exception("city=%s rules=from_nothing", self.code)
            self.judge_ = self._judge(None, registry)
        number, of = part_of(self.part)
        if self.part and number == 1:
            self._meeting = Meeting(self.city.id, of, lambda: self._combining())
            with connection.cursor() as cursor:
                self._unmet = self._meeting.restore(cursor)

    def remember(self, fresh: Readings, now_ms: int) -> None:
        """Hear again what was judged before the restart; its alarms stand already."""
        done = 0
        while self._ticks and self._ticks[0][0] - self._heard <= len(fresh.stream) - done:
            after, tick_ms = self._ticks.pop(0)
            until = max(done, done + after - self._heard)
            self.judge_.judge(_part(fresh, done, until), now_ms)
            self._heard += until - done
            done = until
            self.judge_.tick(tick_ms)
        self.judge_.judge(_part(fresh, done, len(fresh.stream)), now_ms)
        self._heard += len(fresh.stream) - done
        self._take_noted()

    def judge(self, fresh: Readings, now_ms: int, shown: Whole | None = None) -> None:
        """Judge new readings and write their alarms, in the caller's transaction; `shown`: by which messages."""
        self._agree(0 if shown is None or not len(shown) else int(shown[0]))
        self._heard += len(fresh.stream)
        self._write(self.judge_.judge(fresh, now_ms))
        self._note(np.zeros(len(fresh.stream), np.int64) if shown is None else shown, 0)

    def tick(self, now_ms: int, after: int = 0) -> None:
        """What follows from time alone. A new version of the city, or new devices, count from here on.

        `after`: the number of the log behind the newest message.
        """
        self._agree(after)
        self._follow(now_ms, after)
        changes = self.judge_.tick(now_ms)
        self._note(np.zeros(0, np.int64), after)
        if changes or self.judge_.has_moved:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO sensing_rule_tick (city_id, part, after, now_ms) VALUES (%s, %s, %s, %s)",
                    [self.city.id, self.part, self._heard, now_ms],
                )
            self._write(changes)
        if self._meeting is not None:
            with connection.cursor() as cursor:
                self._write(self._meeting.go_on(cursor, self._log_name, self.clock.now()))

    def checkpoint(self, sequence: int) -> None:
        """Write down what the judge knows after that number of the log; older ones and their ticks go."""
        city, part = self.city.id, self.part
        with connection.cursor() as cursor:
            with psycopg.Cursor(cursor.connection) as raw:  # sends bytes as they are, not as text twice as long
                raw.execute(
                    "INSERT INTO sensing_rule_state (city_id, part, city_version, sequence, at, state) "
                    "VALUES (%s, %s, %s, %s, %s, %s)",
                    [city, part, self.city.version, sequence, self.clock.now(), self.judge_.dump()],
                )
            cursor.execute("DELETE FROM sensing_rule_tick WHERE city_id = %s AND part = %s", [city, part])
            cursor.execute(
                "DELETE FROM sensing_rule_state WHERE city_id = %s AND part = %s AND id <= ("
                "SELECT id FROM sensing_rule_state WHERE city_id = %s AND part = %s ORDER BY id DESC "
                "LIMIT 1 OFFSET %s)",
                [city, part, city, part, KEPT_STATES],
            )
        self._heard, self._ticks = 0, []

    # --- inside ---------------------------------------------------------------------------------------------------

    def _judge(self, state: bytes | None, registry: Registry | None = None) -> Judge:
        note_known_streams(self.city.id, self.clock.now())
        registry = registry or load_registry(self.city.id, self.part)
        areas, zone = self.city.areas, self.city.config.time_zone
        levels = {
            code: {areas[each].level: each for each in self.city.ancestors(code)}
            for code in registry.device_columns.area.kinds
            if code in areas
        }
        streams = streams_to_judge(registry, zone, levels)
        return Judge(list(self.city.rules.values()), streams, state, zone, Noting if self.part else Combining)

    def _combining(self) -> Combining:
        return Combining(self.judge_.rules, self.judge_.streams, self.judge_.windows)

    def follow_register(self, after: int = 0) -> None:
        """Look at the devices and rules anew, keeping what is known of those that stay."""
        self.city = current_city(self.code)
        self.judge_ = self._judge(self.judge_.dump())
        self._end_lost(self.judge_.lost, after)
        if self._meeting is not None:
            self._end_lost(self._meeting.renew())

    def _take_noted(self) -> list[tuple[int, Change]]:
        combining = self.judge_.combining
        return combining.take_noted() if isinstance(combining, Noting) else []

    def _note(self, shown: Whole, after: int) -> None:
        """Where several processes take in: write what rules that combine streams are to know."""
        noted = self._take_noted()
        if noted:
            with connection.cursor() as cursor:
                note_conditions(cursor, self.city.id, self._log_name, noted, shown, after)

    def _follow(self, now_ms: int, after: int) -> None:
        """Every few seconds: another version of the city, or another register."""
        if 0 <= now_ms - self._looked_ms < LOOK_MS:
            return
        self._looked_ms = now_ms
        seen = register_state(self.city.id)
        if current_city(self.code).version != self.city.version or seen != self._seen:
            self._seen = seen
            self.follow_register(after)

    def _write(self, changes: Changes) -> None:
        if changes:
            raise_alarms(self.city, changes, self.clock)

    def _agree(self, after: int = 0) -> None:
        """Once after a restart: alarms and the judge's conditions say the same."""
        if self._agreed:
            return
        self._agreed = True
        self.remember(no_readings(), 0)  # ticks behind the last reading, or where there was none
        self._end_lost(self.judge_.lost, after)
        self._end_lost(self._unmet)
        standing = {(c.rule, str(c.subject)): c for c in self.judge_.standing()}
        with connection.cursor() as cursor:
            alarms = read_alarms(cursor, "a.city_id = %s AND a.stands AND a.state <> 'closed'", [self.city.id])
        heard = self.judge_.heard
        combined = self.judge_.combining.codes if self.part else frozenset()
        mine = [a for a in alarms if a.rule not in combined and (a.device_id is None or a.device_id in heard)]
        if self._meeting is not None and self._meeting.is_new:  # it knows of none yet, and is told of each again
            mine += [a for a in alarms if a.rule in combined]
        known = {(a.rule, a.subject) for a in mine}
        self._write([change for key, change in sorted(standing.items()) if key not in known])
        over = [a for a in mine if (a.rule, a.subject) not in standing]
        self._end([(a.rule, a.subject) for a in over], "alarm.agreed")

    def _end_lost(self, lost: Changes, after: int = 0) -> None:
        """Alarms whose rule or stream is gone."""
        if self.part and lost:
            with connection.cursor() as cursor:
                gone = [(-1, c) for c in lost if c.subject.device and self.judge_.combining.asks_for(c.rule)]
                note_conditions(cursor, self.city.id, self._log_name, gone, np.zeros(0, np.int64), after)
        self._end([(change.rule, str(change.subject)) for change in lost], "alarm.rule_gone")

    def _end(self, keys: list[tuple[str, str]], why: str) -> None:
        """End these alarms now, for this reason."""
        if not keys:
            return
        now = self.clock.now()
        with connection.cursor() as cursor:
            found = read_alarms(
                cursor,
                "a.city_id = %s AND a.stands AND a.state <> 'closed' AND (a.rule, a.subject) IN ("
                "SELECT * FROM unnest(%s::varchar[], %s::varchar[])) ORDER BY a.id FOR UPDATE",
                [self.city.id, [rule for rule, _ in keys], [subject for _, subject in keys]],
            )
            stepped = [alarming.end(alarm, now, why) for alarm in found]
            entries = [(alarm, entry) for alarm, told in stepped for entry in told]
            keep_alarms(cursor, [], [alarm for alarm, _ in stepped], entries, now)


def _read_state(cursor: CursorWrapper, city_id: int, part: str) -> bytes | None:
    """The newest checkpoint."""
    with psycopg.Cursor(cursor.connection) as raw:
        raw.execute(
            "SELECT state FROM sensing_rule_state WHERE city_id = %s AND part = %s ORDER BY id DESC LIMIT 1",
            [city_id, part],
            binary=True,
        )
        row = raw.fetchone()
    return row[0] if row else None


def _part(readings: Readings, begin: int, end: int) -> Readings:
    return Readings(readings.stream[begin:end], readings.at_ms[begin:end], readings.value[begin:end])
