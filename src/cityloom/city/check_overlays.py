"""Checks of what lies over the base grid: departments' layers meet, micro-grids stay inside their community."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from cityloom.city.check_areas import square_metres
from cityloom.city.checking import Findings
from cityloom.city.overlays import (
    MICRO_GRIDS,
    OVERLAYS,
    Fault,
    LayerReport,
    MicroGrid,
    examine_overlays,
    micro_grids_of,
)
from cityloom.city.values import Role

FEWEST_HOUSEHOLDS, MOST_HOUSEHOLDS = 50, 70  # usual of a micro-grid; `[limits]` of a city may say otherwise


def check_overlays(found: Findings) -> None:
    """Layers and units that are known, then gaps and overlaps; a base grid that is not sound is left to its check."""
    _check_cells(found)
    _check_micro_grids(found)
    if sum(not area.parent for area in found.folder.areas) != 1:
        return
    for report in examine_overlays(found.folder.areas, found.folder.features, found.config):
        _tell(found, report)


def _check_cells(found: Findings) -> None:
    units = {unit.code for unit in found.folder.units}
    for i, each in enumerate(found.folder.features):
        if each.layer != OVERLAYS:
            continue
        layer, unit = str(each.properties.get("layer") or ""), str(each.properties.get("unit") or "")
        if layer not in found.config.overlays:
            found.unknown("features", i, each.code, "layer", layer, found.config.overlays)
        if unit and unit not in units:
            found.unknown("features", i, each.code, "unit", unit, units)


def _tell(found: Findings, report: LayerReport) -> None:
    """Faults of a department's layer are warnings: its grid is looked up through the base grid, which is whole."""
    allowed = found.config.tolerance
    file = f"{MICRO_GRIDS if report.layer == MICRO_GRIDS else OVERLAYS}.geojson"
    overlap = "micro_grid_overlap" if report.layer == MICRO_GRIDS else "overlay_overlap"
    for fault in report.gaps:
        place = _place(fault, allowed.gap_m2)
        found.in_file("overlay_gap", file, report.layer, layer=report.layer, grid=fault.grid, **place)
    for fault in report.overlaps:
        place = _place(fault, allowed.overlap_m2)
        found.in_file(overlap, file, fault.codes[0], layer=report.layer, codes=list(fault.codes), **place)
    for fault in report.beyond:
        place = _place(fault, allowed.overlap_m2)
        found.in_file("overlay_outside", file, fault.codes[0], layer=report.layer, **place)


def _place(fault: Fault, tolerance_m2: float) -> dict[str, Any]:
    return {"size_m2": fault.size_m2, "lon": fault.lon, "lat": fault.lat, "tolerance_m2": tolerance_m2}


def _check_micro_grids(found: Findings) -> None:
    """Each lies inside one community (or a smaller area), with wardens who hold that post and a usual size."""
    limits = found.config.settings.limits
    fewest = limits.get("micro_grid_least_households", FEWEST_HOUSEHOLDS)
    most = limits.get("micro_grid_most_households", MOST_HOUSEHOLDS)
    areas = {area.code: area for area in found.folder.areas}
    wardens = {post.login for post in found.folder.posts if post.role is Role.WARDEN}
    positions = [i for i, each in enumerate(found.folder.features) if each.layer == MICRO_GRIDS]
    for i, each in zip(positions, micro_grids_of(found.folder.features), strict=True):
        for login in each.wardens:
            if login not in wardens:
                found.unknown("features", i, each.code, "wardens", login, wardens)
        if each.households is not None and not fewest <= each.households <= most:
            told = {"households": each.households, "fewest": round(fewest), "most": round(most)}
            found.at("micro_grid_size", "features", i, each.code, **told)
        parent = areas.get(each.community)
        if parent is None:
            found.unknown("features", i, each.code, "parent", each.community, areas)
        elif parent.level not in found.config.levels[-2:]:
            lowest = found.config.levels[-2:]
            found.at(
                "micro_grid_above", "features", i, each.code, parent=parent.code, level=parent.level, expected=lowest
            )
        else:
            _check_inside(found, i, each, parent.geometry)


def _check_inside(found: Findings, index: int, micro: MicroGrid, outline: bytes) -> None:
    outside = shapely.difference(shapely.from_wkb(micro.geometry), shapely.from_wkb(outline))
    size_m2 = square_metres(outside)
    if size_m2 > found.config.tolerance.overlap_m2:
        parts = shapely.get_parts(outside)
        point = parts[int(np.argmax(shapely.area(parts)))].representative_point()
        told = {"size_m2": round(size_m2, 1), "lon": round(point.x, 6), "lat": round(point.y, 6)}
        allowed = found.config.tolerance.overlap_m2
        found.at(
            "micro_grid_outside", "features", index, micro.code, parent=micro.community, tolerance_m2=allowed, **told
        )
