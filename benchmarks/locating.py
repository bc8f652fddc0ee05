"""Point → smallest area: one by one and in batch, on a made map of 2,400 areas and on Beijing where its data is."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely

from cityloom.city.locating import Locator
from cityloom.city.values import Area, Name

POINTS = 1_000_000
SINGLES = 20_000
BEIJING = Path("beijing_subdistricts") / "beijing_subdistricts.geojson"

Figure = tuple[str, float, str]


def run() -> list[Figure]:
    """Each figure as name, value and unit; single look-ups are timed anywhere and at borders only."""
    figures = measure("2,400 areas, half in a dense core", made_areas(2400))
    beijing = real_data() / BEIJING
    if beijing.is_file():
        features = json.loads(beijing.read_text(encoding="utf-8"))["features"]
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
        figures += measure(f"{len(shapes)} sub-districts of Beijing", shapes)
    return figures


def real_data() -> Path:
    """Where the real data sets lie: CITYLOOM_DATA, or beside the project."""
    named = os.environ.get("CITYLOOM_DATA")
    return Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"


def made_areas(count: int) -> list[shapely.Geometry]:
    """Cells of 0.12° × 0.12° around random points, half of them in a corner of 0.03°, borders with many vertices."""
    random = np.random.default_rng(7)
    points = np.concatenate(
        [random.uniform(0, 0.12, (count // 2, 2)), random.uniform(0, 0.03, (count - count // 2, 2))]
    )
    square = shapely.box(0, 0, 0.12, 0.12)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=square)
    return [shapely.segmentize(cell.intersection(square), 0.0003) for cell in cells.geoms]


def measure(where: str, shapes: list[shapely.Geometry]) -> list[Figure]:
    """Build, batch and single figures on one map."""
    areas = [Area(f"{i:05}", None, "", Name("", ""), geometry=shape.wkb) for i, shape in enumerate(shapes)]
    build_s = seconds(lambda: Locator(areas))
    locator = Locator(areas)
    west, south, east, north = shapely.total_bounds(shapes)
    random = np.random.default_rng(1)
    x, y = random.uniform(west, east, POINTS), random.uniform(south, north, POINTS)
    batch_s = min(seconds(lambda: locator.find_many(x, y)) for _ in range(3))
    lines = shapely.boundary(np.array(shapes))
    borders = shapely.get_coordinates(lines)[random.integers(0, shapely.get_num_coordinates(lines).sum(), SINGLES)]
    anywhere = list(zip(x[:SINGLES].tolist(), y[:SINGLES].tolist(), strict=True))
    return [
        (f"locator built, {where}", build_s, "s"),
        (f"point to area in batch, {where}", POINTS / batch_s / 1e6, "million points/s"),
        (f"point to area, one, anywhere, {where}", single_us(locator, anywhere), "µs"),
        (f"point to area, one, at a border, {where}", single_us(locator, borders.tolist()), "µs"),
    ]


def single_us(locator: Locator, places: list[tuple[float, float]]) -> float:
    """Microseconds for one look-up, the mean over all places."""

    def ask() -> None:
        for lon, lat in places:
            locator.find(lon, lat)

    return min(seconds(ask) for _ in range(3)) / len(places) * 1e6


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    for name, figure, unit in run():
        print(f"{name:70} {figure:10.2f} {unit}")
