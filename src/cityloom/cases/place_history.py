"""What was promised and answered at a place before: kept and broken promises, and answers that contradict. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

BACK_WITHIN = timedelta(days=30)  # trouble that is back so soon was not solved


class Kept(StrEnum):
    """How a dated promise stands."""

    OPEN = "open"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    BROKEN = "broken"


@dataclass(frozen=True)
class PastCase:
    """A case that was at the place before, with what became of it."""

    id: int
    number: str
    class_code: str | None
    state: str
    opened_at: datetime
    closed_at: datetime | None
    unit: str | None
    solved: tuple[str, ...] = ()  # what each callback heard: yes, partly, no
    returned_by: tuple[str, ...] = ()  # units that said or were ruled that it is not theirs
    answer: str = ""  # the newest words to the resident
    answered_at: datetime | None = None


@dataclass(frozen=True)
class PastPromise:
    """A day that a unit named, in its own words."""

    number: str
    unit: str
    due_at: datetime
    kept_at: datetime | None
    words: str
    kept: Kept


class Clash(StrEnum):
    """Two things said at one place that cannot both be so."""

    BACK_AGAIN = "back_again"  # said to be done, and reported again soon after
    DENIED = "denied"  # answered as solved, and the resident said it is not
    DISOWNED = "disowned"  # one unit did it once and says of another case that it is not its duty


@dataclass(frozen=True)
class Contradiction:
    """What clashes: the case where the one thing was said, and the case that says otherwise."""

    clash: Clash
    number: str
    against: str
    unit: str


def judge_promise(due_at: datetime, kept_at: datetime | None, at: datetime) -> Kept:
    """Kept by its day, kept late, broken, or still open."""
    if kept_at is not None:
        return Kept.KEPT if kept_at <= due_at else Kept.KEPT_LATE
    return Kept.OPEN if at <= due_at else Kept.BROKEN


def contradictions(cases: Sequence[PastCase]) -> list[Contradiction]:
    """All that clashes among the cases of one place; only cases of the same class are held against each other."""
    found = [_denied(c) for c in cases]
    found += [_back_again(one, cases) for one in cases]
    found += [each for one in cases for each in _disowned(one, cases)]
    return [c for c in found if c is not None]


def _denied(case: PastCase) -> Contradiction | None:
    if case.answer and "no" in case.solved:
        return Contradiction(Clash.DENIED, case.number, case.number, case.unit or "")
    return None


def _back_again(case: PastCase, cases: Sequence[PastCase]) -> Contradiction | None:
    """The first case of the class that was opened soon after this one had been closed as done."""
    if case.closed_at is None or case.state != "closed":
        return None
    closed = case.closed_at
    later = [c for c in cases if c.class_code == case.class_code and closed < c.opened_at <= closed + BACK_WITHIN]
    if not later:
        return None
    first = min(later, key=lambda c: c.opened_at)
    return Contradiction(Clash.BACK_AGAIN, case.number, first.number, case.unit or "")


def _disowned(case: PastCase, cases: Sequence[PastCase]) -> list[Contradiction]:
    done_by = {c.unit: c for c in cases if c.class_code == case.class_code and c.number != case.number and c.unit}
    return [
        Contradiction(Clash.DISOWNED, case.number, done_by[unit].number, unit)
        for unit in case.returned_by
        if unit in done_by
    ]
