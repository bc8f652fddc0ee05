"""The report on departmental grids as lines, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cityloom.app.exits import WrongUsage
from cityloom.city.overlays import Fault, LayerReport, examine_overlays

_SHOWN = 10
COLUMNS = ("layer", "grid", "cell", "share", "rank")


def reports_of(where: str) -> list[LayerReport]:
    """The reports of a city folder, or of the loaded city of that code; raises for a folder that cannot be read."""
    if Path(where).is_dir():
        from cityloom.city.folder import read_folder

        folder, problems = read_folder(Path(where))
        if folder.config is None:
            raise WrongUsage("command.no_city_file", folder=where)
        broken = [p for p in problems if p.file == "areas.geojson" and p.level == "error"]
        if broken or not folder.areas:
            raise WrongUsage("command.areas_wrong", folder=where)
        return examine_overlays(folder.areas, folder.features, folder.config)
    from cityloom.app.ready import ready

    with ready():
        from cityloom.city.snapshot import current_city

        city = current_city(where)
        features = [each for layer in ("overlays", "micro_grids") for each in city.features.get(layer, ())]
        return examine_overlays(city.areas.values(), features, city.config)


def as_json(report: LayerReport) -> dict[str, Any]:
    """One layer for `--json`; sizes in m², shares from 0 to 1."""
    return {
        "layer": report.layer,
        "cells": report.cells,
        "covered": round(report.covered, 6),
        "grids_in_no_cell": report.unresolved,
        "grids_in_several_cells": report.divided,
        "gaps": [_fault(each) for each in report.gaps],
        "overlaps": [_fault(each) for each in report.overlaps],
        "beyond": [_fault(each) for each in report.beyond],
        "crosswalk": {
            grid: [{"code": s.code, "share": s.share} for s in shares] for grid, shares in report.crosswalk.items()
        },
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {"codes": list(fault.codes), "size_m2": fault.size_m2, "lon": fault.lon, "lat": fault.lat,
            "grid": fault.grid}  # fmt: skip


def as_csv(reports: Sequence[LayerReport]) -> str:
    """The crosswalk: a row for each unit grid and cell, the largest share ranked 1; a grid in no cell has one row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for report in reports:
        for grid, shares in report.crosswalk.items():
            rows: list[tuple[object, ...]] = [(s.code, s.share, rank) for rank, s in enumerate(shares, 1)]
            writer.writerows((report.layer, grid, *row) for row in rows or [("", "", "")])
    return out.getvalue()


def as_lines(reports: Sequence[LayerReport]) -> Iterable[str]:
    """What a person reads: coverage, then the largest faults of each kind."""
    for report in reports:
        yield (
            f"{report.layer}: {report.cells} cells, {100 * report.covered:.2f} % of the city; "
            f"{report.unresolved} unit grids in no cell, {report.divided} in several"
        )
        for name, faults in (("gap", report.gaps), ("overlap", report.overlaps), ("beyond the city", report.beyond)):
            for each in faults[:_SHOWN]:
                codes = f" {' and '.join(each.codes)}" if each.codes else ""
                where = f"{each.lon}, {each.lat} (unit grid {each.grid or '-'})"
                yield f"  {name}:{codes} {each.size_m2:,.0f} m² at {where}"
            if len(faults) > _SHOWN:
                yield f"  … {len(faults) - _SHOWN} more; --json lists all"
