"""Drawing cases for an audit by a seed, and the checklist of each. Pure.

The draw orders the numbers by SHA-256 of seed and number and takes the first: anybody with the seed and the list of
numbers draws the same cases, in whatever language, and nobody can choose one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple

from cityloom.cases.values import CaseFile, Entry, RunningClock
from cityloom.city.paths import Path

YES, NO, NONE = "yes", "no", "none"  # as it should be, not so, nothing to check
CHECKS = ("chain", "reasons", "photos", "callback", "clocks")
RESULTS = ("fine", "question", "fault")
MOST = 1000


@dataclass(frozen=True)
class Asked:
    """Which cases a sample is drawn from: days of opening (both included), lead unit, class; how many of them."""

    count: int
    begins: date | None = None
    ends: date | None = None
    unit: str = ""
    class_code: str = ""

    def as_json(self) -> dict[str, Any]:
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(self).items() if v}

    @staticmethod
    def from_json(told: dict[str, Any]) -> Asked:
        days = {name: date.fromisoformat(told[name]) for name in ("begins", "ends") if told.get(name)}
        return Asked(told["count"], unit=told.get("unit", ""), class_code=told.get("class_code", ""), **days)


class Check(NamedTuple):
    """One line of a checklist: what is checked and how it stands."""

    what: str
    state: str


def draw(seed: str, numbers: Iterable[str], count: int) -> list[str]:
    """So many of these numbers, in the order in which the seed draws them."""
    return sorted(numbers, key=lambda number: hashlib.sha256(f"{seed}\0{number}".encode()).digest())[:count]


def checklist(
    file: CaseFile, entries: Sequence[Entry], photographers: Iterable[str], broken: bool, path: Path | None
) -> tuple[Check, ...]:
    """How a case stands: chain whole, reasons given, photos there, callback recorded, clocks lawful.

    `photographers`: the logins that added the case's photos; `broken`: its chain or rows do not fit; `path`: None for
    a path that the city does not know any more, where what a move needs cannot be told.
    """
    states = (
        NO if broken else YES,
        _reasons(entries, path),
        _photos(entries, frozenset(photographers), path),
        _callback(file),
        _clocks(file.clocks, file.case.has_ended, file.case.overdue_raw),
    )
    return tuple(map(Check, CHECKS, states))


def _needing(entries: Sequence[Entry], path: Path | None, need: str) -> list[Entry]:
    """Entries of moves that the path lets happen with this only."""
    if path is None:
        return []
    moves: dict[str, bool] = {}
    for step in path.steps:  # a move that needs it from every state
        moves[step.move] = moves.get(step.move, True) and need in step.needs
    return [e for e in entries if e.subject == "case" and moves.get(e.move, False)]


def _reasons(entries: Sequence[Entry], path: Path | None) -> str:
    asked = _needing(entries, path, "reason")
    if not asked:
        return NONE
    return YES if all(e.reason.get("code") for e in asked) else NO


def _photos(entries: Sequence[Entry], photographers: frozenset[str], path: Path | None) -> str:
    asked = _needing(entries, path, "photo")
    if not asked:
        return NONE
    return YES if all(e.by_login in photographers for e in asked) else NO


def _callback(file: CaseFile) -> str:
    """Of an ended case each report that a person can be called about has an outcome or a coded exemption."""
    owed = [r for r in file.reports if r.reporter_id is not None]
    if not owed or not file.case.has_ended or file.case.imported:
        return NONE
    return YES if all(r.solved is not None or r.exempt_reason for r in owed) else NO


def _clocks(clocks: Sequence[RunningClock], ended: bool, overdue: bool) -> str:
    """Each clock ends after it began, none runs on after the end, and a broken promise is counted as overdue."""
    if not clocks:
        return NONE
    for clock in clocks:
        if clock.due_at < clock.started_at or (ended and clock.state == "running" and clock.kind != "reopen"):
            return NO
    late = [c for c in clocks if c.kind == "promise" and c.stopped_at is not None and c.stopped_at > c.due_at]
    return NO if late and not overdue else YES
