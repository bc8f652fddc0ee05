"""The data of the map islands as GeoJSON: areas and ground of a city version, cached; open cases, never cached."""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import lru_cache
from math import log1p
from typing import Any, NamedTuple

import h3
import shapely
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.cells import Cell, areas_within, list_cells
from cityloom.cases.queries import Box, Dot, list_dots
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.city_tiles import MAX_ZOOM, tile_of
from cityloom.web.doors import for_everybody
from cityloom.web.moments import band_of
from cityloom.web.naming import names

DIGITS = 5  # about a metre
SHARED_S = 3600
RESOLUTIONS = ("6", "7", "8", "9", "10")  # of hexagons
# The kinds of case whose places anybody may see: what stands in the street, never what a home called about.
IN_THE_STREET = ("street", "street_public")

register(
    {
        "map.no_layer": ("本市没有图层{layer}", "the city has no layer {layer}"),
        "map.no_tile": (
            "没有瓦片 {z}/{x}/{y}：级别最大为{most}，列和行小于2的级别次方",
            "there is no tile {z}/{x}/{y}: the zoom is at most {most}, column and row are below 2 to the zoom",
        ),
        "map.bad_box": (
            "bbox 应为 西,南,东,北 四个经纬度，例如 118.0,29.2,118.2,29.4",
            "bbox must be west,south,east,north in degrees, for example 118.0,29.2,118.2,29.4",
        ),
    }
)


class NoSuchLayer(CityloomError):
    """The city's folder has no such layer or level."""

    status = 404


class NoSuchTile(CityloomError):
    """An address outside the pyramid of tiles."""

    status = 404


class BadBox(CityloomError):
    """A bounding box that is none."""


@require_safe
@for_everybody
def areas(request: HttpRequest, city: City) -> HttpResponse:
    """The outlines of one level of areas, simplified."""
    level = request.GET.get("level", city.levels[1] if len(city.levels) > 1 else city.levels[0])
    if level not in city.levels:
        raise NoSuchLayer("map.no_layer", layer=level[:40])
    return _cached(request, _areas_body(city, level, context.language()))


@require_safe
@for_everybody
def layer(request: HttpRequest, city: City, layer: str) -> HttpResponse:
    """A layer of the city's ground: roads, water, parks."""
    if layer not in city.features:
        raise NoSuchLayer("map.no_layer", layer=layer[:40])
    return _cached(request, _layer_body(city, layer, context.language()))


@require_safe
@for_everybody
def tile(request: HttpRequest, city: City, z: int, x: int, y: int) -> HttpResponse:
    """A vector tile of the city's ground: water, parks, roads, areas and their names."""
    if z > MAX_ZOOM or x >= 2**z or y >= 2**z:
        raise NoSuchTile("map.no_tile", z=z, x=x, y=y, most=MAX_ZOOM)
    return _cached(request, _tile_body(city, z, x, y), "application/vnd.mapbox-vector-tile")


@require_safe
@for_everybody
def cases(request: HttpRequest, city: City) -> HttpResponse:
    """Open cases as points without anything personal; without a post only what stands in the street."""
    post = context.post_of(request, city)
    with connection.cursor() as cursor:
        dots = list_dots(cursor, city, post, IN_THE_STREET, box_of(request.GET.get("bbox", ""), city))
    text = json.dumps(collection([_dot_feature(city, dot, post) for dot in dots]), ensure_ascii=False)
    answer = HttpResponse(text, content_type="application/geo+json")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@require_safe
@for_everybody
def cells(request: HttpRequest, city: City) -> HttpResponse:
    """Open cases counted by hexagon: all that the post may see; without a post what stands in the street."""
    res = request.GET.get("res", "8")
    if res not in RESOLUTIONS:
        raise NoSuchLayer("map.no_layer", layer=res[:40])
    area = request.GET.get("area", "")
    if area and area not in city.areas:
        raise NoSuchLayer("map.no_layer", layer=area[:40])
    post = context.post_of(request, city)
    with connection.cursor() as cursor:
        found = list_cells(cursor, city, post, int(res), areas_within(city, area) if area else None)
    text = json.dumps(collection(_cell_features(found, request.GET.get("as") == "points")), separators=(",", ":"))
    answer = HttpResponse(text, content_type="application/geo+json")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _cell_features(found: list[Cell], as_points: bool) -> list[dict[str, Any]]:
    """`heat` is how much a cell stands out, from 0 to 1, by the logarithm of its count."""
    most = max((cell.open for cell in found), default=1)
    features = []
    for cell in found:
        name = h3.int_to_str(cell.cell)
        heat = round(log1p(cell.open) / log1p(most), 3)
        told = {"n": cell.open, "late": cell.overdue, "urgent": cell.urgent, "heat": heat}
        geometry: dict[str, Any]
        if as_points:
            lat, lon = h3.cell_to_latlng(name)
            geometry = {"type": "Point", "coordinates": [round(lon, DIGITS), round(lat, DIGITS)]}
        else:
            ring = [[round(lon, DIGITS), round(lat, DIGITS)] for lat, lon in h3.cell_to_boundary(name)]
            geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        features.append({"type": "Feature", "properties": told, "geometry": geometry})
    return features


