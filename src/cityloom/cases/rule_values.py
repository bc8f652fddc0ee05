"""What a rule replay takes and gives: past cases as they were lived, and what other rules would change. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NOBODY = "-"  # in figures: no unit was named, a dispatcher decides
Load = dict[str, dict[str, list[int]]]  # unit → month → cases before and after


@dataclass(frozen=True, slots=True)
class PastClock:
    """A recorded promise (`promise`) or unit's limit (`handling`): begun, due, and when it was kept (None: open)."""

    kind: str
    started_at: datetime
    due_at: datetime
    until: datetime | None
    pauses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PastCase:
    """What of a case a rule looks at, and how it was lived: the leads it had and whether they were disputed."""

    number: str
    opened_at: datetime
    source: str
    nature: str
    city_version: int
    class_code: str | None = None
    standard_code: str | None = None
    urgency: str = "ordinary"
    raised: bool = False  # its words told of danger: it is urgent whatever its standard says
    area: str | None = None
    lon: float | None = None
    lat: float | None = None
    component_code: str | None = None
    complained_about: tuple[str, ...] = ()
    dispatched_at: datetime | None = None  # when the first lead was sent for
    first_lead: str | None = None
    last_lead: str | None = None  # the unit that kept it: not one that gave it back
    disputed: bool = False  # returned or objected to
    ended: bool = False
    clocks: tuple[PastClock, ...] = ()


@dataclass
class Group:
    """How many, and the numbers of the first few."""

    count: int = 0
    samples: list[str] = field(default_factory=list)

    def add(self, number: str, most: int) -> None:
        self.count += 1
        if len(self.samples) < most:
            self.samples.append(number)

    def as_json(self) -> dict[str, Any]:
        return {"cases": self.count, "samples": self.samples}


@dataclass
class Moved:
    """Cases that went from one word to another: `(from, to, class)` or `(from, to)` → how many."""

    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)

    def add(self, key: tuple[str, ...], number: str, most: int) -> None:
        self.groups.setdefault(key, Group()).add(number, most)

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups.values())

    def most_first(self) -> list[tuple[tuple[str, ...], Group]]:
        return sorted(self.groups.items(), key=lambda item: (-item[1].count, item[0]))

    def as_json(self, *names: str) -> list[dict[str, Any]]:
        return [{**dict(zip(names, key, strict=True)), **group.as_json()} for key, group in self.most_first()]


@dataclass
class Lateness:
    """Of one kind of clock: how many were late as recorded and how many would have been, with what was done."""

    clocks: int = 0
    limits_changed: int = 0
    late_before: int = 0
    late_after: int = 0
    newly_late: Group = field(default_factory=Group)
    newly_in_time: Group = field(default_factory=Group)
    dropped: Group = field(default_factory=Group)  # the new rules promise nothing

    def as_json(self) -> dict[str, Any]:
        return {
            "clocks": self.clocks,
            "limits_changed": self.limits_changed,
            "late_before": self.late_before,
            "late_after": self.late_after,
            "newly_late": self.newly_late.as_json(),
            "newly_in_time": self.newly_in_time.as_json(),
            "dropped": self.dropped.as_json(),
        }


@dataclass
class Disputes:
    """Cases that were given back or objected to, by whether the rules name the unit that kept them at once."""

    cases: int = 0
    settled: Moved = field(default_factory=Moved)  # (first lead, unit that kept it, class): now named at once
    named_by_both: int = 0
    unsettled: Group = field(default_factory=Group)  # lost: the rules of now name it, the new ones do not
    still_open: int = 0  # neither names it

    def as_json(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "settled": self.settled.count,
            "settled_groups": self.settled.as_json("first", "kept_by", "class"),
            "named_by_both": self.named_by_both,
            "unsettled": self.unsettled.as_json(),
            "named_by_neither": self.still_open,
        }


@dataclass
class RuleReplay:
    """What other rules would have changed in the stored history. Nothing of it was written anywhere."""

    cases: int = 0
    first: datetime | None = None
    last: datetime | None = None
    leads: Moved = field(default_factory=Moved)  # (from, to, class)
    load: Load = field(default_factory=dict)
    unnamed_before: Counter[str] = field(default_factory=Counter)  # why nobody is named → cases
    unnamed_after: Counter[str] = field(default_factory=Counter)
    newly_unnamed: dict[str, Group] = field(default_factory=dict)
    disputes: Disputes = field(default_factory=Disputes)
    risks: Moved = field(default_factory=Moved)  # accepted where they were, and now sent elsewhere
    paths: Moved = field(default_factory=Moved)  # (from, to)
    paths_redefined: tuple[str, ...] = ()
    clocks: dict[str, Lateness] = field(default_factory=dict)
    recorded_agrees: int = 0  # the rules of now name the unit that had it first
    recorded_differs: Counter[str] = field(default_factory=Counter)  # why not → cases

    @property
    def changes_nothing(self) -> bool:
        """Whether no case would have had another lead, path or limit."""
        limits = sum(each.limits_changed + each.dropped.count for each in self.clocks.values())
        return not (self.leads.count or self.paths.count or self.paths_redefined or limits)

    def totals(self) -> list[tuple[str, int, int]]:
        """Each unit with its cases before and after, the most changed first; NOBODY waits for a dispatcher."""
        sums = {unit: [sum(m[i] for m in months.values()) for i in (0, 1)] for unit, months in self.load.items()}
        return [
            (unit, before, after)
            for unit, (before, after) in sorted(
                sums.items(), key=lambda item: (-abs(item[1][1] - item[1][0]), -item[1][0], item[0])
            )
        ]

    def as_json(self) -> dict[str, Any]:
        """All figures as plain values; the samples are case numbers."""
        return {
            "cases": self.cases,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "changes_nothing": self.changes_nothing,
            "leads": {"changed": self.leads.count, "groups": self.leads.as_json("from", "to", "class")},
            "load": [
                {
                    "unit": unit,
                    "before": before,
                    "after": after,
                    "months": {month: list(pair) for month, pair in sorted(self.load[unit].items())},
                }
                for unit, before, after in self.totals()
            ],
            "unnamed": {
                "before": dict(self.unnamed_before),
                "after": dict(self.unnamed_after),
                "new": {why: group.as_json() for why, group in self.newly_unnamed.items()},
            },
            "disputes": self.disputes.as_json(),
            "new_dispute_risks": {"cases": self.risks.count, "groups": self.risks.as_json("from", "to", "class")},
            "overdue": {kind: each.as_json() for kind, each in self.clocks.items()},
            "paths": {
                "changed": self.paths.count,
                "groups": self.paths.as_json("from", "to"),
                "redefined": list(self.paths_redefined),
            },
            "recorded": {"agree": self.recorded_agrees, "differ": dict(self.recorded_differs)},
        }
