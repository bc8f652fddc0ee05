"""What a client says of an entity, checked against a table: which properties, of which form, into which column."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cityloom.exchange.sensorthings.errors import BadEntity
from cityloom.exchange.sensorthings.geometry import GEO_JSON, from_geojson
from cityloom.exchange.sensorthings.schema import KINDS, EntityKind

LONGEST_NAME, LONGEST_TEXT = 300, 20_000
LONGEST_INTERVAL_S = 366 * 86_400
CONTROL = ("@iot.", "@odata.")
_DERIVED = {"Datastream": ("phenomenonTime", "resultTime")}  # told by the server, never taken
_NAN = {"NaN": math.nan, "INF": math.inf, "-INF": -math.inf}
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


class Form(NamedTuple):
    """The form of a value in words, and the check that gives what is kept or raises ValueError."""

    words: str
    check: Callable[[Any], Any]


@dataclass(frozen=True)
class Said:
    """What was said: columns with their values, and links as they were said."""

    columns: dict[str, Any]
    links: dict[str, Any]


def _text(longest: int) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise ValueError
        return value

    return check


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError
    return value


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError
    return to_ms(datetime.fromisoformat(value))


def to_ms(at: datetime) -> datetime:
    """A moment in UTC, kept to the millisecond; without a zone it is UTC."""
    plain = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    return plain.replace(microsecond=plain.microsecond // 1000 * 1000)


def span_of(value: Any) -> tuple[datetime, datetime]:
    """`FROM/TO`, or a moment as both ends; raises ValueError."""
    if not isinstance(value, str):
        raise ValueError
    start, _, end = value.partition("/")
    first = _moment(start)
    last = _moment(end) if end else first
    if last < first:
        raise ValueError
    return first, last


def _geometry(value: Any) -> Any:
    if from_geojson(value) is None:
        raise ValueError
    return value


def _not_empty(value: Any) -> Any:
    if value is None:
        raise ValueError
    return value


_NAME = Form("1–300 signs", _text(LONGEST_NAME))
_TEXT = Form("text", _text(LONGEST_TEXT))
_OBJECT = Form("JSON object", _object)
_ANY = Form("JSON", _not_empty)
_MOMENT = Form("ISO 8601", _moment)
_GEOMETRY = Form("GeoJSON", _geometry)

COLUMNS: dict[str, dict[str, tuple[str, Form]]] = {
    "Thing": {
        "name": ("name_zh", _NAME),
        "description": ("description", _TEXT),
        "properties": ("properties", _OBJECT),
    },
    "Location": {
        "name": ("name", _NAME),
        "description": ("description", _TEXT),
        "encodingType": ("encoding", _NAME),
        "location": ("location", _ANY),
        "properties": ("properties", _OBJECT),
    },
    "HistoricalLocation": {"time": ("at", _MOMENT)},
    "Datastream": {
        "name": ("name", _NAME),
        "description": ("description", _TEXT),
        "observationType": ("observation_type", _NAME),
        "unitOfMeasurement": ("unit", _OBJECT),
        "observedArea": ("observed_area", _GEOMETRY),
        "properties": ("properties", _OBJECT),
    },
    "Sensor": {
        "name": ("name", _NAME),
        "description": ("description", _TEXT),
        "encodingType": ("encoding", _NAME),
        "metadata": ("metadata", _ANY),
        "properties": ("properties", _OBJECT),
    },
    "ObservedProperty": {
        "name": ("name", _NAME),
        "definition": ("definition", _TEXT),
        "description": ("description", _TEXT),
        "properties": ("properties", _OBJECT),
    },
    "FeatureOfInterest": {
        "name": ("name", _NAME),
        "description": ("description", _TEXT),
        "encodingType": ("encoding", _NAME),
        "feature": ("feature", _ANY),
        "properties": ("properties", _OBJECT),
    },
}
REQUIRED_LINKS = {
    "Datastream": ("Thing", "Sensor", "ObservedProperty"),
    "HistoricalLocation": ("Thing", "Locations"),
    "Observation": ("Datastream",),
}
_UNIT = {"name": "unit_name", "symbol": "unit_symbol", "definition": "unit_definition"}
JSON_COLUMNS = frozenset({"properties", "location", "metadata", "feature", "observed_area", "locations"})


def said_of(kind: EntityKind, body: Any, *, partly: bool = False) -> Said:
    """The columns and links of a body; raises BadEntity naming what is missing, unknown or of the wrong form.

    `partly`: what is missing stays as it is, as a PATCH has it.
    """
    if not isinstance(body, dict):
        raise BadEntity("sta.bad_json")
    if not is_kept_well(body):
        raise BadEntity("sta.bad_json")
    known = COLUMNS[kind.name]
    columns: dict[str, Any] = {}
    links: dict[str, Any] = {}
    for name, value in body.items():
        if is_control(name) or name in _DERIVED.get(kind.name, ()):
            continue
        if name in kind.links:
            links[name] = value
        elif name not in known:
            raise BadEntity("sta.unknown_name", entity=kind.name, name=name[:40], known=[*known, *kind.links])
        elif value is None and not kind.properties[name].is_required:
            columns[known[name][0]] = None
        else:
            columns[known[name][0]] = _checked(kind, name, value, known[name][1])
    missing = [n for n in known if kind.properties[n].is_required and body.get(n) is None]
    if missing and not partly:
        raise BadEntity("sta.missing", entity=kind.name, names=missing)
    _check_geometry(kind, columns)
    return Said(_interval_column(kind, _unit_columns(kind, columns)), links)


def is_control(name: str) -> bool:
    """Whether a name is control information, such as `@iot.id` or `Things@iot.navigationLink`."""
    return any(sign in name for sign in CONTROL)


def is_kept_well(value: Any) -> bool:
    """Whether all texts within can be kept: no NUL, no half of a character."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, Mapping):
        return all(is_kept_well(k) and is_kept_well(v) for k, v in value.items())
    return all(map(is_kept_well, value)) if isinstance(value, list) else True


