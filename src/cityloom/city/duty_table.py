"""Who owes a class of matter in an area: the duty matrix, indexed so that one question takes microseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cityloom.city.values import AreaCode, ClassCode, Duty

ANYWHERE = "*"
Rank = tuple[int, int, int, int]


@dataclass(frozen=True)
class Owed:
    """Who owes a matter: `leads` are the equally best rows (none: a gap; several: an overlap), `assists` help."""

    leads: tuple[Duty, ...]
    assists: tuple[Duty, ...]


class DutyTable:
    """Duties ranked by how exactly they name a matter.

    The rank compares first the depth of the class, then that of the area, then `order`, then whether the row is
    limited to a source or to hours; the lowest rank wins.
    """

    def __init__(
        self,
        duties: Iterable[Duty],
        class_chains: Mapping[ClassCode, tuple[ClassCode, ...]],
        area_chains: Mapping[AreaCode, tuple[AreaCode, ...]],
    ) -> None:
        """The chains run from the topmost code down to the code itself."""
        self._rows: dict[str, dict[AreaCode, list[Duty]]] = {}
        for duty in duties:
            self._rows.setdefault(duty.class_pattern, {}).setdefault(duty.area, []).append(duty)
        self._class_chains = class_chains
        named = {area for rows in self._rows.values() for area in rows}
        self._area_chains = area_chains
        self._nearest = {
            code: next((a for a in reversed(chain) if a in named), ANYWHERE) for code, chain in area_chains.items()
        }
        self._remembered: dict[tuple[ClassCode, AreaCode], tuple[tuple[Rank, Duty], ...]] = {}

    def nearest_named(self, area: AreaCode) -> AreaCode:
        """The smallest area holding this one that some duty names, else `*`: areas of one answer have the same."""
        return self._nearest[area]

    def patterns(self, class_code: ClassCode) -> tuple[str, ...]:
        """What a duty may write to mean this class, the most exact first."""
        scheme = class_code.split(":", 1)[0]
        return (*reversed(self._class_chains[class_code]), f"{scheme}:*")

    def ranked(self, class_code: ClassCode, area: AreaCode) -> tuple[tuple[Rank, Duty], ...]:
        """Every duty that could ever hold for the class in the area with its rank, the best first."""
        near = self._nearest[area]
        found = self._remembered.get((class_code, near))
        if found is None:
            found = self._rank(class_code, near)
            self._remembered[class_code, near] = found
        return found

    def _rank(self, class_code: ClassCode, area: AreaCode) -> tuple[tuple[Rank, Duty], ...]:
        areas = (*reversed(self._area_chains.get(area, ())), ANYWHERE)
        rows = [
            ((i, j, duty.order, -bool(duty.source) - bool(duty.hours)), duty)
            for i, pattern in enumerate(self.patterns(class_code))
            if pattern in self._rows
            for j, each in enumerate(areas)
            for duty in self._rows[pattern].get(each, ())
        ]
        return tuple(sorted(rows, key=lambda row: row[0]))

    def matching(
        self, class_code: ClassCode, area: AreaCode, on: date, source: str, working: bool
    ) -> list[tuple[Rank, Duty]]:
        """The duties, lead and assist, that hold there and then with their ranks, the best first."""
        hours = "working" if working else "off"
        return [
            row
            for row in self.ranked(class_code, area)
            if row[1].source in ("", source) and row[1].hours in ("", hours) and row[1].valid.covers(on)
        ]

    def owed(self, class_code: ClassCode, area: AreaCode, on: date, source: str, working: bool) -> Owed:
        """The equally best leads and every assisting row, each unit once and none that leads."""
        matching = self.matching(class_code, area, on, source, working)
        leads = [row for row in matching if row[1].role == "lead"]
        best = {duty.unit: duty for rank, duty in leads if rank == leads[0][0]}
        assists: dict[str, Duty] = {}
        for _, duty in matching:
            if duty.role == "assist" and duty.unit not in best:
                assists.setdefault(duty.unit, duty)
        return Owed(tuple(best.values()), tuple(assists.values()))
