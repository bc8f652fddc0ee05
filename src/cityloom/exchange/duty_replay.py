"""The duty table held against a record: would it have chosen the unit that really had the matter? Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cityloom.cases.dispatching import choose_lead
from cityloom.city.snapshot_values import City
from cityloom.exchange.records import Record

CONSISTENT = 0.95
EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One record with a unit: who had it, and whom the duty table chooses (None: nobody, and why)."""

    class_code: str
    recorded: str
    chosen: str | None
    because: str


@dataclass(frozen=True, slots=True)
class LeadShare:
    """Of the records, how many got their unit; those without a choice wait for a dispatcher and count as not got."""

    cases: int
    chosen: int
    agree: int

    @property
    def share(self) -> float | None:
        """Agreeing ÷ chosen; None when nothing was chosen."""
        return self.agree / self.chosen if self.chosen else None

    def figures(self) -> dict[str, Any]:
        """For printing as JSON."""
        return {"cases": self.cases, "chosen": self.chosen, "agree": self.agree, "share": self.share}


@dataclass(frozen=True, slots=True)
class LeadAgreement:
    """All records, and those of classes that the record itself gives to one unit in 95 of 100 or more."""

    total: LeadShare
    consistent: LeadShare
    consistent_classes: int
    classes: int
    unchosen: dict[str, int]
    differing: tuple[tuple[str, str, str, int], ...]  # class, chosen, recorded, how many; most first

    def figures(self) -> dict[str, Any]:
        """For printing as JSON."""
        keys = ("class", "chosen", "recorded", "cases")
        return {
            **self.total.figures(),
            "consistent": {**self.consistent.figures(), "classes": self.consistent_classes, "of": self.classes},
            "unchosen": self.unchosen,
            "differing": [dict(zip(keys, each, strict=True)) for each in self.differing[:EXAMPLES]],
        }


def lead_of(city: City, record: Record) -> LeadRow | None:
    """The record beside our choice at its own time and place; None when it has no unit or no class."""
    if record.unit is None or record.class_code is None:
        return None
    area = record.area
    if record.lon is not None and record.lat is not None:
        area = city.find_area(record.lon, record.lat) or area
    route = choose_lead(city, record.class_code, area, None, record.source, record.opened_at)
    return LeadRow(record.class_code, record.unit, route.lead, route.reason.code)


def compare_leads(rows: Iterable[LeadRow]) -> LeadAgreement:
    """How often the duty table chose the recorded unit."""
    rows = list(rows)
    units: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        units[row.class_code][row.recorded] += 1
    steady = {code for code, found in units.items() if max(found.values()) >= CONSISTENT * found.total()}
    differing = Counter((r.class_code, r.chosen, r.recorded) for r in rows if r.chosen and r.chosen != r.recorded)
    return LeadAgreement(
        total=_share(rows),
        consistent=_share([row for row in rows if row.class_code in steady]),
        consistent_classes=len(steady),
        classes=len(units),
        unchosen=dict(Counter(row.because for row in rows if row.chosen is None)),
        differing=tuple((code, chosen or "", unit, n) for (code, chosen, unit), n in differing.most_common()),
    )


def _share(rows: list[LeadRow]) -> LeadShare:
    chosen = [row for row in rows if row.chosen is not None]
    return LeadShare(len(rows), len(chosen), sum(row.chosen == row.recorded for row in chosen))
