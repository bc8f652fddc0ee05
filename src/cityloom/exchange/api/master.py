"""Master data: areas, units, classes, standards, paths, and what a problem's code means. Answered from memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import shapely
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from cityloom.base.reasons import Reason, known_codes, render
from cityloom.city.paths import Path
from cityloom.city.snapshot_values import City
from cityloom.city.values import Area, Name, Standard
from cityloom.exchange.api import schemas
from cityloom.exchange.api.calls import Call, call_of
from cityloom.exchange.api.errors import BadRequest, NoSuchThing
from cityloom.exchange.api.formats import (
    CSV,
    GEOJSON,
    JSON,
    chosen_fields,
    collection,
    csv_answer,
    feature,
    format_of,
    json_answer,
)
from cityloom.exchange.api.pages import DEFAULT_LIMIT, linked, slice_after

router = Router(tags=["master data"])
MOST = 1000
DIGITS = 6  # of a coordinate: a tenth of a metre
AREA_FIELDS = ("code", "parent", "level", "name", "population")
UNIT_FIELDS = ("code", "parent", "kind", "name", "serves", "from", "until", "successors")
CLASS_FIELDS = ("code", "scheme", "version", "parent", "kind", "nature", "name", "can_be_filed")
STANDARD_FIELDS = ("code", "class", "condition", "closing", "urgency", "limit", "unit", "default")


@router.get("/areas", response=schemas.AreaPage, operation_id="listAreas")
def areas(
    request: HttpRequest,
    level: str = Query("", description="areas of this level only"),
    parent: str = Query("", description="areas directly inside this one"),
    fields: str = Query("", description="only these fields, separated by commas"),
    limit: int = Query(DEFAULT_LIMIT, ge=1, le=MOST),
    after: str = Query("", description="the code that the page before ended with"),
) -> HttpResponse:
    """The city's areas; as GeoJSON with their outlines."""
    call = call_of(request)
    _known(level, call.city.levels, "level")
    _known(parent, call.city.areas, "parent")
    codes = [
        a.code for a in call.city.areas.values() if level in ("", a.level) and (not parent or a.parent == parent)
    ]
    kind = format_of(request, JSON, GEOJSON, CSV)
    page, mark = slice_after(codes, after, limit)
    shown = [_fielded(_area(call.city.areas[c]), fields, AREA_FIELDS) for c in page]
    if kind == GEOJSON:
        made = [feature(s, _outline(call.city, c)) for s, c in zip(shown, page, strict=True)]
        return linked(json_answer(collection(made), kind=GEOJSON), request, mark)
    return _list(request, kind, shown, chosen_fields(fields, AREA_FIELDS), mark, "areas")


@router.get("/areas/{code}", response=schemas.AreaOut, operation_id="getArea")
def area(request: HttpRequest, code: str) -> HttpResponse:
    """One area; as GeoJSON with its outline."""
    city = call_of(request).city
    kind = format_of(request, JSON, GEOJSON)
    shape = _area(_found(city.areas, code, "area"))
    return json_answer(feature(shape, _outline(city, code)), kind=GEOJSON) if kind == GEOJSON else json_answer(shape)


@router.get("/units", response=schemas.UnitPage, operation_id="listUnits")
def units(
    request: HttpRequest,
    kind: str = Query("", description="units of this kind only"),
    fields: str = Query("", description="only these fields, separated by commas"),
    limit: int = Query(DEFAULT_LIMIT, ge=1, le=MOST),
    after: str = Query("", description="the code that the page before ended with"),
) -> HttpResponse:
    """The city's units with their days, and who takes over from those that ended."""
    call = call_of(request)
    call.needs("master:read")
    found = {u.code: u for u in call.city.units.values() if kind in ("", u.kind)}
    return _coded(request, call, found, lambda c: _unit(call.city, c), fields, UNIT_FIELDS, (limit, after), "units")


@router.get("/units/{code}", response=schemas.UnitOut, operation_id="getUnit")
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """One unit."""
    call = call_of(request)
    call.needs("master:read")
    _found(call.city.units, code, "unit")
    return json_answer(_unit(call.city, code))


@router.get("/classes", response=schemas.ClassPage, operation_id="listClasses")
def classes(
    request: HttpRequest,
    parent: str = Query("", description="classes directly below this one"),
    fields: str = Query("", description="only these fields, separated by commas"),
    limit: int = Query(DEFAULT_LIMIT, ge=1, le=MOST),
    after: str = Query("", description="the code that the page before ended with"),
) -> HttpResponse:
    """The catalogue: every class with its parent; only those without classes below them can be filed."""
    call = call_of(request)
    _known(parent, call.city.classes, "parent")
    found = {c.code: c for c in call.city.classes.values() if not parent or c.parent == parent}
    leaves = frozenset(call.city.leaves)

    def shape(code: str) -> dict[str, Any]:
        return _class(call.city, code, leaves)

    return _coded(request, call, found, shape, fields, CLASS_FIELDS, (limit, after), "classes")


@router.get("/classes/{code}", response=schemas.ClassOut, operation_id="getClass")
def one_class(request: HttpRequest, code: str) -> HttpResponse:
    """One class of the catalogue."""
    city = call_of(request).city
    _found(city.classes, code, "class")
    return json_answer(_class(city, code, frozenset(city.leaves)))


