"""What wardens find: solved on the spot or passed on, and the figures of it by micro-grid. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register
from cityloom.city.micro_grids import MicroGrids
from cityloom.city.paths import Path, Paths

PATH = "micro"

register({
    "micro.solved": ("微网格员就地解决", "a warden solved it on the spot"),
    "micro.solved_in": ("微网格员在{micro_grid}就地解决", "a warden solved it on the spot in {micro_grid}"),
    "micro.no_path": (
        "本市的 paths.toml 没有名为 micro 的流程；请写上 [path.micro]，或写 extends = \"standard\"",
        'the city\'s paths.toml has no path named micro; write [path.micro], or extends = "standard"',
    ),
    "micro.no_place": (
        "请在地图上定位，或选一个微网格",
        "put the pin on the map, or choose a micro-grid",
    ),
    "micro.outside": (
        "该位置不在您负责的社区；请改正位置，或请居民自行反映",
        "the place is not in your community; correct it, or let the resident report it",
    ),
    "micro.not_yours": (
        "没有代码为{micro_grid}的微网格由您负责；请选您负责的微网格",
        "no micro-grid {micro_grid} is yours; choose one of your own",
    ),
})  # fmt: skip


class NoMicroPath(CityloomError):
    """The city has paths of its own and none for what wardens solve."""

    status = 409


class BadMicroPlace(CityloomError):
    """Nowhere, or not where the warden looks after."""

    status = 422


def micro_path(paths: Paths) -> Path:
    """The path of what wardens solve; raises NoMicroPath."""
    path = paths.paths.get(PATH)
    if path is None:
        raise NoMicroPath("micro.no_path")
    return path


def solved_reason(micro_grid: str | None) -> Reason:
    return Reason("micro.solved_in", {"micro_grid": micro_grid}) if micro_grid else Reason("micro.solved")


class Found(NamedTuple):
    """One case that a warden brought: what of it a figure rests on."""

    path: str
    state: str
    lon: float | None
    lat: float | None
    community: str
    by_login: str
    reopened: int
    opened_at: datetime


@dataclass(frozen=True)
class MicroCount:
    """What wardens brought: solved on the spot, passed on to the street, and of the solved what came back."""

    solved: int = 0
    passed_on: int = 0
    came_back: int = 0

    @property
    def all(self) -> int:
        return self.solved + self.passed_on

    @property
    def share(self) -> float | None:
        """Solved on the spot and stayed so, of all that was found, from 0 to 1; None where nothing was found."""
        return (self.solved - self.came_back) / self.all if self.all else None

    def with_one(self, found: Found) -> MicroCount:
        """One more case; what was voided or withdrawn as a mistake does not count."""
        if found.state in ("voided", "withdrawn"):
            return self
        if found.path != PATH:
            return replace(self, passed_on=self.passed_on + 1)
        return replace(self, solved=self.solved + 1, came_back=self.came_back + (found.reopened > 0))


@dataclass(frozen=True)
class MicroFigures:
    """Figures by micro-grid and by community; a community's hold also what lies in none of its micro-grids."""

    by_grid: dict[str, MicroCount]
    by_community: dict[str, MicroCount]
    total: MicroCount


def count_found(rows: Iterable[Found], grids: MicroGrids) -> MicroFigures:
    """Sum up what wardens found: a case belongs to the micro-grid at its point, else to the one its warden has."""
    by_grid = {code: MicroCount() for code in grids.by_code}
    by_community = {grid.community: MicroCount() for grid in grids.by_code.values()}
    total = MicroCount()
    for row in rows:
        grid = grid_of(row, grids)
        if grid is not None:
            by_grid[grid] = by_grid[grid].with_one(row)
        community = grids.by_code[grid].community if grid else row.community
        by_community[community] = by_community.get(community, MicroCount()).with_one(row)
        total = total.with_one(row)
    return MicroFigures(by_grid, by_community, total)


def grid_of(row: Found, grids: MicroGrids) -> str | None:
    """The micro-grid of a case; None between the micro-grids, or where its warden has several."""
    if row.lon is not None and row.lat is not None:
        at_point = grids.find(row.lon, row.lat)
        return at_point.code if at_point else None
    own = grids.of_warden(row.by_login)
    return own[0].code if len(own) == 1 else None
