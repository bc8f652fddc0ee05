"""Two systems beside each other: what the old one's export and our cases say differently. Pure.

Both are compared as they stand, record by record (state, unit, limit, class, lateness) and in sums (by day, unit and
class). What is missing on either side is a difference like any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from cityloom.city.paths import END_STATES
from cityloom.exchange.records import Record
from cityloom.sla.clocks import is_overdue

KINDS = ("missing_here", "missing_there", "state", "unit", "due", "class", "late", "rejected")
SUMS = ("day", "unit", "class")
OPEN, ENDED, NONE = "open", "ended", "-"
LONGEST_HISTORY = 400  # runs that are kept


class Ours(NamedTuple):
    """What is stored here of one case; `keys` are the ids it has in the other system."""

    number: str
    keys: tuple[str, ...]
    state: str
    unit: str | None
    class_code: str | None
    opened_at: datetime
    due_at: datetime | None
    late: bool


@dataclass(frozen=True)
class Difference:
    """One thing that the two say differently. `key` is their id, `number` ours; `since`: when it was seen first."""

    kind: str
    key: str
    number: str
    theirs: str
    ours: str
    since: str = ""

    @property
    def mark(self) -> str:
        """What makes it the same difference in the next run."""
        return f"{self.kind}|{self.key or self.number}"


class Sum(NamedTuple):
    """How many cases of one day, unit or class either side has."""

    of: str
    value: str
    theirs: int
    ours: int


@dataclass
class Comparison:
    """What one run found. `records = matched + missing_here`; rejected rows are differences of their own."""

    at: datetime
    file: str
    first: date | None = None
    last: date | None = None
    records: int = 0
    cases: int = 0
    matched: int = 0
    agreed: int = 0
    differences: list[Difference] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    new: int = 0
    gone: int = 0
    before: list[dict[str, Any]] = field(default_factory=list)

    def by_kind(self) -> dict[str, int]:
        """How many differences of each kind, also of those that there are none of."""
        counted = Counter(each.kind for each in self.differences)
        return {kind: counted[kind] for kind in KINDS}

    @property
    def differing_sums(self) -> list[Sum]:
        return [each for each in self.sums if each.theirs != each.ours]

    @property
    def share(self) -> float | None:
        """Matched records that agree in everything, of those matched; None when there are none."""
        return self.agreed / self.matched if self.matched else None


def compare_pair(
    record: Record, expected_state: str, ours: Ours, at: datetime, within: timedelta
) -> list[Difference]:
    """Where a record of theirs and a case of ours differ; limits that lie `within` each other count as equal.

    `expected_state` is the state of our path that the record's words mean. Where the record tells only whether it
    has ended, that alone is compared; a unit, limit, class or flag that the record does not tell is not compared.
    """

    def differs(kind: str, theirs: str | None, own: str | None) -> Difference:
        return Difference(kind, record.source_id, ours.number, theirs or NONE, own or NONE)

    found = []
    if record.state is not None and expected_state != ours.state:
        found.append(differs("state", expected_state, ours.state))
    elif record.state is None and (record.closed_at is not None) != (ours.state in END_STATES):
        found.append(differs("state", ENDED if record.closed_at else OPEN, ours.state))
    if record.lead is not None and record.lead != ours.unit:
        found.append(differs("unit", record.lead, ours.unit))
    if record.due_at is not None and (ours.due_at is None or abs(record.due_at - ours.due_at) > within):
        found.append(differs("due", record.due_at.isoformat(), ours.due_at.isoformat() if ours.due_at else None))
    if record.class_code is not None and record.class_code != ours.class_code:
        found.append(differs("class", record.class_code, ours.class_code))
    late = _is_late(record, at)
    if late is not None and late != ours.late:
        found.append(differs("late", "yes" if late else "no", "yes" if ours.late else "no"))
    return found


def _is_late(record: Record, at: datetime) -> bool | None:
    """By the record's own flag, else by its promise; None when it tells neither."""
    if record.on_time is not None:
        return not record.on_time
    return None if record.due_at is None else is_overdue(record.due_at, record.closed_at or at)


@dataclass
class Tally:
    """Counts the cases of one side by day of opening, by unit and by class."""

    zone: tzinfo
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in SUMS})

    def add(self, opened_at: datetime, unit: str | None, class_code: str | None) -> None:
        self.counts["day"][opened_at.astimezone(self.zone).date().isoformat()] += 1
        self.counts["unit"][unit or NONE] += 1
        self.counts["class"][class_code or NONE] += 1


def sums_of(theirs: Tally, ours: Tally) -> list[Sum]:
    """Every day, unit and class that either side has, with both counts."""
    return [
        Sum(name, value, theirs.counts[name][value], ours.counts[name][value])
        for name in SUMS
        for value in sorted(theirs.counts[name].keys() | ours.counts[name].keys())
    ]


def remember(state: Mapping[str, Any], found: Comparison) -> dict[str, Any]:
    """The memory after this run: one line a run, and since when each difference that is still there was seen.

    Sets `since`, `new`, `gone` and `before` of the comparison.
    """
    seen: dict[str, str] = dict(state.get("since", {}))
    now = found.at.isoformat()
    marks = {each.mark for each in found.differences}
    found.new = len(marks - seen.keys())
    found.gone = len(seen.keys() - marks)
    found.differences = [_since(each, seen.get(each.mark, now)) for each in found.differences]
    runs = list(state.get("runs", []))
    found.before = runs
    line = {
        "at": now, "file": found.file, "records": found.records, "matched": found.matched, "agreed": found.agreed,
        "by_kind": found.by_kind(), "sums": len(found.differing_sums), "new": found.new, "gone": found.gone,
    }  # fmt: skip
    return {"runs": [*runs, line][-LONGEST_HISTORY:], "since": {mark: seen.get(mark, now) for mark in sorted(marks)}}


def _since(each: Difference, since: str) -> Difference:
    return Difference(each.kind, each.key, each.number, each.theirs, each.ours, since)


def in_order(differences: Iterable[Difference]) -> list[Difference]:
    """By kind, then by their id."""
    return sorted(differences, key=lambda each: (KINDS.index(each.kind), each.key, each.number))
