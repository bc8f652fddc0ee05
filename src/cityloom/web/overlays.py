"""Departments' grids over the one base grid: what each leaves out or covers twice, on a map and in a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import shapely
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from cityloom.city.overlays import MICRO_GRIDS, OVERLAYS, Fault, LayerReport, cells_of, examine_overlays
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.map_data import NoSuchLayer, collection
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

MOST_SHOWN = 50
DIGITS = 6


@dataclass(frozen=True)
class LayerLine:
    """One layer in the table; shares in percent."""

    code: str
    name: str
    cells: int
    covered: str
    gaps: int
    overlaps: int
    divided: int
    unresolved: int
    is_shown: bool


@dataclass(frozen=True)
class FaultLine:
    """One fault: what it is, whose, how large, and where on the map."""

    kind: str
    cells: str
    size_m2: float
    place: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Resolved:
    """What one unit grid resolves to in the layer shown: the cells, the largest share first, in percent."""

    grid: str
    cells: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class OverlaysPage:
    """The layers over the base grid, one of them on the map."""

    template: ClassVar[str] = "cityloom/overlays.html"
    layers: Annotated[Sequence[LayerLine], "every layer with its figures"]
    shown: Annotated[str, "the name of the layer on the map"]
    code: Annotated[str, "its code"]
    faults: Annotated[Sequence[FaultLine], "its faults, the largest of each kind first"]
    more: Annotated[int, "faults beyond those listed"]
    asked: Annotated[str, "the unit grid that was looked up"]
    resolved: Annotated[Resolved | None, "what it resolves to"]
    map: Annotated[MapFrame, "the layer and its faults"]


@require_safe
@for_staff
def overlays(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Each departmental grid over the unit grids: coverage, gaps, overlaps, and the cell of any unit grid."""
    reports, named = reports_of(city), names(city)
    chosen = next((r for r in reports if r.layer == request.GET.get("layer")), reports[0] if reports else None)
    asked = context.typed_of(request.GET, "grid")["grid"].strip()[:100]
    faults = [] if chosen is None else list(_faults(chosen, named))
    page = OverlaysPage(
        layers=[_line(r, named, chosen is r) for r in reports],
        shown=_layer_name(city, chosen.layer, named) if chosen else "",
        code=chosen.layer if chosen else "",
        faults=faults[:MOST_SHOWN],
        more=max(0, len(faults) - MOST_SHOWN),
        asked=asked,
        resolved=_resolve(chosen, asked, city) if chosen and asked else None,
        map=_map(city, chosen, request.GET.get("at", "")),
    )
    return show(request, page)


@require_safe
@for_staff
def overlay_layer(request: HttpRequest, city: City, post: Post, layer: str) -> HttpResponse:
    """The cells of one layer as GeoJSON."""
    return _geojson(_cells(city, layer, context.language()))


@require_safe
@for_staff
def overlay_faults(request: HttpRequest, city: City, post: Post, layer: str) -> HttpResponse:
    """The faults of one layer as points that lead to themselves on the page."""
    report = next((r for r in reports_of(city) if r.layer == layer), None)
    if report is None:
        raise NoSuchLayer("map.no_layer", layer=layer[:40])
    features = [
        {
            "type": "Feature",
            "properties": {"clock": "overdue", "href": f"{reverse('overlays')}?layer={layer}&at={f.lon},{f.lat}"},
            "geometry": {"type": "Point", "coordinates": [f.lon, f.lat]},
        }
        for f in (*report.gaps, *report.overlaps, *report.beyond)
    ]
    return _geojson(json.dumps(collection(features), ensure_ascii=False))


@lru_cache(maxsize=2)
def reports_of(city: City) -> tuple[LayerReport, ...]:
    """The reports of a city's version, reckoned once."""
    features = [each for name in (OVERLAYS, MICRO_GRIDS) for each in city.features.get(name, ())]
    return tuple(examine_overlays(city.areas.values(), features, city.config))


def _geojson(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="application/geo+json")


@lru_cache(maxsize=16)
def _cells(city: City, layer: str, lang: str) -> str:
    if layer == MICRO_GRIDS:
        drawn = [(f.code, f.name, f.geometry) for f in city.features.get(MICRO_GRIDS, ())]
    else:
        cells = cells_of(city.features.get(OVERLAYS, ())).get(layer)
        if cells is None:
            raise NoSuchLayer("map.no_layer", layer=layer[:40])
        drawn = [(cell.code, cell.name, cell.geometry) for cell in cells]
    features = [_feature(code, name.in_language(lang), geometry) for code, name, geometry in drawn]
    return json.dumps(collection(features), ensure_ascii=False)


def _feature(code: str, name: str, wkb: bytes) -> dict[str, Any]:
    text = shapely.to_geojson(shapely.from_wkb(wkb))
    geometry = json.loads(text, parse_float=lambda number: round(float(number), DIGITS))
    return {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": geometry}


def _map(city: City, chosen: LayerReport | None, at: str) -> MapFrame:
    lon, lat = _point(at)
    frame = frame_of(city, lon=lon, lat=lat)
    if chosen is None:
        return frame
    version = f"v={city.digest[:12]}"
    layers = json.loads(frame.layers)
    cells = f"{reverse('overlay_layer', args=[chosen.layer])}?{version}"
    faults = f"{reverse('overlay_faults', args=[chosen.layer])}?{version}"
    layers += [{"id": "cells", "url": cells, "kind": "focus"}, {"id": "faults", "url": faults, "kind": "point"}]
    return replace(frame, layers=json.dumps(layers))


def _point(at: str) -> tuple[float | None, float | None]:
    lon, _, lat = at.partition(",")
    try:
        x, y = float(lon), float(lat)
    except ValueError:  # an address somebody typed shows the whole city
        return None, None
    return (x, y) if -180 <= x <= 180 and -90 <= y <= 90 else (None, None)


def _layer_name(city: City, layer: str, named: Names) -> str:
    if layer == MICRO_GRIDS:
        return say("overlay.micro_grids")
    known = city.config.overlays.get(layer)
    return known.name.in_language(named.lang) if known else layer


def _line(report: LayerReport, named: Names, is_shown: bool) -> LayerLine:
    assert named.city is not None
    return LayerLine(
        code=report.layer,
        name=_layer_name(named.city, report.layer, named),
        cells=report.cells,
        covered=f"{100 * report.covered:.2f}",
        gaps=len(report.gaps),
        overlaps=len(report.overlaps),
        divided=report.divided,
        unresolved=report.unresolved,
        is_shown=is_shown,
    )


def _faults(report: LayerReport, named: Names) -> Sequence[FaultLine]:
    kinds = (("gap", report.gaps), ("overlap", report.overlaps), ("beyond", report.beyond))
    return [_fault(say(f"overlay.{kind}"), each, named) for kind, found in kinds for each in found]


def _fault(kind: str, fault: Fault, named: Names) -> FaultLine:
    cells = say("list.comma").join(fault.codes)
    return FaultLine(kind, cells, fault.size_m2, named.near_place(fault.grid), fault.lon, fault.lat)


def _resolve(report: LayerReport, asked: str, city: City) -> Resolved | None:
    """The cells of a unit grid, or of the unit grid at `lon,lat`; None for neither."""
    grid = asked
    if grid not in report.crosswalk:
        lon, lat = _point(asked)
        grid = (city.find_area(lon, lat) or "") if lon is not None and lat is not None else ""
    if grid not in report.crosswalk:
        return None
    return Resolved(grid, [(share.code, round(100 * share.share)) for share in report.crosswalk[grid]])
