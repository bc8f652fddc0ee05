"""The small city with grids over its base grid: two departmental layers, micro-grids with wardens, registers.

`police` has four beats of a quarter of the city each, clean. `sanitation` has two sections with a strip between them
left out and one place taken twice. Three micro-grids lie in the southeast: two in the first community, one in the
second; `warden_chen` has the first, `warden_gu` the other two.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.city.small_city import GRID_DEG, SOUTH, WEST, board_polygon, write_small_city

OVERLAY_TOML = """
[overlays.police]
name_zh = "警务区"
name_en = "Police beats"

[overlays.sanitation]
name_zh = "环卫作业区"
name_en = "Sanitation sections"
"""
WARDENS = """\
warden_chen,陈大姐,warden,street_e1,990101001001,,
warden_gu,顾师傅,warden,street_e1,990101001001,,
warden_gu,顾师傅,warden,street_e1,990101001002,,
"""
STRIP_DEG, TWICE_DEG = 0.0002, 0.0004


def box(west: float, south: float, east: float, north: float) -> list[list[list[float]]]:
    """A rectangle from corner to corner, in grid columns and rows from the south-west of the city."""
    x = [round(WEST + column * GRID_DEG, 7) for column in (west, east)]
    y = [round(SOUTH + row * GRID_DEG, 7) for row in (south, north)]
    return [[[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]], [x[0], y[0]]]]


def _feature(coordinates: list[list[list[float]]], **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties,
            "geometry": {"type": "Polygon", "coordinates": coordinates}}  # fmt: skip


def _cell(code: str, layer: str, unit: str, coordinates: list[list[list[float]]]) -> dict[str, object]:
    return _feature(coordinates, code=code, layer=layer, unit=unit, name_zh=f"{code}号", name_en=f"Cell {code}")


def _micro(code: str, parent: str, households: int, wardens: str, where: tuple[float, ...]) -> dict[str, object]:
    name = {"name_zh": f"微网格{code[-2:]}", "name_en": f"Micro-grid {code[-2:]}"}
    return _feature(box(*where), code=code, parent=parent, households=households, wardens=wardens, **name)


POLICE = [_cell(f"p{n}", "police", "", board_polygon(column, row, 4, 2))
          for n, (column, row) in enumerate([(0, 0), (4, 0), (0, 2), (4, 2)], 1)]  # fmt: skip
SANITATION = [
    _cell("s1", "sanitation", "east_urban", box(0, 0, 4 - STRIP_DEG / GRID_DEG, 2)),
    _cell("s2", "sanitation", "west_urban", box(4, 0, 8, 4)),
    _cell("s3", "sanitation", "east_urban", box(0, 2, 4 + TWICE_DEG / GRID_DEG, 4)),
]
MICRO = [
    _micro("990101001001-w01", "990101001001", 62, "warden_chen", (0, 0, 1, 1)),
    _micro("990101001001-w02", "990101001001", 55, "warden_gu", (1, 0, 2, 1)),
    _micro("990101001002-w01", "990101001002", 58, "warden_gu", (2, 0, 2.5, 1)),
]


def write_micro_city(directory: Path) -> Path:
    """Write the whole folder into `directory` (made when absent) and give it back."""
    write_small_city(directory)
    for name, text in (("city.toml", OVERLAY_TOML), ("people.csv", WARDENS)):
        with (directory / name).open("a", encoding="utf-8") as out:
            out.write(text)
    for name, features in (("overlays", [*POLICE, *SANITATION]), ("micro_grids", MICRO)):
        text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        (directory / f"{name}.geojson").write_text(text, encoding="utf-8")
    return directory
