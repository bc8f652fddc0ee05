"""The small city with micro-grids, its wardens and the verbs of their day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.cases.life import REFUSE, Life

from cityloom.cases.actions.receive_report import NewReport, Received
from cityloom.cases.actions.solve_on_the_spot import pass_on_from_micro_grid, solve_on_the_spot

AT_CHEN = (110.0011, 30.0011)  # in the first micro-grid
AT_GU = (110.0031, 30.0009)  # in the second
BETWEEN = (110.0011, 30.0031)  # in the same community, in no micro-grid


@dataclass
class MicroLife(Life):
    """A warden's day; `number` is the case at hand."""

    def solve(self, by: str = "warden_chen", micro_grid: str = "", **said: Any) -> Received:
        self.received = solve_on_the_spot(self.city, self._new(said), self.post(by), self.clock, micro_grid)
        self.number = self.received.number
        return self.received

    def pass_on(self, by: str = "warden_chen", micro_grid: str = "", **said: Any) -> Received:
        self.received = pass_on_from_micro_grid(self.city, self._new(said), self.post(by), self.clock, micro_grid)
        self.number = self.received.number
        return self.received

    def _new(self, said: dict[str, Any]) -> NewReport:
        lon, lat = said.pop("place", AT_CHEN) or (None, None)
        facts = {"words": "楼道口堆了垃圾，已清走", "class_code": REFUSE, "lon": lon, "lat": lat, **said}
        return NewReport(source="warden", **facts)