def _checked(kind: EntityKind, name: str, value: Any, form: Form) -> Any:
    try:
        kept = form.check(value)
    except (ValueError, OverflowError) as wrong:
        raise BadEntity("sta.bad_value", entity=kind.name, name=name, wanted=form.words) from wrong
    if name == "name" and not kept.strip():
        raise BadEntity("sta.bad_value", entity=kind.name, name=name, wanted=form.words)
    return kept


def _check_geometry(kind: EntityKind, columns: Mapping[str, Any]) -> None:
    """A place under an encoding of GeoJSON is one."""
    column = {"Location": "location", "FeatureOfInterest": "feature"}.get(kind.name)
    if column is None or columns.get(column) is None or columns.get("encoding", GEO_JSON[0]) not in GEO_JSON:
        return
    if from_geojson(columns[column]) is None:
        raise BadEntity("sta.bad_value", entity=kind.name, name=column, wanted=_GEOMETRY.words)


def _unit_columns(kind: EntityKind, columns: dict[str, Any]) -> dict[str, Any]:
    """The unit of a Datastream as its three columns."""
    if "unit" not in columns:
        return columns
    unit = columns.pop("unit")
    for name, column in _UNIT.items():
        value = unit.get(name)
        if value is not None and not isinstance(value, str):
            raise BadEntity("sta.bad_value", entity=kind.name, name=f"unitOfMeasurement/{name}", wanted="text")
        columns[column] = (value or "")[:LONGEST_NAME]
    return columns


def _interval_column(kind: EntityKind, columns: dict[str, Any]) -> dict[str, Any]:
    """How often a Datastream is expected to speak, as its properties may say: `{"interval_s": 60}`."""
    said = (columns.get("properties") or {}).get("interval_s") if kind.name == "Datastream" else None
    if said is None:
        return columns
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 < said <= LONGEST_INTERVAL_S:
        raise BadEntity("sta.bad_value", entity=kind.name, name="properties/interval_s", wanted="60")
    return columns | {"interval_s": float(said)}


# --- observations -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Observed:
    """An observation as it is kept: its time, its number, and what else it says."""

    at: datetime
    value: float
    result: Any = None
    until: datetime | None = None
    result_time: datetime | None = None
    valid: tuple[datetime, datetime] | None = None
    parameters: Any = None
    quality: Any = None
    links: Mapping[str, Any] | None = None

    def has_more(self) -> bool:
        """Whether it says more than a time and a number."""
        told = (self.result, self.until, self.result_time, self.valid, self.parameters, self.quality)
        return any(v is not None for v in told)


def observed_of(body: Any, now: datetime) -> Observed:
    """An observation of a body; raises BadEntity. Without a phenomenonTime it is of now."""
    kind = KINDS["Observation"]
    if not isinstance(body, dict) or not is_kept_well(body):
        raise BadEntity("sta.bad_json")
    for name in body:
        if name not in kind.properties and name not in kind.links and not is_control(name):
            known = [n for n in (*kind.properties, *kind.links) if n != "id"]
            raise BadEntity("sta.unknown_name", entity=kind.name, name=name[:40], known=known)
    if "result" not in body:
        raise BadEntity("sta.missing", entity=kind.name, names=["result"])
    value, result = number_of_result(body["result"])
    said = body.get("phenomenonTime")
    start, end = _part(kind, "phenomenonTime", said, span_of) if said is not None else (to_ms(now), to_ms(now))
    return Observed(
        at=start,
        value=value,
        result=result,
        until=end if end != start else None,
        result_time=_part(kind, "resultTime", body.get("resultTime"), _moment),
        valid=_part(kind, "validTime", body.get("validTime"), span_of),
        parameters=_part(kind, "parameters", body.get("parameters"), _object),
        quality=body.get("resultQuality"),
        links={name: body[name] for name in kind.links if body.get(name) is not None},
    )


def _part(kind: EntityKind, name: str, value: Any, check: Callable[[Any], Any]) -> Any:
    if value is None:
        return None
    try:
        return check(value)
    except (ValueError, OverflowError) as wrong:
        wanted = {"parameters": _OBJECT.words}.get(name, _MOMENT.words)
        raise BadEntity("sta.bad_value", entity=kind.name, name=name, wanted=wanted) from wrong


def number_of_result(result: Any) -> tuple[float, Any]:
    """The number of a result that rules can judge, and the result itself where the number does not say it all."""
    if result is None:
        return math.nan, None
    if isinstance(result, bool):
        return float(result), result
    if isinstance(result, int | float):
        try:
            value = float(result)
        except OverflowError:
            raise BadEntity("sta.bad_value", entity="Observation", name="result", wanted="float64") from None
        return value, (result if isinstance(result, int) and abs(result) > 2**53 else None)
    if isinstance(result, str) and result in _NAN:
        return _NAN[result], None
    return math.nan, result