def box_of(text: str, city: City, widest: float = 180.0) -> Box:
    """The corner degrees that a `bbox` names, the city's own for an empty one; raises BadBox.

    `widest`: how far east or west a corner may lie; a map that was turned past the edge of the world names more.
    """
    if not text:
        return city.config.bounds
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as wrong:
        raise BadBox("map.bad_box") from wrong
    if not (-widest <= west <= east <= widest and -90 <= south <= north <= 90):
        raise BadBox("map.bad_box")
    return west, south, east, north


def _dot_feature(city: City, dot: Dot, post: Post | None) -> dict[str, Any]:
    named = names(city)
    band = band_of(None, dot.next_due_at, context.clock().now())
    properties = {"matter": named.matter(dot.class_code), "state": named.state(dot.state)}
    if post is not None:
        clock = {"overdue": "overdue", "due-soon": "due_soon", "on-time": "on_time"}.get(band, "")
        properties |= {"number": dot.number, "clock": clock, "href": reverse("case", args=[dot.number])}
    point = {"type": "Point", "coordinates": [round(dot.lon, DIGITS), round(dot.lat, DIGITS)]}
    return {"type": "Feature", "properties": properties, "geometry": point}


class Body(NamedTuple):
    """A layer ready to be sent: as it is, packed, and its tag."""

    plain: bytes
    packed: bytes
    tag: str


def _body(features: list[dict[str, Any]]) -> Body:
    return _packed(json.dumps(collection(features), ensure_ascii=False, separators=(",", ":")).encode())


def _packed(plain: bytes) -> Body:
    return Body(plain, gzip.compress(plain, 6, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"')


def _cached(request: HttpRequest, body: Body, kind: str = "application/geo+json") -> HttpResponse:
    """The layer with its tag, packed where the browser takes it; nothing is sent again to who has it."""
    if request.headers.get("If-None-Match") == body.tag:
        answer: HttpResponse = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = HttpResponse(body.packed, content_type=kind)
        answer.headers["Content-Encoding"] = "gzip"
    else:
        answer = HttpResponse(body.plain, content_type=kind)
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["ETag"] = body.tag
    answer.headers["Cache-Control"] = f"public, max-age={SHARED_S}"
    return answer


@lru_cache(maxsize=1024)
def _tile_body(city: City, z: int, x: int, y: int) -> Body:
    return _packed(tile_of(city, z, x, y))


@lru_cache(maxsize=32)
def _areas_body(city: City, level: str, lang: str) -> Body:
    chosen = [a for a in city.areas.values() if a.level == level and a.geometry]
    features = [_feature({"code": a.code, "name": a.name.in_language(lang)}, a.geometry, 0.00005) for a in chosen]
    return _body(features)


@lru_cache(maxsize=32)
def _layer_body(city: City, layer: str, lang: str) -> Body:
    features = [
        _feature({"code": f.code, "name": f.name.in_language(lang), "kind": f.kind}, f.geometry, 0.00002)
        for f in city.features[layer]
        if f.geometry
    ]
    return _body(features)


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    """A GeoJSON feature collection."""
    return {"type": "FeatureCollection", "features": features}


def _feature(properties: dict[str, Any], wkb: bytes, tolerance_deg: float) -> dict[str, Any]:
    shape = shapely.simplify(shapely.from_wkb(wkb), tolerance_deg)
    geometry = json.loads(shapely.to_geojson(shape), parse_float=lambda text: round(float(text), DIGITS))
    return {"type": "Feature", "properties": properties, "geometry": geometry}
