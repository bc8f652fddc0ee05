"""The ingest of one city from one log: batch by batch, each with its offset in one transaction.

What is kept in memory (the newest time of each stream, the gate, the state of the rules) is written down now and
then, together with the offset it belongs to. After a restart the log is read again from there: up to the stored
offset only to remember, from then on to store. A failure ends the session; a new one begins from what is stored.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.city.payload_files import Payload
from cityloom.sensing.gate import Gate, Limits, gate_as_json, gate_from_json
from cityloom.sensing.ingest_rows import (
    Stood,
    count_errors,
    note_problems,
    quarantine,
    read_offset,
    register_state,
    write_checkpoint,
    write_offset,
)
from cityloom.sensing.ingesting import Intake, Message, Refusal, Taken
from cityloom.sensing.keeping import EARLY_S, Batch, Keeper, Kept
from cityloom.sensing.registry import Registry, add_new, flush_latest, load_registry
from cityloom.sensing.values import Readings, Whole, no_readings

log = logging.getLogger("cityloom.ingest")

CHECKPOINT_S = 15.0
CHECKPOINT_READINGS = 3_000_000
REGISTER_S = 3.0


class Rules(Protocol):
    """What judges readings. All but `restore` and `remember` are called inside the transaction of the batch."""

    def restore(self, log_name: str, registry: Registry) -> None:
        """Begin from the state of the last checkpoint."""

    def remember(self, fresh: Readings, now_ms: int) -> None:
        """Judge what was judged before the restart, and tell nobody again."""

    def judge(self, fresh: Readings, now_ms: int, shown: Whole) -> None:
        """Judge new readings and write what follows from it; `shown`: the numbers of their messages."""

    def tick(self, now_ms: int, after: int) -> None:
        """Notice what follows from time alone: silence, and conditions that have lasted long enough.

        `after`: the number of the log behind the newest message.
        """

    def checkpoint(self, sequence: int) -> None:
        """Write the state down, as it is after that number of the log."""


class NoRules:
    """Judges nothing."""

    def restore(self, log_name: str, registry: Registry) -> None: ...
    def remember(self, fresh: Readings, now_ms: int) -> None: ...
    def judge(self, fresh: Readings, now_ms: int, shown: Whole) -> None: ...
    def tick(self, now_ms: int, after: int) -> None: ...
    def checkpoint(self, sequence: int) -> None: ...


class Tally(NamedTuple):
    """What a session has done so far."""

    messages: int = 0
    stored: int = 0
    repeated: int = 0
    late: int = 0
    refused: int = 0


@dataclass
class Session:
    """One run of the ingest, from a start to the first failure. `city_ms` turns the log's time into the city's."""

    city_id: int
    part: str
    log_name: str
    clock: Clock
    payloads: Mapping[str, Payload] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    rules: Rules = field(default_factory=NoRules)
    city_ms: Callable[[int], int] | None = None
    early_s: float = EARLY_S
    seconds: Callable[[], float] = time.monotonic
    tally: Tally = field(default_factory=Tally)
    sequence: int = 0  # the last number of the log that was taken in
    stored: int = 0  # the last one whose readings are in the database

    def __post_init__(self) -> None:
        stood = read_offset(self.city_id, self.part, self.log_name)
        self._seen = register_state(self.city_id)  # asked first: what is added meanwhile is heard of afterwards
        self.registry: Registry = load_registry(self.city_id, self.part)
        self.rules.restore(self.log_name, self.registry)
        gate = gate_from_json(stood.gate, self.limits)
        self.intake = Intake(self.registry.devices, self.payloads, gate)
        self.keeper = Keeper(
            self.city_id,
            self.registry.marks,
            stood.flushed_generation,
            self.early_s,
            judges=(lambda streams: self.registry.owns(streams)) if self.part else None,
        )
        self.sequence, self.stored = stood.flushed_sequence, stood.sequence
        self._stood: Stood = stood
        self._asked_s = self._written_s = self.seconds()
        self._changed: list[Readings] = []
        self._unwritten = self._heard_ms = 0
        self._errors: dict[str, int] = {}
        self._released = self._warned = False
        with connection.cursor() as cursor:
            doors = self.keeper.remember_doors(cursor, stood.generation)
        if len(doors.stream):
            self.rules.remember(doors, self._now_ms())

    @property
    def gate(self) -> Gate:
        return self.intake.gate

    def take(self, messages: Sequence[Message]) -> Kept:
        """Take in what the log gave, in its order; stored and judged when this returns."""
        known = [m for m in messages if m.sequence <= self.stored]
        if known:
            self._remember(known)
        fresh = [m for m in messages if m.sequence > self.stored] if known else messages
        return self._store(fresh) if fresh else Kept(0, 0, 0)

    def idle(self) -> None:
        """What is to be done when the log is silent: hear the doors, notice silence, write down."""
        with transaction.atomic(), connection.cursor() as cursor:
            now_ms = self._now_ms()
            batch = self.keeper.keep(cursor, no_readings(), now_ms)
            if len(batch.fresh.stream):
                self.rules.judge(batch.fresh, now_ms, np.full(len(batch.fresh.stream), self._next))
            self.rules.tick(now_ms, self._next)
            if batch.generation != self._stood.generation:
                self._write_offset(batch.generation)
            written = self._is_due() and self._checkpoint(batch.fresh)
        self.keeper.committed(batch)
        self._after(batch.fresh, written)
        self._follow_register()

    def close(self) -> None:
        """Write down what is in memory, so that the next start need not read the log again."""
        if self._unwritten or self.sequence != self._stood.flushed_sequence:
            with transaction.atomic():
                self._checkpoint(no_readings())

    # --- one batch --------------------------------------------------------------------------------------------------

    def _read(self, messages: Sequence[Message]) -> tuple[Taken, int]:
        """The readings, and the city's time as of the last message."""
        if self.city_ms is not None:
            messages = [m._replace(at_ms=self.city_ms(m.at_ms)) for m in messages]
        taken = self.intake.take(messages)
        self._check_dealing(taken.readings.stream)
        return taken, messages[-1].at_ms

    def _check_dealing(self, streams: Whole) -> None:
        """Say once where the message server deals devices out otherwise than it is taken to."""
        strange = streams[~self.registry.owns(streams)] if self.part and not self._warned else streams[:0]
        if len(strange):
            self._warned = True
            log.warning(
                "part=%s device=%s reason='of another part by its code; map by partition(2,N) as docs/scale.md says, "
                "else silence is told of devices that speak'",
                self.part,
                self.registry.code_of(int(self.registry.device_of[strange[0]])),
            )

    def _remember(self, messages: Sequence[Message]) -> None:
        """Bring memory to where the database is."""
        taken, now_ms = self._read(messages)
        found = self.keeper.sort(taken.readings, now_ms)
        self.keeper.marks.advance(found.fresh)
        self._changed.append(found.fresh)
        self._unwritten += len(found.fresh.stream)
        self.rules.remember(found.as_they_came, now_ms)
        self.gate.take_floods()
        self.sequence = messages[-1].sequence

    def _store(self, messages: Sequence[Message]) -> Kept:
        self._follow_register()
        taken, now_ms = self._read(messages)
        floods = self.gate.take_floods()
        with transaction.atomic(), connection.cursor() as cursor:
            batch = self.keeper.keep(cursor, taken.readings, now_ms)
            if len(batch.fresh.stream):
                self.rules.judge(batch.fresh, now_ms, self._shown(messages, taken, batch))
            self.sequence, self._heard_ms = messages[-1].sequence, now_ms
            self.rules.tick(now_ms, self._next)
            self._write_offset(batch.generation)
            for flood in floods:
                quarantine(cursor, flood)
            refused = self._refused(taken, batch.kept)
            if refused:
                note_problems(cursor, self.city_id, refused, self.clock.now())
            written = self._is_due() and self._checkpoint(batch.fresh)
        self.stored = self.sequence
        self.keeper.committed(batch)
        self._after(batch.fresh, written)
        for flood in floods:
            code = self.registry.code_of(flood.device)
            log.warning("device=%s quarantined=flood messages=%d readings=%d", code, flood.messages, flood.readings)
        done, kept, said = self.tally, batch.kept, sum(each.times for each in refused)
        self.tally = Tally(
            done.messages + len(messages),
            done.stored + kept.stored,
            done.repeated + kept.repeated,
            done.late + kept.late,
            done.refused + said,
        )
        return kept

    @property
    def _next(self) -> int:
        """The number of the log behind the newest message that was taken in."""
        return max(self.sequence, self.stored) + 1

    def _shown(self, messages: Sequence[Message], taken: Taken, batch: Batch) -> Whole:
        """The number of the message that brought each fresh reading; what doors brought came before all of them."""
        numbers = np.array([m.sequence for m in messages], np.int64)
        told_by = np.searchsorted(np.array(taken.ends, np.int64), np.maximum(batch.place, 0), side="right")
        return np.where(batch.place < 0, self._next, numbers[told_by])

    def _refused(self, taken: Taken, kept: Kept) -> list[Refusal]:
        refused = list(taken.refused.values())
        for each in refused:
            if each.about:
                self._errors[each.about] = self._errors.get(each.about, 0) + each.times
        for kind, readings in (("early", kept.early), ("ancient", kept.ancient)):
            for device, times in self._by_device(readings).items():
                refused.append(Refusal(kind, device, "", times))
                self._errors[device] = self._errors.get(device, 0) + times
        return refused

    def _by_device(self, readings: Readings) -> dict[str, int]:
        if not len(readings.stream):
            return {}
        devices, times = np.unique(self.registry.device_of[readings.stream], return_counts=True)
        return {self.registry.code_of(d): n for d, n in zip(devices.tolist(), times.tolist(), strict=True)}

    def _write_offset(self, generation: int) -> None:
        self._stood = self._stood._replace(generation=generation)
        stands = max(self.sequence, self.stored)
        write_offset(self.city_id, self.part, self.log_name, stands, generation, self.clock.now(), self._heard_ms)

    # --- writing down -----------------------------------------------------------------------------------------------

    def _is_due(self) -> bool:
        return (
            self._released or self._unwritten > CHECKPOINT_READINGS or self.seconds() - self._written_s > CHECKPOINT_S
        )

    def _checkpoint(self, fresh: Readings) -> bool:
        """Write memory down as it is after this batch, inside its transaction."""
        marks = self.keeper.marks
        marks.advance(fresh)  # is in this transaction; a failure ends the session and its memory
        said = np.concatenate([readings.stream for readings in [*self._changed, fresh]])
        with connection.cursor() as cursor:
            flush_latest(marks, said, self.clock.now())
            count_errors(cursor, self._errors, self.city_id, self.clock.now())
            write_checkpoint(
                cursor, self.city_id, self.part, self.sequence, self._stood.generation, gate_as_json(self.gate)
            )
        self.rules.checkpoint(self.sequence)
        return True

    def _after(self, fresh: Readings, written: bool) -> None:
        """After the commit: what is still to be written down."""
        if written:
            self._changed, self._unwritten, self._errors, self._released = [], 0, {}, False
            self._written_s = self.seconds()
            self._stood = self._stood._replace(flushed_sequence=self.sequence)
        elif len(fresh.stream):
            self._changed.append(fresh)
            self._unwritten += len(fresh.stream)
        self.keeper.summarize()

    # --- the register -----------------------------------------------------------------------------------------------

    def _follow_register(self) -> None:
        """Take in devices and streams that are new, at once; every few seconds those that were changed."""
        seen, known = register_state(self.city_id), self._seen
        if seen[:2] != known[:2] and add_new(self.registry, *known[:2]):
            self._seen = known = (*seen[:2], known[2])
        if seen == known or (seen[:2] == known[:2] and self.seconds() - self._asked_s < REGISTER_S):
            return
        self._asked_s = self.seconds()
        self._seen = seen
        marks = self.keeper.marks
        registry = load_registry(self.city_id, self.part)
        marks.reach(len(registry.marks.at_ms) - 1)
        size = len(registry.marks.at_ms)
        newer = registry.marks.at_ms > marks.at_ms[:size]
        marks.at_ms[:size][newer] = registry.marks.at_ms[newer]
        marks.value[:size][newer] = registry.marks.value[newer]
        registry.marks = marks
        self.registry, self.intake.devices = registry, registry.devices
        self.intake.forget_topics()
        for shut in list(self.gate.shut):
            device = registry.device(shut)
            if device is None or device.state == "active":
                self.gate.release(shut)
                self._released = True

    def _now_ms(self) -> int:
        return round(self.clock.now().timestamp() * 1000)
