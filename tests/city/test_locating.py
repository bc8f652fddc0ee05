"""Point → smallest area: on maps drawn by hand, on maps drawn by chance, and on borders."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from cityloom.city.locating import Locator
from cityloom.city.raster import OUTSIDE
from cityloom.city.values import Area, Name


def area(code: str, shape: shapely.Geometry) -> Area:
    return Area(code, None, "grid", Name(code, code), geometry=shape.wkb)


WEST, EAST = box(0, 0, 1, 1), box(1, 0, 2, 1)
RING = Polygon([(3, 0), (6, 0), (6, 3), (3, 3)], [[(4, 1), (5, 1), (5, 2), (4, 2)]])
ISLANDS = MultiPolygon([box(0, 2, 1, 3), box(1.5, 2, 2, 3)])
TOWN = Locator([area("b-east", EAST), area("a-west", WEST), area("c-ring", RING), area("d-islands", ISLANDS)])

PLACES = [
    ((0.5, 0.5), "a-west", "inside one area"),
    ((1.5, 0.5), "b-east", "inside the other"),
    ((1.0, 0.5), "a-west", "on a shared border the lowest code has it"),
    ((1.0, 1.0), "a-west", "at a shared corner too"),
    ((2.0, 0.5), "b-east", "an outer border belongs to its area"),
    ((0.0, 0.0), "a-west", "so does the city's outermost corner"),
    ((6.0, 3.0), "c-ring", "and the opposite one"),
    ((2.5, 0.5), None, "between areas there is none"),
    ((-1.0, 0.5), None, "outside the city there is none"),
    ((181.0, 91.0), None, "nor off the earth"),
    ((float("nan"), 0.5), None, "nor at no number"),
    ((4.5, 1.5), None, "a hole is outside"),
    ((4.0, 1.5), "c-ring", "the border of a hole is not"),
    ((3.5, 1.5), "c-ring", "around the hole"),
    ((0.5, 2.5), "d-islands", "one part of an area"),
    ((1.75, 2.5), "d-islands", "its other part"),
    ((1.25, 2.5), None, "the water between them"),
]


@pytest.mark.parametrize(("place", "code", "because"), PLACES, ids=[row[2] for row in PLACES])
def test_a_place_lies_in_exactly_one_area_or_in_none(place, code, because):
    assert TOWN.find(*place) == code, because


def test_many_places_at_once_get_the_same_answers_as_one_by_one():
    lons, lats = zip(*[place for place, _, _ in PLACES], strict=True)
    found = TOWN.find_many(lons, lats)
    assert [TOWN.codes[i] if i != OUTSIDE else None for i in found] == [code for _, code, _ in PLACES]


def test_where_areas_overlap_the_lowest_code_has_the_place():
    locator = Locator([area("2", box(0, 0, 2, 2)), area("1", box(1, 1, 3, 3))])
    assert [locator.find(x, x) for x in (0.5, 1.5, 2.5)] == ["2", "1", "1"]


def test_a_city_without_areas_holds_no_place():
    locator = Locator([])
    assert locator.find(0.5, 0.5) is None
    assert locator.find_many([0.5], [0.5]).tolist() == [OUTSIDE]


def test_no_places_give_no_answers():
    assert TOWN.find_many([], []).tolist() == []


def shattered(seed: int, count: int) -> list[shapely.Geometry]:
    """A square of small and large cells around random points, half of them crowded in one corner."""
    random = np.random.default_rng(seed)
    points = np.concatenate([random.uniform(0, 1, (count // 2, 2)), random.uniform(0, 0.1, (count // 2, 2))])
    square = box(0, 0, 1, 1)
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=square)
    return [cell.intersection(square) for cell in cells.geoms]


def expected(shapes: list[shapely.Geometry], xy: np.ndarray) -> np.ndarray:
    """The first shape that covers each point, asked one shape after the other."""
    answers = np.full(len(xy), OUTSIDE)
    points = shapely.points(xy)
    for i in reversed(range(len(shapes))):
        answers[shapely.covers(shapes[i], points)] = i
    return answers


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.sampled_from([2, 8, 40, 120]))
def test_on_any_map_the_answer_is_the_first_area_that_covers_the_point(seed, count):
    shapes = shattered(seed, count)
    locator = Locator([area(f"{i:04}", shape) for i, shape in enumerate(shapes)])
    random = np.random.default_rng(seed + 1)
    vertices = shapely.get_coordinates(shapes)
    on_edges = np.array(
        [shape.exterior.interpolate(t, normalized=True).coords[0] for shape in shapes for t in (0.1, 0.6)]
    )
    xy = np.concatenate([random.uniform(-0.1, 1.1, (300, 2)), random.uniform(0, 0.1, (300, 2)), vertices, on_edges])
    answers = locator.find_many(xy[:, 0], xy[:, 1])
    assert answers.tolist() == expected(shapes, xy).tolist()
    one_by_one = [locator.find(x, y) for x, y in xy.tolist()]
    assert one_by_one == [locator.codes[i] if i != OUTSIDE else None for i in answers]


@pytest.mark.real_data
def test_random_places_in_beijing_lie_in_the_street_whose_polygon_covers_them(data_dir):
    text = (data_dir / "beijing_subdistricts" / "beijing_subdistricts.geojson").read_text(encoding="utf-8")
    features = json.loads(text)["features"]
    shapes = {str(f["properties"]["code"]): shapely.geometry.shape(f["geometry"]) for f in features}
    codes = sorted(shapes)
    locator = Locator([area(code, shapes[code]) for code in codes])
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    random = np.random.default_rng(2026)
    wide = np.column_stack([random.uniform(west, east, 4000), random.uniform(south, north, 4000)])
    core = np.column_stack([random.uniform(116.30, 116.48, 4000), random.uniform(39.85, 39.98, 4000)])
    xy = np.concatenate([wide, core])
    answers = locator.find_many(xy[:, 0], xy[:, 1])
    assert answers.tolist() == expected([shapes[code] for code in codes], xy).tolist()
    assert (answers[4000:] != OUTSIDE).mean() > 0.99
