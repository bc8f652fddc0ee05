"""Lives the demo city's day: people report, posts take up what is open, all through the real actions.

What is meant comes from `day.py`; here it is done. Nothing is remembered that the database does not know, so the
day can be stopped, killed and started again at any moment.
"""

from __future__ import annotations

import heapq
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.patience import Patience
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.actions.move_report import move_report
from cityloom.cases.actions.move_task import move_task
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.keeping import get_file_by_id
from cityloom.cases.photos import Picture, clean_photo
from cityloom.cases.places import locate
from cityloom.cases.twins import list_twins
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.exchange.demo.alarm_play import AlarmTender
from cityloom.exchange.demo.day import OWN_MARK, Day, Intended, Staff
from cityloom.exchange.demo.pictures import draw_street
from cityloom.exchange.demo.sayings import BY_HOUR, Said, Speakers, Streets

log = logging.getLogger("cityloom.player")

BUSIEST_EVERY_S = 7.0  # between two reports in the busiest hour
JOIN_SHARE = 0.4  # of those who are told of a twin say that it is the same
MOST_OPEN = 3000
MOVES_AT_ONCE = 5
LOOKS_AT_ONCE = 100
LOOK_EVERY_S = 5.0
SLEEP_S = 0.5
NOBODY_CAN = timedelta(minutes=30)
AFTER_STANDSTILL = timedelta(minutes=2)


class _Wait(NamedTuple):
    """When a case is turned to, and since when it was in its state when that was decided."""

    at: datetime
    since: datetime


