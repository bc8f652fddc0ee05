"""How what was proposed stands to what people decided: by day, by class, by who decided, by confidence. Pure.

A class that the system filled in and nobody touched is told apart: nobody agreed with it, nobody disagreed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

Key = TypeVar("Key")
BY_CONFIDENCE = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


class By(StrEnum):
    """Who decided the class."""

    REPORTER = "reporter"  # chose it before sending
    AGENT = "agent"  # chose it while writing down the call
    DESK = "desk"  # gave or corrected it later
    SYSTEM = "system"  # filled it in alone, and nobody changed it
    OPEN = "open"  # nobody yet


@dataclass(frozen=True, slots=True)
class Judged:
    """One report: what was proposed by which model, and the class its case has now; None where either is open."""

    number: str
    day: date
    model: str
    proposed: str | None
    confidence: float
    decided: str | None
    by: By

    @property
    def is_judged(self) -> bool:
        """Whether a person decided where something had been proposed."""
        return self.proposed is not None and self.decided is not None and self.by not in (By.SYSTEM, By.OPEN)

    @property
    def agrees(self) -> bool:
        return self.proposed == self.decided


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; `share` is None where there is nothing to divide by."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The figures of a span of days. Shares of agreement are over what people decided."""

    read: int
    alone: Share  # filled in by the system, of all read
    agreed: Share
    by_day: tuple[tuple[date, int, Share], ...]  # day, reports read, agreement; every day of the span
    by_class: tuple[tuple[str, Share], ...]  # of the class decided, the most frequent first
    by_who: tuple[tuple[By, Share], ...]
    by_confidence: tuple[tuple[float, Share, Share], ...]  # from it on: share of all read, agreement of those judged
    corrected: tuple[Judged, ...]  # decided otherwise than proposed, the newest first


def agreement_of(rows: Sequence[Judged], days: Sequence[date], most: int = 20) -> Agreement:
    """The figures of these reports, which come newest first; `days` are all days of the span, in order."""
    judged = [row for row in rows if row.is_judged]
    read_on: dict[date, int] = defaultdict(int)
    for row in rows:
        read_on[row.day] += 1
    on = _grouped((row.day, row) for row in judged)
    of = _grouped((row.decided or "", row) for row in judged)
    who = _grouped((row.by, row) for row in judged)
    return Agreement(
        read=len(rows),
        alone=Share(sum(row.by is By.SYSTEM for row in rows), len(rows)),
        agreed=_agreed(judged),
        by_day=tuple((day, read_on[day], _agreed(on.get(day, ()))) for day in days),
        by_class=tuple(
            sorted(((code, _agreed(them)) for code, them in of.items()), key=lambda pair: (-pair[1].whole, pair[0]))
        ),
        by_who=tuple((by, _agreed(who[by])) for by in By if by in who),
        by_confidence=tuple(
            (
                least,
                Share(sum(r.proposed is not None and r.confidence >= least for r in rows), len(rows)),
                _agreed([row for row in judged if row.confidence >= least]),
            )
            for least in BY_CONFIDENCE
        ),
        corrected=tuple(row for row in judged if not row.agrees)[:most],
    )


def _agreed(rows: Sequence[Judged]) -> Share:
    return Share(sum(row.agrees for row in rows), len(rows))


def _grouped(pairs: Iterable[tuple[Key, Judged]]) -> dict[Key, list[Judged]]:
    found: dict[Key, list[Judged]] = defaultdict(list)
    for key, row in pairs:
        found[key].append(row)
    return found
