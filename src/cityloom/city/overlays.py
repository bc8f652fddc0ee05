"""Grids that lie over the base grid: departments' own cells and the micro-grids under a community. Pure.

The unit grids alone tile the city, so that every point has exactly one of them; whatever a department draws is an
overlay that is looked up through the crosswalk from unit grid to cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cityloom.city.check_areas import square_metres
from cityloom.city.folder_values import CityConfig, Feature, Tolerance
from cityloom.city.values import Area, AreaCode, Name, UnitCode

OVERLAYS, MICRO_GRIDS = "overlays", "micro_grids"  # the layers of the city folder that hold them
SMALLEST_SHARE = 0.01  # of a unit grid: less in a cell is a border drawn beside the grid's, not a part of it


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a departmental grid; `unit` owes it (blank: nobody named)."""

    code: str
    layer: str
    name: Name
    geometry: bytes
    unit: UnitCode = ""


@dataclass(frozen=True, slots=True)
class MicroGrid:
    """Some 50–70 households inside one community, with the logins of the wardens who look after them."""

    code: str
    community: AreaCode
    name: Name
    geometry: bytes
    households: int | None = None
    wardens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a layer has a hole, covers something twice or reaches beyond the city: the cells and a point inside."""

    codes: tuple[str, ...]
    size_m2: float
    lon: float
    lat: float
    geometry: BaseGeometry = field(compare=False, repr=False)
    grid: AreaCode = ""  # the unit grid at the point


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a unit grid lies in a cell, from 0 to 1."""

    code: str
    share: float


@dataclass(frozen=True)
class LayerReport:
    """How one layer lies over the base grid. `covered` is the share of the city's land in any of its cells.

    `crosswalk` gives for every unit grid the cells it lies in, the one with the largest share first; none for a grid
    outside the layer. A layer that is not `whole` may leave land out, so its holes are not listed.
    """

    layer: str
    whole: bool
    cells: int
    covered: float
    gaps: tuple[Fault, ...]
    overlaps: tuple[Fault, ...]
    beyond: tuple[Fault, ...]
    crosswalk: Mapping[AreaCode, tuple[Share, ...]]

    @property
    def unresolved(self) -> int:
        """Unit grids that no cell holds a part of."""
        return sum(not shares for shares in self.crosswalk.values())

    @property
    def divided(self) -> int:
        """Unit grids that lie in more than one cell."""
        return sum(len(shares) > 1 for shares in self.crosswalk.values())


# --- from features to values ------------------------------------------------------------------------------------


def cells_of(features: Iterable[Feature]) -> dict[str, tuple[Cell, ...]]:
    """The cells of `overlays.geojson` by layer, in the order of the file."""
    found: dict[str, list[Cell]] = {}
    for each in features:
        if each.layer == OVERLAYS:
            layer = str(each.properties.get("layer") or "")
            unit = str(each.properties.get("unit") or "")
            found.setdefault(layer, []).append(Cell(each.code, layer, each.name, each.geometry, unit))
    return {layer: tuple(cells) for layer, cells in found.items()}


def micro_grids_of(features: Iterable[Feature]) -> tuple[MicroGrid, ...]:
    """The micro-grids of `micro_grids.geojson`."""
    return tuple(_micro_grid(each) for each in features if each.layer == MICRO_GRIDS)


def _micro_grid(feature: Feature) -> MicroGrid:
    households = feature.properties.get("households")
    wardens = str(feature.properties.get("wardens") or "")
    return MicroGrid(
        code=feature.code,
        community=str(feature.properties.get("parent") or ""),
        name=feature.name,
        geometry=feature.geometry,
        households=households if isinstance(households, int) and not isinstance(households, bool) else None,
        wardens=tuple(login.strip() for login in wardens.split(";") if login.strip()),
    )


# --- how a layer lies -------------------------------------------------------------------------------------------


def examine_overlays(areas: Iterable[Area], features: Iterable[Feature], config: CityConfig) -> list[LayerReport]:
    """A report of each layer, the departments' in the order of `city.toml`, the micro-grids last."""
    base, features = list(areas), list(features)
    cells = cells_of(features)
    layers = [*(name for name in config.overlays if name in cells), *(n for n in cells if n not in config.overlays)]
    reports = []
    for name in layers:
        known = config.overlays.get(name)
        reports.append(examine_layer(name, cells[name], base, config.tolerance, whole=known is None or known.whole))
    micro = micro_grids_of(features)
    if micro:
        drawn = [Cell(each.code, MICRO_GRIDS, each.name, each.geometry) for each in micro]
        reports.append(examine_layer(MICRO_GRIDS, drawn, base, config.tolerance, whole=False))
    return reports


