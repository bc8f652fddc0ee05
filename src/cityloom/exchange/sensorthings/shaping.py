"""Rows as the standard tells them: JSON with control information, data arrays, GeoJSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from cityloom.exchange.sensorthings.asking import Asking, loads
from cityloom.exchange.sensorthings.expanding import EXPANDED
from cityloom.exchange.sensorthings.options import Options
from cityloom.exchange.sensorthings.reading import EPOCH, ONE_MS, Page, Row, properties_of
from cityloom.exchange.sensorthings.schema import KINDS, EntityKind
from cityloom.exchange.sensorthings.terms import Kind
from cityloom.sensing.values import reading_id

_ALWAYS = (("Observation", "resultTime"), ("Observation", "result"))  # told even where there is nothing to tell
_EXACT = 2**53


# --- values ---------------------------------------------------------------------------------------------------------


def moment_text(at: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds where there are some: 2026-06-01T00:00:00.250Z."""
    plain = at.astimezone(UTC)
    return f"{plain:%Y-%m-%dT%H:%M:%S}.{plain.microsecond // 1000:03d}Z" if plain.microsecond else (
        f"{plain:%Y-%m-%dT%H:%M:%SZ}")  # fmt: skip


def number_told(value: float | None) -> Any:
    """A kept value as JSON: nothing for NaN, the words of OData for what is infinite, 27 for 27.0."""
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def number_of(row: Mapping[str, Any]) -> int:
    """The number of an observation."""
    return reading_id(row["stream"], (row["at"] - EPOCH) // ONE_MS)


def value_of(kind: EntityKind, row: Row, name: str) -> Any:
    """A property as JSON tells it."""
    known = kind.properties[name].kind
    if known is Kind.READING:
        return number_of(row)
    value = row[name]
    if known is Kind.RESULT:
        told = row[f"{name}.end"]
        return loads(told) if told is not None else number_told(value)
    if known is Kind.SPAN:
        end = row[f"{name}.end"]
        if value is None or end is None:
            return moment_text(value) if value is not None else None
        same = kind.name == "Observation" and name == "phenomenonTime" and value == end
        return moment_text(value) if same else f"{moment_text(value)}/{moment_text(end)}"
    if value is None:
        return None
    if known is Kind.MOMENT:
        return moment_text(value)
    return loads(value) if known in (Kind.JSON, Kind.GEOMETRY) else value


def id_of(kind: EntityKind, row: Row) -> int:
    """The number that names an entity."""
    return number_of(row) if kind.name == "Observation" else int(row["id"])


# --- entities -------------------------------------------------------------------------------------------------------


def tell(asking: Asking, kind: EntityKind, row: Row, options: Options) -> dict[str, Any]:
    """An entity with its control information, and within it what was expanded."""
    number = id_of(kind, row)
    address = f"{asking.base}/{kind.plural}({number})"
    chosen = options.select
    told: dict[str, Any] = {}
    if not chosen or "id" in chosen:
        told["@iot.id"] = number
        told["@iot.selfLink"] = address
    for name in properties_of(kind, options):
        if name == "id":
            continue
        value = value_of(kind, row, name)
        if value is not None or chosen or (kind.name, name) in _ALWAYS:
            told[name] = value
    within = row.get(EXPANDED, {})
    for name in kind.links:
        if name in within:
            _tell_within(asking, kind, told, name, within[name], options, address)
        elif not chosen or name in chosen:
            told[f"{name}@iot.navigationLink"] = f"{address}/{name}"
    return told


def _tell_within(
    asking: Asking, kind: EntityKind, told: dict[str, Any], name: str, found: Any, options: Options, address: str
) -> None:
    target = KINDS[kind.links[name].target]
    inner = next(e.options for e in options.expands if e.link == name)
    if not isinstance(found, Page):
        told[name] = tell(asking, target, found, inner) if found is not None else None
        return
    if found.count is not None:
        told[f"{name}@iot.count"] = found.count
    told[name] = [tell(asking, target, row, inner) for row in found.rows]
    if found.token:
        told[f"{name}@iot.nextLink"] = next_link(f"{address}/{name}", inner, found.token)


def next_link(address: str, options: Options, token: str) -> str:
    """The address of the next page: the same options, and the mark in the place of what was skipped."""
    kept = {name: text for name, text in options.written.items() if name not in ("$skip", "$skiptoken")}
    return f"{address}?{urlencode(kept | {'$skiptoken': token}, quote_via=quote, safe='$,()/;:')}"


def tell_page(asking: Asking, kind: EntityKind, page: Page, options: Options, address: str) -> dict[str, Any]:
    """A collection in the form that was asked for."""
    if options.result_format == "dataArray" and kind.name == "Observation":
        value: Any = data_arrays(asking, page.rows, options)
    elif options.result_format == "GeoJSON":
        return {**geo_json(asking, kind, page, options), **_marks(page, options, address)}
    else:
        value = [tell(asking, kind, row, options) for row in page.rows]
    return {**_marks(page, options, address), "value": value}


def _marks(page: Page, options: Options, address: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if page.count is not None:
        told["@iot.count"] = page.count
    if page.token:
        told["@iot.nextLink"] = next_link(address.rstrip("/"), options, page.token)
    return told


# --- data arrays ----------------------------------------------------------------------------------------------------

COMPONENTS = ("id", "phenomenonTime", "result", "resultTime")


def data_arrays(asking: Asking, rows: Sequence[Row], options: Options) -> list[dict[str, Any]]:
    """Observations as arrays, one for each Datastream in the order in which they come first."""
    kind = KINDS["Observation"]
    names = [n for n in options.select if n in kind.properties] or list(COMPONENTS)
    makers: list[Callable[[Row], Any]] = [_maker(kind, name) for name in names]
    by_stream: dict[int, list[list[Any]]] = {}
    for row in rows:
        by_stream.setdefault(row["stream"], []).append([make(row) for make in makers])
    return [
        {
            "Datastream@iot.navigationLink": f"{asking.base}/Datastreams({stream})",
            "components": names,
            "dataArray@iot.count": len(found),
            "dataArray": found,
        }
        for stream, found in by_stream.items()
    ]


def _maker(kind: EntityKind, name: str) -> Callable[[Row], Any]:
    return lambda row: value_of(kind, row, name)


# --- GeoJSON --------------------------------------------------------------------------------------------------------

GEOMETRIES = {"Location": "location", "FeatureOfInterest": "feature", "Datastream": "observedArea"}


def geo_json(asking: Asking, kind: EntityKind, page: Page, options: Options) -> dict[str, Any]:
    """The entities as a FeatureCollection; properties and what was expanded flat, `Datastreams/0/name`.

    The geometry is the entity's own, else the first one among what was expanded; null where there is none.
    """
    features = []
    for row in page.rows:
        told = tell(asking, kind, row, options)
        geometry = _geometry(told, kind, options)
        features.append(
            {
                "type": "Feature",
                "id": id_of(kind, row),
                "geometry": geometry,
                "properties": flat({k: v for k, v in told.items() if k != GEOMETRIES.get(kind.name)}),
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _geometry(told: Mapping[str, Any], kind: EntityKind, options: Options) -> Any:
    own = told.get(GEOMETRIES.get(kind.name, ""))
    if isinstance(own, dict):
        return own.get("geometry") if own.get("type") == "Feature" else own
    for each in options.expands:
        within = told.get(each.link)
        target = KINDS[kind.links[each.link].target]
        for entity in within if isinstance(within, list) else [within]:
            found = _geometry(entity, target, each.options) if isinstance(entity, dict) else None
            if found is not None:
                return found
    return None


def flat(told: Any, before: str = "") -> dict[str, Any]:
    """Values within values as one level, their names joined by a slash."""
    found: dict[str, Any] = {}
    items = told.items() if isinstance(told, dict) else enumerate(told)
    for name, value in items:
        path = f"{before}{name}"
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict) for v in value)):
            found |= flat(value, f"{path}/")
        elif not path.endswith(("@iot.navigationLink", "@iot.nextLink")):
            found[path] = value
    return found
