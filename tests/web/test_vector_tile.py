"""Vector tiles are read back by a small reader of the specification's own words: layers, tags, steps of geometry."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from cityloom.web.vector_tile import EXTENT, Shapes, encode_tile, tile_box


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data: bytes) -> list[tuple[int, object]]:
    found: list[tuple[int, object]] = []
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 2:
            size, at = varint(data, at)
            found.append((key >> 3, data[at : at + size]))
            at += size
        else:
            value, at = varint(data, at)
            found.append((key >> 3, value))
    return found


def numbers(data: bytes) -> list[int]:
    found, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        found.append(value)
    return found


def read_tile(data: bytes) -> dict[str, list[dict]]:
    """Each layer's features: kind, what is told, and the paths in tile units."""
    layers = {}
    for _, body in fields(data):
        parts = fields(body)
        name = next(v.decode() for f, v in parts if f == 1)
        keys = [v.decode() for f, v in parts if f == 3]
        values = [fields(v)[0] for f, v in parts if f == 4]
        plain = [v.decode() if f == 1 else (v >> 1) ^ -(v & 1) for f, v in values]
        features = [dict(fields(v)) for f, v in parts if f == 2]
        layers[name] = [
            {
                "kind": f[3],
                "told": {keys[k]: plain[v] for k, v in zip(*[iter(numbers(f.get(2, b"")))] * 2, strict=True)},
                "paths": paths(numbers(f[4])),
            }
            for f in features
        ]
    return layers


def paths(commands: list[int]) -> list[list[tuple[int, int]]]:
    found: list[list[tuple[int, int]]] = []
    x = y = at = 0
    while at < len(commands):
        what, count = commands[at] & 7, commands[at] >> 3
        at += 1
        if what == 7:
            continue
        for _ in range(count):
            dx, dy = ((n >> 1) ^ -(n & 1) for n in commands[at : at + 2])
            x, y, at = x + dx, y + dy, at + 2
            if what == 1:
                found.append([])
            found[-1].append((x, y))
    return found


def shapes(*each: tuple[shapely.Geometry, dict]) -> Shapes:
    return Shapes(np.array([g for g, _ in each], dtype=object), [told for _, told in each])


def area(ring: list[tuple[int, int]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2


def test_the_whole_world_is_one_tile():
    assert tile_box(0, 0, 0) == pytest.approx((-180, -85.0511, 180, 85.0511), abs=1e-4)
    assert tile_box(1, 1, 0) == pytest.approx((0, 0, 180, 85.0511), abs=1e-4)


def test_a_square_with_a_hole_is_read_back_clockwise_and_its_hole_the_other_way():
    hole = [(-20, -20), (-20, 20), (20, 20), (20, -20)]
    square = shapely.Polygon([(-90, -60), (90, -60), (90, 60), (-90, 60)], [hole])
    (feature,) = read_tile(encode_tile({"land": shapes((square, {"code": "A", "n": -7}))}, 0, 0, 0))["land"]
    outer, inner = feature["paths"]
    assert feature["kind"] == 3
    assert feature["told"] == {"code": "A", "n": -7}
    assert area(outer) > 0 > area(inner), "outer rings run clockwise on the screen, whose y points down"
    assert {x for x, _ in outer} == {EXTENT // 4, EXTENT * 3 // 4}


def test_a_line_is_cut_at_the_edge_and_may_come_back_as_two():
    zigzag = shapely.LineString([(-170, 0), (-10, 10), (400, 20), (400, 30), (10, 40)])
    (feature,) = read_tile(encode_tile({"road": shapes((zigzag, {}))}, 0, 0, 0))["road"]
    assert feature["kind"] == 2
    assert len(feature["paths"]) == 2
    assert all(-200 < x < EXTENT + 200 for path in feature["paths"] for x, _ in path)


def test_a_point_lies_where_it_lies_and_words_are_kept_once():
    points = shapes((shapely.Point(0, 0), {"zh": "锦川"}), (shapely.Point(90, 0), {"zh": "锦川"}))
    data = encode_tile({"label": points}, 0, 0, 0)
    assert [f["paths"] for f in read_tile(data)["label"]] == [[[(2048, 2048)]], [[(3072, 2048)]]]
    assert data.count("锦川".encode()) == 1


@pytest.mark.parametrize(
    ("shape", "because"),
    [
        (shapely.Point(0, 89), "it lies beyond the tile"),
        (shapely.box(0, 0, 0.001, 0.001), "it is smaller than a unit"),
        (shapely.LineString([(0, 0), (0.001, 0)]), "a line without length cannot be drawn"),
    ],
)
def test_what_cannot_be_seen_is_left_out(shape: shapely.Geometry, because: str):
    assert encode_tile({"none": shapes((shape, {"a": "b"}))}, 0, 0, 0) == b"", because


def test_a_layer_of_nothing_is_no_layer():
    assert encode_tile({"none": Shapes(np.empty(0, dtype=object), [])}, 3, 1, 2) == b""