def examine_layer(
    layer: str, cells: Sequence[Cell], areas: Sequence[Area], allowed: Tolerance, whole: bool = True
) -> LayerReport:
    """How these cells lie over the areas. Each hole or overlap larger than the tolerance, in m², is a fault.

    Sizes are those of `square_metres`. Needs areas that tile; what is wrong with them is told by their own check.
    """
    divided = {area.parent for area in areas}
    grids = [area for area in areas if area.code not in divided]
    land = shapely.union_all([shapely.from_wkb(area.geometry) for area in areas if area.parent is None])
    shapes = np.array([shapely.from_wkb(cell.geometry) for cell in cells], dtype=object)
    base = _Base(grids)
    union = shapely.union_all(shapes)
    missing = shapely.difference(land, union)
    all_m2 = square_metres(land)
    return LayerReport(
        layer=layer,
        whole=whole,
        cells=len(cells),
        covered=1 - square_metres(missing) / all_m2 if all_m2 else 0.0,
        gaps=tuple(_faults(missing, (), allowed.gap_m2, base)) if whole else (),
        overlaps=tuple(_overlaps(cells, shapes, allowed.overlap_m2, base)),
        beyond=tuple(_beyond(cells, shapes, land, allowed.overlap_m2, base)),
        crosswalk=base.crosswalk(cells, shapes),
    )


class _Base:
    """The unit grids with their geometry, ready to be asked."""

    def __init__(self, grids: Sequence[Area]) -> None:
        self.codes = [grid.code for grid in grids]
        self.shapes = np.array([shapely.from_wkb(grid.geometry) for grid in grids], dtype=object)
        self.tree = shapely.STRtree(self.shapes)

    def at(self, lon: float, lat: float) -> AreaCode:
        held = self.tree.query(shapely.Point(lon, lat), predicate="intersects")
        return min((self.codes[i] for i in held), default="")

    def crosswalk(self, cells: Sequence[Cell], shapes: NDArray[np.object_]) -> dict[AreaCode, tuple[Share, ...]]:
        """For every grid its cells, the largest share first, equal shares by code."""
        cell, grid = self.tree.query(shapes, predicate="intersects")
        parts = shapely.area(shapely.intersection(shapes[cell], self.shapes[grid]))
        shares = parts / shapely.area(self.shapes)[grid]
        found: dict[AreaCode, list[Share]] = {code: [] for code in self.codes}
        for i, j, share in zip(cell.tolist(), grid.tolist(), shares.tolist(), strict=True):
            if share >= SMALLEST_SHARE:
                found[self.codes[j]].append(Share(cells[i].code, round(min(share, 1.0), 4)))
        return {code: tuple(sorted(each, key=lambda s: (-s.share, s.code))) for code, each in found.items()}


def _overlaps(cells: Sequence[Cell], shapes: NDArray[np.object_], allowed_m2: float, base: _Base) -> Iterable[Fault]:
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    for i, j, shared in zip(one, other, shapely.intersection(shapes[one], shapes[other]), strict=True):
        yield from _faults(shared, (cells[i].code, cells[j].code), allowed_m2, base)


def _beyond(
    cells: Sequence[Cell], shapes: NDArray[np.object_], land: BaseGeometry, allowed_m2: float, base: _Base
) -> Iterable[Fault]:
    for cell, outside in zip(cells, shapely.difference(shapes, land), strict=True):
        yield from _faults(outside, (cell.code,), allowed_m2, base)


def _faults(geometry: BaseGeometry, codes: tuple[str, ...], allowed_m2: float, base: _Base) -> list[Fault]:
    """The connected parts larger than the tolerance, the largest first."""
    found = []
    for part in shapely.get_parts(geometry):
        size_m2 = square_metres(part)
        if size_m2 > allowed_m2:
            point = part.representative_point()
            lon, lat = round(point.x, 6), round(point.y, 6)
            found.append(Fault(codes, round(size_m2, 1), lon, lat, part, base.at(point.x, point.y)))
    return sorted(found, key=lambda fault: -fault.size_m2)