@router.get("/standards", response=schemas.StandardPage, operation_id="listStandards")
def standards(
    request: HttpRequest,
    class_: str = Query("", alias="class", description="standards of this class only"),
    fields: str = Query("", description="only these fields, separated by commas"),
    limit: int = Query(DEFAULT_LIMIT, ge=1, le=MOST),
    after: str = Query("", description="the code that the page before ended with"),
) -> HttpResponse:
    """The standards that hold today: filing condition, limit, closing condition."""
    call = call_of(request)
    _known(class_, call.city.classes, "class")
    day = call.at.astimezone(call.city.calendar().tz).date()
    wanted = [class_] if class_ else list(call.city.standards)
    found = {f"{s.class_code} {s.code}": s for c in wanted for s in call.city.standards_on(c, day)}

    def shape(key: str) -> dict[str, Any]:
        return _standard(found[key])

    return _coded(request, call, found, shape, fields, STANDARD_FIELDS, (limit, after), "standards")


@router.get("/paths", response=schemas.PathPage, operation_id="listPaths")
def paths(request: HttpRequest) -> HttpResponse:
    """The status tables: which moves lead where, who may make them, what they need."""
    call = call_of(request)
    return json_answer({"items": [_path(p) for p in call.city.paths.paths.values()]})


@router.get("/paths/{name}", response=schemas.PathOut, operation_id="getPath")
def path(request: HttpRequest, name: str) -> HttpResponse:
    """One path."""
    return json_answer(_path(_found(call_of(request).city.paths.paths, name, "path")))


@router.get("/problems/{code}", response=schemas.ProblemType, operation_id="getProblemType")
def problem_type(request: HttpRequest, code: str) -> HttpResponse:
    """What the code of a problem or of a reason means, in both languages."""
    if code not in known_codes():
        raise NoSuchThing("api.no_such", what="code", code=code[:60])
    told = Reason(code)
    return json_answer({"code": code, "zh": render(told, "zh"), "en": render(told, "en")})


# --- shapes -----------------------------------------------------------------------------------------------------


def _name(name: Name) -> dict[str, str]:
    return {"zh": name.zh, "en": name.en}


def _area(it: Area) -> dict[str, Any]:
    return {
        "code": it.code, "parent": it.parent, "level": it.level, "name": _name(it.name), "population": it.population
    }  # fmt: skip


def _unit(city: City, code: str) -> dict[str, Any]:
    it = city.units[code]
    return {
        "code": it.code, "parent": it.parent, "kind": it.kind, "name": _name(it.name), "serves": list(it.serves),
        "from": it.valid.start.isoformat() if it.valid.start else None,
        "until": it.valid.end.isoformat() if it.valid.end else None, "successors": list(it.successors),
    }  # fmt: skip


def _class(city: City, code: str, leaves: frozenset[str]) -> dict[str, Any]:
    it = city.classes[code]
    return {
        "code": it.code, "scheme": it.scheme, "version": it.version, "parent": it.parent, "kind": it.kind,
        "nature": it.nature.value, "name": _name(it.name), "can_be_filed": code in leaves,
    }  # fmt: skip


def _standard(it: Standard) -> dict[str, Any]:
    return {
        "code": it.code, "class": it.class_code, "condition": _name(it.condition), "closing": _name(it.closing),
        "urgency": it.urgency.value, "limit": it.limit, "unit": it.unit, "default": it.default,
    }  # fmt: skip


def _path(it: Path) -> dict[str, Any]:
    steps = [
        {
            "move": s.move, "from_states": sorted(s.came_from), "to": s.to, "by": sorted(r.value for r in s.by),
            "when": list(s.when), "needs": list(s.needs), "approved_by": sorted(r.value for r in s.approved_by),
        }
        for s in it.steps
    ]  # fmt: skip
    return {"name": it.name, "title": _name(it.title), "start": it.start, "states": list(it.states()), "steps": steps}


@lru_cache(maxsize=4096)
def _outline(city: City, code: str) -> Any:
    wkb = city.areas[code].geometry
    if not wkb:
        return None
    shape = shapely.set_precision(shapely.from_wkb(wkb), 10**-DIGITS)
    return json.loads(shapely.to_geojson(shape))


# --- lists ------------------------------------------------------------------------------------------------------


def _coded(
    request: HttpRequest,
    call: Call,
    found: Mapping[str, Any],
    shape: Callable[[str], dict[str, Any]],
    fields: str,
    known: Sequence[str],
    page: tuple[int, str],
    name: str,
) -> HttpResponse:
    """A page of what has codes, as JSON or CSV."""
    limit, after = page
    codes, mark = slice_after(list(found), after, limit)
    kind = format_of(request, JSON, CSV)
    shown = [_fielded(shape(code), fields, known) for code in codes]
    return _list(request, kind, shown, chosen_fields(fields, known), mark, name)


def _list(
    request: HttpRequest, kind: str, shown: list[dict[str, Any]], fields: Sequence[str], mark: str, name: str
) -> HttpResponse:
    if kind == CSV:
        flat = [{k: v["zh"] if isinstance(v, dict) else v for k, v in row.items()} for row in shown]
        return linked(csv_answer(flat, fields, name), request, mark)
    return linked(json_answer({"items": shown, "next": mark or None}), request, mark)


def _fielded(row: dict[str, Any], fields: str, known: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in chosen_fields(fields, known)}


def _known(value: str, known: Iterable[str], name: str) -> None:
    if value and value not in known:
        raise BadRequest("api.unknown_word", name=name, value=value[:40])


def _found(mapping: Mapping[str, Any], code: str, what: str) -> Any:
    if code not in mapping:
        raise NoSuchThing("api.no_such", what=what, code=code[:60])
    return mapping[code]