@dataclass
class Player:
    """One player of one city. `rate` 2 lets everything happen twice as often."""

    get_city: Callable[[], City]
    clock: Clock
    stop: threading.Event
    rate: float = 1.0
    seed: int = 7
    alarms: AlarmTender | None = None
    chance: random.Random = field(default_factory=random.Random)
    _waiting: list[tuple[datetime, int]] = field(default_factory=list)
    _known: dict[int, _Wait] = field(default_factory=dict)
    _tries: dict[int, int] = field(default_factory=dict)
    _looked_at_s: float | None = None
    _tended_at_s: float | None = None
    _seen_until: datetime | None = None
    _next_report_at: datetime | None = None
    _day: Day | None = None
    _speakers: Speakers | None = None
    _patience: Patience = field(default_factory=Patience)

    def play(self) -> None:
        """Play until `stop` is set; a database that is away is waited for."""
        while not self.stop.is_set():
            try:
                busy = self.step()
            except (OperationalError, InterfaceError) as why:
                if not self._patience.failures:
                    log.warning("database=away reason=%r; asked again until it answers", str(why).strip())
                connection.close()
                self._patience.wait_after_failure(self.stop)
            else:
                if failures := self._patience.it_worked():
                    log.info("player=playing after_failures=%d", failures)
                if not busy:
                    self.stop.wait(SLEEP_S)

    def step(self) -> int:
        """What is due now, a few things at most; how many were done."""
        city, now = self.get_city(), self.clock.now()
        self._live_in(city)
        self._look(city, now)
        done = self._report_if_due(city, now)
        looked = 0
        while done < MOVES_AT_ONCE and looked < LOOKS_AT_ONCE and not self.stop.is_set():
            if not self._waiting or self._waiting[0][0] > now:
                break
            at, case_id = heapq.heappop(self._waiting)
            if case_id in self._known and self._known[case_id].at == at:
                done += self._turn_to(city, case_id, now)
                looked += 1
        return done + looked + self._tend_alarms()

    def _tend_alarms(self) -> int:
        """Let staff turn to alarms every few seconds; how many they turned to."""
        at_s = time.monotonic()
        if self.alarms is None or (self._tended_at_s is not None and at_s - self._tended_at_s < LOOK_EVERY_S):
            return 0
        self._tended_at_s = at_s
        return self.alarms.round()

    def pace(self) -> float:
        """How much faster than on a real day people act."""
        return self.rate

    def busiest_every_s(self) -> float:
        """Seconds between two reports in the busiest hour, at rate 1."""
        return BUSIEST_EVERY_S

    # --- looking ---

    def _live_in(self, city: City) -> None:
        if self._day is not None and self._day.city is city:
            return
        streets = Streets(city, self.seed)
        self._day = Day(city, streets, Staff(city), self.seed, self.pace())
        self._speakers = Speakers(city, streets)

    def _look(self, city: City, now: datetime) -> None:
        """Find open cases that are not waited for yet: all at the start, later those that others opened or moved."""
        now_s = time.monotonic()
        if self._looked_at_s is not None and now_s - self._looked_at_s < LOOK_EVERY_S:
            return
        self._looked_at_s = now_s
        condition, params = "", []
        if self._seen_until is not None:
            condition, params = "AND state_since >= %s ", [self._seen_until - timedelta(seconds=30)]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, state_since FROM cases_case WHERE city_id = %s AND closed_at IS NULL AND NOT imported "  # noqa: S608
                f"{condition}ORDER BY next_due_at NULLS LAST, id LIMIT 20000",
                [city.id, *params],
            )
            for case_id, since in cursor.fetchall():
                known = self._known.get(case_id)
                if known is None or known.since != since:
                    self._wait_for(case_id, since, since)
        self._seen_until = now

    def _wait_for(self, case_id: int, at: datetime, since: datetime) -> None:
        """Turn to a case at that moment; what was decided about it before no longer counts."""
        self._known[case_id] = _Wait(at, since)
        heapq.heappush(self._waiting, (at, case_id))

    # --- moving ---

    def _turn_to(self, city: City, case_id: int, now: datetime) -> int:
        """Take up one case: make the move that is meant if its moment has come, else come back then."""
        assert self._day is not None
        with connection.cursor() as cursor:
            file = get_file_by_id(cursor, case_id)
        if file.case.has_ended:
            self._forget(case_id)
            return 0
        since = file.case.state_since or file.case.opened_at
        meant = self._day.next_of(file, now, self._tries.get(case_id, 0))
        if meant is None:
            self._wait_for(case_id, now + NOBODY_CAN, since)
            return 0
        if meant.at > now:
            self._wait_for(case_id, meant.at, since)
            return 0
        self._make(city, file, meant, now, since)
        return 1

    def _make(self, city: City, file: CaseFile, meant: Intended, now: datetime, since: datetime) -> None:
        """Make the move; a refusal is logged and another one is tried later."""
        case_id = file.case.id
        try:
            after = self._act(city, meant)
        except CityloomError as refusal:
            self._tries[case_id] = self._tries.get(case_id, 0) + 1
            wait = timedelta(seconds=min(2 ** self._tries[case_id] * 10, 1800) / self.rate)
            log.info("refused=%s number=%s by=%s reason=%r", meant.move, meant.number, meant.by.login, str(refusal))
            self._wait_for(case_id, now + wait, since)
            return
        self._tries.pop(case_id, None)
        log.debug("moved=%s number=%s by=%s state=%s", meant.move, meant.number, meant.by.login, after.case.state)
        self._expect(after)

    def _act(self, city: City, meant: Intended) -> CaseFile:
        number, move, by, details, seen = meant.number, meant.move, meant.by, meant.details, meant.version
        if meant.subject == "report":
            assert meant.subject_id is not None
            return move_report(city, number, meant.subject_id, move, by, details, self.clock, version=seen)
        if meant.subject == "task":
            assert meant.subject_id is not None
            return move_task(city, number, meant.subject_id, move, by, details, self.clock, version=seen)
        pictures = [_picture(number, meant.photo == "before")] if meant.photo else []
        return move_case(city, number, move, by, details, self.clock, version=seen, pictures=pictures)

    def _expect(self, file: CaseFile) -> None:
        """Remember when somebody turns to this case next, or forget it when it has ended."""
        assert self._day is not None
        case = file.case
        if case.has_ended:
            self._forget(case.id)
        else:
            self._wait_for(case.id, self._day.acts_at(file), case.state_since or case.opened_at)

    def _forget(self, case_id: int) -> None:
        self._known.pop(case_id, None)
        self._tries.pop(case_id, None)

    # --- reporting ---

    def _report_if_due(self, city: City, now: datetime) -> int:
        """Give one report when its moment has come; after a standstill nothing is made up for."""
        if self._next_report_at is None or now - self._next_report_at > AFTER_STANDSTILL:
            self._next_report_at = now
        if now < self._next_report_at:
            return 0
        hour = now.astimezone(city.calendar().tz).hour
        every_s = self.busiest_every_s() / BY_HOUR[hour] / self.rate
        self._next_report_at += timedelta(seconds=every_s * self.chance.uniform(0.6, 1.4))
        if len(self._known) >= MOST_OPEN:
            return 0
        assert self._speakers is not None
        self._report(city, self._speakers.say(self.chance, now))
        return 1

    def _report(self, city: City, said: Said) -> None:
        """Give the report; who is shown a neighbour's report of the same may join it instead."""
        key = f"{OWN_MARK}{self.chance.randrange(16**16):016x}"
        twin = self._twin_of(city, said)
        try:
            received = receive_report(city, _new_report(said, key, twin), said.by, self.clock)
        except CityloomError as refusal:
            log.info("refused=report source=%s class=%s reason=%r", said.source, said.class_code, str(refusal))
            return
        log.debug("reported=%s source=%s class=%s joined=%s", received.number, said.source, said.class_code, twin)
        self._expect(received.file)

    def _twin_of(self, city: City, said: Said) -> str | None:
        """The case of a neighbour that the reporter says is the same, if one is near and chance wills it."""
        if self.chance.random() > JOIN_SHARE:
            return None
        place = locate(city, said.lon, said.lat, said.address)
        with connection.cursor() as cursor:
            twins = list_twins(cursor, city, place, said.class_code, self.clock.now(), most=1)
        return twins[0].number if twins and said.class_code is not None else None


def _new_report(said: Said, key: str, same_as: str | None) -> NewReport:
    return NewReport(
        source=said.source.value,
        words=said.words,
        class_code=said.class_code,
        standard_code=said.standard_code,
        lon=said.lon,
        lat=said.lat,
        address=said.address,
        component_code=said.component_code,
        name=said.name,
        phone=said.phone,
        language=said.language,
        idempotency_key=key,
        photos=(_picture(key, True),) if said.picture else (),
        hold=said.hold,
        same_as=same_as,
    )


def _picture(seed: str, trouble: bool) -> Picture:
    return clean_photo(draw_street(seed, trouble))
