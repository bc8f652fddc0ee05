"""A walk of the day: what somebody in the street owes, in the order to go there. Pure: the time is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cityloom.cases.register_checks import Waiting, walk_order

# A stop is urgent by the time that is left; among equally urgent ones the way decides. The last step has no end.
STEPS = (timedelta(0), timedelta(hours=2), timedelta(hours=8), timedelta(days=1))
# By what may be done there, the kind of a stop; the first that fits.
KINDS = (("verify", "verify"), ("pass_check", "check"), ("handle", "handle"))


@dataclass(frozen=True)
class Stop:
    """Something to look at. `key` names it: a case's number, or the id of a check of a register's record.

    `kind`: verify (核实), check (核查), handle, record (核实不采集). `stamp` changes when what is known of it does.
    """

    key: str
    kind: str
    class_code: str | None
    title: str
    address: str
    area: str | None
    lon: float | None
    lat: float | None
    due_at: datetime | None
    stamp: str
    urgent: bool = False


def kind_of(moves: Sequence[str]) -> str | None:
    """What kind of stop it is for who may make these moves; None where there is nothing to go there for."""
    return next((kind for move, kind in KINDS if move in moves), None)


def step_of(due_at: datetime | None, now: datetime) -> int:
    """How urgent: 0 overdue, 1 within two hours, 2 within eight, 3 within a day, 4 later or without a moment."""
    if due_at is None:
        return len(STEPS)
    left = due_at - now
    return next((step for step, most in enumerate(STEPS) if left <= most), len(STEPS))


def order_stops(stops: Sequence[Stop], now: datetime, here: tuple[float, float] | None = None) -> list[Stop]:
    """By time left in steps; within a step the nearest next, from `here` (longitude, latitude) if it is known.

    Without a place a walk begins at what falls due first, and each step goes on from where the one before ended.
    """
    walked: list[Stop] = []
    for step in range(len(STEPS) + 1):
        part = [s for s in stops if step_of(s.due_at, now) == step]
        part.sort(key=lambda s: (s.due_at is None, s.due_at or now, s.key))
        numbered = {n: s for n, s in enumerate(part)}
        day = now.date()
        ways = [Waiting(n, (), s.lon, s.lat, day) for n, s in numbered.items()]
        part = [numbered[way.record_id] for way in walk_order(ways, here)]
        walked += part
        here = next(((s.lon, s.lat) for s in reversed(part) if s.lon is not None and s.lat is not None), here)
    return walked
