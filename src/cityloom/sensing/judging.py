"""The judge: readings in, changes of alarm conditions out, over all streams of a city at once. Pure.

What is promised, whatever the batches readings come in:

- The changes are a function of the readings in their order of arrival, and of the ticks that changed something
  (`has_moved`, or an answer): replaying both from an older `dump` gives the same changes again.
- Time is that of the readings. A reading not newer than the newest of its stream is late: it is counted and not
  judged, the past is not opened again. A reading without a value (NaN) is not judged either.
- A reading stands for the time after it until the next one, at most for three intervals of its stream. So a
  condition that must hold `for_s` may begin between two readings; `tick` tells it at once, the next reading at the
  latest, both with the same moment.
- Outside the window of its rule nothing begins; what stands there ends by its value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cityloom.city.alarm_rules import AlarmRule, Kind, Per
from cityloom.sensing import checkpoints
from cityloom.sensing.batches import Mask, Seen, Slots, Told, index_of, turns_of
from cityloom.sensing.combining import Combining
from cityloom.sensing.layout import KINDS, Layout
from cityloom.sensing.rules import Change, Changes, Streams, Subject
from cityloom.sensing.seasonal import Usual
from cityloom.sensing.values import Readings, Real, Whole
from cityloom.sensing.windows import LocalTime, Windows

IDLE, PENDING, RAISED = 0, 1, 2
NEVER = -(2**62)


class Judge:
    """Judges readings by rules; `state` is what `dump` gave before, by these rules and streams or by older ones.

    Where a rule stays, its state stays, stream by stream, also with other limits; `lost` says which conditions stood
    whose rule or stream is gone. `late` and `unknown` count readings that were not judged.
    """

    def __init__(
        self,
        rules: Sequence[AlarmRule],
        streams: Streams,
        state: bytes | None = None,
        zone: str = "UTC",
        combine: type[Combining] = Combining,
    ) -> None:
        self.rules, self.streams = tuple(rules), streams
        self.layout = Layout(self.rules, streams)
        self.local = LocalTime(zone)
        self.windows = Windows(self.rules, self.local)
        self.combining = combine(self.rules, streams, self.windows)
        size, slots = len(streams), len(self.layout)
        self.last_ms = np.full(size, NEVER, np.int64)
        self.last_value = np.full(size, np.nan, np.float64)
        self.state = np.zeros(slots, np.int8)
        self.since_ms = np.zeros(slots, np.int64)
        self.stuck_slots = np.flatnonzero(self.layout.kind == KINDS.index(Kind.STUCK))
        self._first_stuck = int(self.stuck_slots[0]) if len(self.stuck_slots) else 0
        self.anchor = np.full(len(self.stuck_slots), np.nan, np.float64)
        self.anchor_ms = np.full(len(self.stuck_slots), NEVER, np.int64)
        self._prepare()
        self.late = self.unknown = 0
        self.has_moved = False  # whether the last tick changed a condition, told or not
        self.lost: Changes = []
        if state is not None:
            self.load(state)

    def _prepare(self) -> None:
        """Numbers of rules and slots that every batch needs."""
        layout = self.layout
        self._place_of = index_of(self.streams.id)
        below = np.array([rule.below is not None or rule.falls is not None for rule in self.rules])
        self._sign = np.where(below, -1.0, 1.0)
        limit = np.array([_limit(rule) for rule in self.rules], np.float64)
        clear = np.array([_limit(rule) if rule.clear is None else rule.clear for rule in self.rules], np.float64)
        falls = np.array([rule.falls is not None for rule in self.rules])
        turn = np.where(falls, 1.0, self._sign)  # a fall is said as a number above zero
        self._limit, self._clear = limit * turn, clear * turn
        self._for_ms = (1000 * layout.param("for_s")).astype(np.int64)
        self._per_ms = 1000 * layout.param("per_s")
        self._stuck_ms = 1000 * layout.param("stuck_s")
        self._within = layout.param("stuck_within")
        mads = layout.param("mads")
        clear_mads = layout.param("clear_mads")
        self._mads, self._clear_mads = mads, np.where(np.isnan(clear_mads), mads / 2, clear_mads)
        self._missing, self._first_range = layout.slots(Kind.MISSING), layout.slots(Kind.RANGE).start
        self._spread = layout.param("spread")
        self.first_usual: dict[int, int] = {}
        self.usual: dict[int, Usual] = {}
        for number, rule in enumerate(self.rules):
            mine = np.flatnonzero(layout.rule == number)
            if rule.kind == Kind.SEASONAL and len(mine):
                self.first_usual[number], self.usual[number] = int(mine[0]), Usual(len(mine), rule.weeks)

    # --- readings ---------------------------------------------------------------------------------------------------

    def judge(self, batch: Readings, now_ms: int = 0) -> Changes:
        """What changes by these readings, in the order of the readings that show it. `now_ms` decides nothing."""
        place = self._places(batch.stream)
        told = Told()
        order = np.flatnonzero((place >= 0) & ~np.isnan(batch.value))
        order = self._stirring(place, batch, order)
        for turn in turns_of(place, order, len(self.streams)):
            self._turn(place[turn], batch.at_ms[turn], batch.value[turn], turn, told)
        return self._changes(told)

    def _stirring(self, place: NDArray[np.int32], batch: Readings, order: Whole) -> Whole:
        """Of a batch with several readings of a stream those that must be taken one after the other.

        The others are of streams where nothing stands, waits or begins, as all their readings say at once; their
        newest are remembered.
        """
        by_stream = order[np.argsort(place[order], kind="stable")]
        mine = place[by_stream]
        first = np.ones(len(mine), np.bool_)
        first[1:] = mine[1:] != mine[:-1]
        if first.all():
            return order
        at_ms, value = batch.at_ms[by_stream], batch.value[by_stream]
        before_ms = np.where(first, self.last_ms[mine], np.roll(at_ms, 1))
        before = np.where(first, self.last_value[mine], np.roll(value, 1))
        seen = Seen(mine, at_ms, value, before_ms, before, by_stream)
        stirs = at_ms <= before_ms
        for lane in self.layout.lanes:
            used = lane[mine] >= 0
            stirs[used] |= self._stirs(seen.pick(used).of_slots(lane[mine[used]]))
        is_stirred = np.zeros(len(self.streams), np.bool_)
        is_stirred[mine[stirs]] = True
        last = np.roll(first, -1) & ~is_stirred[mine]
        self.last_ms[mine[last]], self.last_value[mine[last]] = at_ms[last], value[last]
        return order[is_stirred[place[order]]]

    def _stirs(self, seen: Seen) -> Mask:
        """Which readings change more than the newest of their stream; for some kinds of rules each one does."""
        stirs: Mask = self.state[seen.slot] != IDLE
        kinds = self.layout.kind[seen.slot]
        for number in np.unique(kinds):
            those, kind = kinds == number, KINDS[number]
            if kind in (Kind.STUCK, Kind.SEASONAL):
                stirs |= those
            elif kind is Kind.MISSING:
                stirs[those] |= self._gap(seen.pick(those))[0]
            else:
                stirs[those] |= self._says(kind, seen.pick(those)) == 1
        return stirs

    def _places(self, stream: Whole) -> NDArray[np.int32]:
        inside = (stream >= 0) & (stream < len(self._place_of))
        place = np.where(inside, self._place_of[np.where(inside, stream, 0)], -1).astype(np.int32)
        self.unknown += int(np.count_nonzero(place < 0))
        return place

    def _turn(self, place: Slots, at_ms: Whole, value: Real, index: Whole, told: Told) -> None:
        """At most one reading of each stream."""
        seen = Seen(place, at_ms, value, self.last_ms[place], self.last_value[place], index)
        fresh = at_ms > seen.before_ms
        if not fresh.all():
            self.late += int(np.count_nonzero(~fresh))
            seen = seen.pick(fresh)
        for lane in self.layout.lanes:
            slot = lane[seen.slot]
            used = slot >= 0
            if used.all():
                self._lane(seen.of_slots(slot), told)
            elif used.any():
                self._lane(seen.pick(used).of_slots(slot[used]), told)
        self.last_ms[seen.slot] = seen.at_ms
        self.last_value[seen.slot] = seen.value

    def _lane(self, seen: Seen, told: Told) -> None:
        """Each reading with one slot, one kind of rule after the other."""
        if not len(seen.slot):
            return
        kinds = self.layout.kind[seen.slot]
        for number in np.unique(kinds) if (kinds != kinds[0]).any() else kinds[:1]:
            kind = KINDS[number]
            those = seen if (kinds == number).all() else seen.pick(kinds == number)
            if kind is Kind.MISSING:
                self._heard(those, told)
            else:
                self._step(those, self._says(kind, those), told)

    # --- what a reading says: 1 it is so, -1 it is not, 0 neither ends nor begins it --------------------------------

    def _says(self, kind: Kind, seen: Seen) -> NDArray[np.int8]:
        rule = self.layout.rule[seen.slot]
        if kind is Kind.THRESHOLD:
            x = seen.value * self._sign[rule]
            return _verdict(x > self._limit[rule], x <= self._clear[rule])
        if kind is Kind.RATE:
            known = (seen.before_ms != NEVER) & (seen.before_ms < seen.at_ms)
            span = np.where(known, seen.at_ms - seen.before_ms, 1)
            x = np.where(known, (seen.value - seen.before) / span * self._per_ms[rule], -np.inf) * self._sign[rule]
            x = np.where(known, x, np.nan)
            return _verdict(x > self._limit[rule], x <= self._clear[rule])
        if kind is Kind.RANGE:
            mine = seen.slot - self._first_range
            outside = (seen.value < self.layout.low[mine]) | (seen.value > self.layout.high[mine])
            return _verdict(outside, ~outside)
        if kind is Kind.STUCK:
            return self._says_stuck(rule, seen)
        return self._says_seasonal(rule, seen)

    def _says_stuck(self, rule: NDArray[np.int16], seen: Seen) -> NDArray[np.int8]:
        """It is stuck when no reading left the first one's neighbourhood for so long; a gap begins it anew."""
        mine = seen.slot - self._first_stuck
        away = np.abs(seen.value - self.anchor[mine])
        gap = seen.at_ms - seen.before_ms > self.layout.hold_ms(seen.slot)
        moved = ~(away <= self._within[rule])
        anew = moved | gap
        self.anchor[mine[anew]] = seen.value[anew]
        self.anchor_ms[mine[anew]] = seen.at_ms[anew]
        return _verdict(~anew & (seen.at_ms - self.anchor_ms[mine] >= self._stuck_ms[rule]), moved)

    def _says_seasonal(self, rule: NDArray[np.int16], seen: Seen) -> NDArray[np.int8]:
        distance = np.full(len(seen.slot), np.nan, np.float64)
        local_ms = self.local.of(seen.at_ms)
        for number in np.unique(rule):
            those = np.flatnonzero(rule == number)
            mine = seen.slot[those].astype(np.int64) - self.first_usual[number]
            spread = self._spread[rule[those]]
            distance[those] = self.usual[number].distance(mine, local_ms[those], seen.value[those], spread)
        return _verdict(distance > self._mads[rule], distance <= self._clear_mads[rule])

    # --- the steps of a condition -----------------------------------------------------------------------------------

    def _step(self, seen: Seen, says: NDArray[np.int8], told: Told) -> None:
        """From idle over pending to raised and back, as the readings say."""
        slot = seen.slot
        rule = self.layout.rule[slot]
        state = self.state[slot]
        if not says.any() and not state.any():
            return
        quiet = (state == IDLE) & (says != 1)
        if quiet.all():
            return
        if quiet.any():
            seen, says = seen.pick(~quiet), says[~quiet]
            slot, rule, state = seen.slot, rule[~quiet], state[~quiet]
        since = self.since_ms[slot]
        is_open = self.windows.open_at(rule, seen.at_ms)
        begins = (says == 1) & is_open
        state, since = self._mature(seen, rule, state, since, begins, told)
        starts = begins & (state == IDLE)
        since = np.where(starts, seen.at_ms, since)
        now = starts & (self._for_ms[rule] == 0)
        told.add(seen.index[now], slot[now], seen.at_ms[now], True, seen.value[now])
        ends = (state == RAISED) & (says == -1)
        told.add(seen.index[ends], slot[ends], np.maximum(seen.at_ms, since)[ends], False, seen.value[ends])
        state = np.where(starts, PENDING, state)
        state = np.where(now, RAISED, state)
        state = np.where(ends | ((state == PENDING) & ~begins), IDLE, state)
        self.state[slot] = state
        self.since_ms[slot] = since

    def _mature(
        self, seen: Seen, rule: NDArray[np.int16], state: NDArray[np.int8], since: Whole, begins: Mask, told: Told
    ) -> tuple[NDArray[np.int8], Whole]:
        """What was pending and has held long enough by now is raised; what was not heard of for too long is idle."""
        pending = state == PENDING
        if not pending.any():
            return state, since
        due = since + self._for_ms[rule]
        held_until = seen.before_ms + self.layout.hold_ms(seen.slot)
        ripe = pending & (due <= held_until) & ((due < seen.at_ms) | ((due == seen.at_ms) & begins))
        ripe[ripe] = self.windows.open_at(rule[ripe], due[ripe])
        told.add(seen.index[ripe], seen.slot[ripe], due[ripe], True, seen.before[ripe])
        broken = pending & ~ripe & ((seen.at_ms > held_until) | (due < seen.at_ms))
        state = np.where(ripe, RAISED, np.where(broken, IDLE, state))
        return state, np.where(ripe, due, since)

    def _heard(self, seen: Seen, told: Told) -> None:
        """A reading came: what was missed is not any more; a gap that no tick told is told now."""
        slot = seen.slot
        missed = self.state[slot] == RAISED
        gap, due = self._gap(seen)
        gap &= ~missed
        gap[gap] = self.windows.open_at(self.layout.rule[slot[gap]], due[gap])
        told.add(seen.index[gap], slot[gap], due[gap], True, np.full(int(gap.sum()), np.nan))
        ends = missed | gap
        end_ms = np.where(missed, np.maximum(seen.at_ms, self.since_ms[slot]), seen.at_ms)
        told.add(seen.index[ends], slot[ends], end_ms[ends], False, seen.value[ends])
        self.state[slot[missed]] = IDLE

    def _gap(self, seen: Seen) -> tuple[Mask, Whole]:
        """Whether a stream was silent for too long before each reading, and since when it was missed."""
        from_ms = self._from_ms(seen.slot, seen.before_ms)
        due = from_ms + self.layout.missing_ms[seen.slot - self._missing.start]
        return (from_ms != NEVER) & (due <= seen.at_ms), due

    def _from_ms(self, slot: Slots, last_ms: Whole) -> Whole:
        """Since when a stream could be missed: its last reading, else the day it was known."""
        known = self.streams.since_ms[self.layout.stream[slot]]
        return np.where(last_ms != NEVER, last_ms, np.where(known > 0, known, NEVER))

    # --- time ------------------------------------------------------------------------------------------------

    def tick(self, now_ms: int) -> Changes:
        """What changes because time has passed: silence, and conditions that have held long enough.

        To be called when no reading that came before `now_ms` waits to be judged. A tick that changes nothing
        leaves no trace; one that does must be replayed at its place among the readings.
        """
        told = Told()
        layout = self.layout
        idle = np.flatnonzero(self.state[self._missing] == IDLE)
        silent = (idle + self._missing.start).astype(np.int32)
        from_ms = self._from_ms(silent, self.last_ms[layout.stream[silent]])
        due = from_ms + layout.missing_ms[idle]
        over = (from_ms != NEVER) & (due <= now_ms)
        self._raise(silent[over], due[over], np.full(int(over.sum()), np.nan), told)
        pending = np.flatnonzero(self.state == PENDING).astype(np.int32)
        due = self.since_ms[pending] + self._for_ms[layout.rule[pending]]
        held_until = self.last_ms[layout.stream[pending]] + layout.hold_ms(pending)
        over = (due <= now_ms) & (due <= held_until)
        ripe = pending[over]
        self._raise(ripe, due[over], self.last_value[layout.stream[ripe]], told)
        return self._changes(told, now_ms)

    def _raise(self, slot: Slots, due: Whole, value: Real, told: Told) -> None:
        is_open = self.windows.open_at(self.layout.rule[slot], due)
        slot, due, value = slot[is_open], due[is_open], value[is_open]
        told.add(np.zeros(len(slot), np.int64), slot, due, True, value)
        self.state[slot] = RAISED
        self.since_ms[slot] = due

    # --- telling ---------------------------------------------------------------------------------------------

    def _changes(self, told: Told, now_ms: int | None = None) -> Changes:
        """In the order of the readings; a combination's change follows the one that made it."""
        changes: Changes = []
        index, slot, at_ms, raised, value = told.joined()
        self.has_moved = len(slot) > 0
        for n in np.lexsort((~raised, at_ms, slot, index)).tolist():
            place, number = int(self.layout.stream[slot[n]]), int(self.layout.rule[slot[n]])
            rule = self.rules[number]
            stream, device = int(self.streams.id[place]), int(self.streams.device[place])
            said = None if np.isnan(value[n]) else float(value[n])
            change = Change(rule.code, Subject(device), bool(raised[n]), int(at_ms[n]), stream, said)
            if rule.alone and rule.per == Per.DEVICE:
                changes.append(change)
            changes += self.combining.follow(change, place, int(index[n]) if now_ms is None else -1)
        if now_ms is not None:
            changes += self.combining.tick(now_ms)
        return changes

    # --- keeping ---------------------------------------------------------------------------------------------

    @property
    def heard(self) -> frozenset[int]:
        """The devices that it has heard, or should have."""
        return frozenset(self.streams.device[(self.last_ms != NEVER) | (self.streams.since_ms > 0)].tolist())

    def standing(self) -> Changes:
        """The conditions that hold now, as the changes that began them."""
        changes: Changes = []
        for slot in np.flatnonzero(self.state == RAISED).tolist():
            place, rule = int(self.layout.stream[slot]), self.rules[self.layout.rule[slot]]
            if rule.alone and rule.per == Per.DEVICE:
                value = self.last_value[place]
                said = None if np.isnan(value) or rule.kind == Kind.MISSING else float(value)
                subject, stream = Subject(int(self.streams.device[place])), int(self.streams.id[place])
                changes.append(Change(rule.code, subject, True, int(self.since_ms[slot]), stream, said))
        for (code, subject), since in self.combining.standing.items():
            changes.append(Change(code, subject, True, since))
        return changes

    def dump(self) -> bytes:
        """All that the judge knows, for `load`; numpy arrays and JSON, nothing that could run."""
        return checkpoints.dump(self)

    def load(self, state: bytes) -> None:
        """Know what `dump` said; raises BadCheckpoint for what is none."""
        checkpoints.load(self, state)


def _verdict(is_so: Mask, is_not: Mask) -> NDArray[np.int8]:
    return is_so.astype(np.int8) - (is_not & ~is_so).astype(np.int8)


def _limit(rule: AlarmRule) -> float:
    said = (rule.above, rule.below, rule.rises, rule.falls)
    return next((limit for limit in said if limit is not None), np.nan)
