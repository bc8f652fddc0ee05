"""The rules of a city at work on its readings: the judge, its checkpoints, and the alarms that follow.

A checkpoint stands in the same transaction as the offset it belongs to. After a restart the judge begins from it,
hears again what was stored since (`remember`, with the ticks that had changed something at their place), and then
agrees with the alarms that stand: what one of them knows and the other does not is settled once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
from django.db import connection

from cityloom.base.clock import Clock
from cityloom.city.snapshot import current_city
from cityloom.city.snapshot_values import City
from cityloom.sensing import alarming
from cityloom.sensing.actions.raise_alarms import raise_alarms
from cityloom.sensing.alarm_keeping import keep_alarms, read_alarms
from cityloom.sensing.checkpoints import BadCheckpoint
from cityloom.sensing.ingest_rows import register_state
from cityloom.sensing.judging import Judge
from cityloom.sensing.registry import load_stream_table, note_known_streams
from cityloom.sensing.rules import Changes, Streams, Words
from cityloom.sensing.values import Readings, no_readings

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

    def restore(self) -> None:
        """Begin from the newest checkpoint; from nothing where there is none or it cannot be read."""
        self.city = current_city(self.code)
        self._heard, self._agreed = 0, False
        self._seen = register_state(self.city.id)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT state FROM sensing_rule_state WHERE city_id = %s AND part = %s ORDER BY id DESC LIMIT 1",
                [self.city.id, self.part],
            )
            row = cursor.fetchone()
            cursor.execute(
                "SELECT after, now_ms FROM sensing_rule_tick WHERE city_id = %s AND part = %s ORDER BY id",
                [self.city.id, self.part],
            )
            self._ticks = cursor.fetchall()
        try:
            self.judge_ = self._judge(bytes(row[0]) if row else None)
        except BadCheckpoint:
            log.exception("city=%s rules=from_nothing", self.code)
            self.judge_ = self._judge(None)

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

    def judge(self, fresh: Readings, now_ms: int) -> None:
        """Judge new readings and write their alarms, in the caller's transaction."""
        self._agree()
        self._heard += len(fresh.stream)
        self._write(self.judge_.judge(fresh, now_ms))

    def tick(self, now_ms: int) -> None:
        """What follows from time alone. A new version of the city, or new devices, count from here on."""
        self._agree()
        self._follow(now_ms)
        changes = self.judge_.tick(now_ms)
        if changes:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO sensing_rule_tick (city_id, part, after, now_ms) VALUES (%s, %s, %s, %s)",
                    [self.city.id, self.part, self._heard, now_ms],
                )
            self._write(changes)

    def checkpoint(self, sequence: int) -> None:
        """Write down what the judge knows after that number of the log; older ones and their ticks go."""
        city, part = self.city.id, self.part
        with connection.cursor() as cursor:
            cursor.execute(
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

    def _judge(self, state: bytes | None) -> Judge:
        alone = not self.part  # one of several parts cannot tell silence from a device of another part
        if alone:
            note_known_streams(self.city.id, self.clock.now())
        table = load_stream_table(self.city.id, self.city.config.time_zone)
        areas = self.city.areas
        levels = {
            code: {areas[each].level: each for each in self.city.ancestors(code)}
            for code in {code for code in table.area if code in areas}
        }
        streams = Streams(
            id=table.id,
            device=table.device,
            name=_words(table.name),
            type=_words(table.type),
            lon=table.lon,
            lat=table.lat,
            area=_words(table.area),
            interval_s=table.interval_s,
            low=table.low,
            high=table.high,
            since_ms=table.since_ms if alone else np.zeros(len(table.id), np.int64),
            levels=levels,
        )
        return Judge(list(self.city.rules.values()), streams, state, zone=self.city.config.time_zone)

    def follow_register(self) -> None:
        """Look at the devices and rules anew, keeping what is known of those that stay."""
        self.city = current_city(self.code)
        self.judge_ = self._judge(self.judge_.dump())
        self._end_lost(self.judge_.lost)

    def _follow(self, now_ms: int) -> None:
        """Every few seconds: another version of the city, or another register."""
        if 0 <= now_ms - self._looked_ms < LOOK_MS:
            return
        self._looked_ms = now_ms
        seen = register_state(self.city.id)
        if current_city(self.code).version != self.city.version or seen != self._seen:
            self._seen = seen
            self.follow_register()

    def _write(self, changes: Changes) -> None:
        if changes:
            raise_alarms(self.city, changes, self.clock)

    def _agree(self) -> None:
        """Once after a restart: alarms and the judge's conditions say the same."""
        if self._agreed:
            return
        self._agreed = True
        self.remember(no_readings(), 0)  # ticks behind the last reading, or where there was none
        self._end_lost(self.judge_.lost)
        standing = {(c.rule, str(c.subject)): c for c in self.judge_.standing()}
        with connection.cursor() as cursor:
            alarms = read_alarms(cursor, "a.city_id = %s AND a.stands AND a.state <> 'closed'", [self.city.id])
            cursor.execute("SELECT count(*) FROM sensing_offset WHERE city_id = %s", [self.city.id])
            is_alone = cursor.fetchone()[0] <= 1
        heard = self.judge_.heard
        mine = [a for a in alarms if (a.device_id in heard if a.device_id is not None else is_alone)]
        known = {(a.rule, a.subject) for a in mine}
        self._write([change for key, change in sorted(standing.items()) if key not in known])
        over = [a for a in mine if (a.rule, a.subject) not in standing]
        self._end([(a.rule, a.subject) for a in over], "alarm.agreed")

    def _end_lost(self, lost: Changes) -> None:
        """Alarms whose rule or stream is gone."""
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


def _words(words: tuple[str, ...]) -> Words:
    return np.array([*words, None], object)[:-1]


def _part(readings: Readings, begin: int, end: int) -> Readings:
    return Readings(readings.stream[begin:end], readings.at_ms[begin:end], readings.value[begin:end])
