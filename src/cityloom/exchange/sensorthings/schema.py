"""The eight kinds of entities: their names, properties, links, and where each lies in the tables.

`{a}` stands for the alias of the entity's row, `{p}` and `{c}` for the two ends of a link. This table is the only
place from which names of columns come; an expression can name nothing that does not stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cityloom.exchange.sensorthings.terms import Kind


@dataclass(frozen=True)
class Property:
    """A property: its kind and SQL; `end` of an interval, or the JSON of a result. `parts`: its own properties."""

    kind: Kind
    sql: str
    end: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    is_required: bool = False


@dataclass(frozen=True)
class Link:
    """A navigation: to which kind of entity, to one or many, and by which condition between the rows."""

    target: str
    is_many: bool
    on: str


@dataclass(frozen=True)
class EntityKind:
    """A kind of entity. `columns`: what links need of its row, with their types; `order`: the keys, ascending."""

    name: str
    plural: str
    source: str
    order: tuple[tuple[str, Kind], ...]
    columns: Mapping[str, str]
    properties: Mapping[str, Property]
    links: Mapping[str, Link]
    visible: str  # the condition under which it is seen, given the units whose private devices are
    of_city: str = "{a}.city_id = %s"
    made: Mapping[str, str] = field(default_factory=dict)  # columns that are no column of the table


class Within(NamedTuple):
    """A list that belongs to a row: of what kind that is, its columns, and the link that leads here."""

    kind: EntityKind
    row: Mapping[str, Any]
    link: Link


_BESIDE_READING = (
    "(SELECT r.stream, r.at, r.value, x.result, x.result_time, x.valid_from, x.valid_until, x.phenomenon_until, "
    "x.parameters, x.quality, x.feature FROM ({inner}) r "
    "LEFT JOIN sensing_extra x ON x.stream = r.stream AND x.at = r.at) {a}"
)


def readings_source(inner: str) -> str:
    """The FROM of observations whose stream, time and value `inner` gives, with what stands beside them."""
    return _BESIDE_READING.replace("{inner}", inner)


READINGS = readings_source(
    "SELECT stream, at, value FROM sensing_reading UNION ALL SELECT stream, at, value FROM sensing_late"
)
# Readings given one by one, out of the files of closed days: stream, milliseconds, value.
_FROM_FILES = (
    "SELECT stream, 'epoch'::timestamptz + ms * interval '1 millisecond' AS at, value "
    "FROM unnest(%s::bigint[], %s::bigint[], %s::float8[]) u(stream, ms, value)"
)
_OPEN_DAYS = (
    "SELECT stream, at, value FROM sensing_reading UNION ALL SELECT stream, at, value FROM sensing_late l "
    "WHERE NOT EXISTS (SELECT 1 FROM sensing_archive a WHERE a.dropped AND a.day = (l.at AT TIME ZONE 'UTC')::date)"
)
READINGS_OF_FILES = readings_source(_FROM_FILES)
READINGS_OF_OPEN_DAYS = readings_source(_OPEN_DAYS)
READINGS_OF_BOTH = readings_source(f"{_OPEN_DAYS} UNION ALL {_FROM_FILES}")
# The newest reading of the stream `p.id`, as it was last written down, or as a door has brought it since.
NEWEST_READING = readings_source(
    "SELECT stream, at, value FROM (SELECT s.id AS stream, s.last_at AS at, s.last_value AS value, 0 AS late "
    "FROM sensing_stream s WHERE s.id = p.id AND s.last_at IS NOT NULL UNION ALL "
    "(SELECT stream, at, value, 1 FROM sensing_late WHERE stream = p.id ORDER BY at DESC LIMIT 1)) q "
    "ORDER BY at DESC, late DESC LIMIT 1"
)
NUMBER_OF_READING = "(({a}.stream << 41) | ((extract(epoch FROM {a}.at) * 1000)::bigint - 1262304000000))"
_NAME = "coalesce(nullif({a}.name_zh, ''), nullif({a}.name_en, ''), {a}.code)"
_PROPERTIES = (
    "(CASE WHEN {a}.source = 'folder' THEN jsonb_strip_nulls(jsonb_build_object('code', {a}.code, 'type', {a}.type, "
    "'owner', nullif({a}.owner, ''), 'area', nullif({a}.area, ''), 'component', nullif({a}.component, ''))) "
    "|| {a}.properties ELSE {a}.properties END)"
)
_UNIT = "jsonb_build_object('name', {a}.unit_name, 'symbol', {a}.unit_symbol, 'definition', {a}.unit_definition)"
# Whoever has no token does not see a private device nor what hangs on it; a unit sees its own.
_DEVICE_SEEN = "(NOT {a}.is_private OR {a}.owner = ANY(%s))"
_BY_DEVICE = (
    "EXISTS (SELECT 1 FROM sensing_device v WHERE v.id = {a}.device_id AND (NOT v.is_private OR v.owner = ANY(%s)))"
)
_BY_STREAM = (
    "EXISTS (SELECT 1 FROM sensing_stream w JOIN sensing_device v ON v.id = w.device_id "
    "WHERE w.id = {a}.stream AND (NOT v.is_private OR v.owner = ANY(%s)))"
)
_BY_PLACE = (
    "NOT EXISTS (SELECT 1 FROM sensing_place_of_device h JOIN sensing_device v ON v.id = h.device_id "
    "WHERE h.location_id = {a}.%(column)s AND v.is_private AND NOT v.owner = ANY(%%s))"
)
# The feature that a reading without one of its own is about: that of the present place of its device.
_OWN_FEATURE = (
    "(SELECT min(f.id) FROM sensing_stream fs JOIN sensing_place_of_device fp ON fp.device_id = fs.device_id "
    "JOIN sensing_feature f ON f.location_id = fp.location_id WHERE fs.id = {0}.stream)"
)
_OF_FEATURE = (
    "({c}.feature = {p}.id OR ({c}.feature IS NULL AND {c}.stream IN (SELECT fs.id FROM sensing_stream fs "
    "JOIN sensing_place_of_device fp ON fp.device_id = fs.device_id "
    "JOIN sensing_feature f ON f.location_id = fp.location_id GROUP BY fs.id HAVING min(f.id) = {p}.id)))"
)
# What doors brought stands beside the partitions, under a key that finds the ends at once.
_FIRST = "least({a}.first_at, (SELECT min(e.at) FROM sensing_late e WHERE e.stream = {a}.id))"
_LAST = "greatest({a}.last_at, (SELECT max(e.at) FROM sensing_late e WHERE e.stream = {a}.id))"
_ID = (("{a}.id", Kind.WHOLE),)
_IS_ID = {"id": "bigint"}


def _text(column: str, *, required: bool = False) -> Property:
    return Property(Kind.TEXT, f"{{a}}.{column}", is_required=required)


def _json(column: str, *, required: bool = False) -> Property:
    return Property(Kind.JSON, f"{{a}}.{column}", is_required=required)


_WHOLE_ID = Property(Kind.WHOLE, "{a}.id")

KINDS: dict[str, EntityKind] = {
    kind.name: kind
    for kind in (
        EntityKind(
            "Thing",
            "Things",
            "sensing_device {a}",
            _ID,
            _IS_ID,
            {
                "id": _WHOLE_ID,
                "name": Property(Kind.TEXT, _NAME, is_required=True),
                "description": _text("description", required=True),
                "properties": Property(Kind.JSON, _PROPERTIES),
            },
            {
                "Locations": Link(
                    "Location",
                    True,
                    "EXISTS (SELECT 1 FROM sensing_place_of_device l "
                    "WHERE l.device_id = {p}.id AND l.location_id = {c}.id)",
                ),
                "HistoricalLocations": Link("HistoricalLocation", True, "{c}.device_id = {p}.id"),
                "Datastreams": Link("Datastream", True, "{c}.device_id = {p}.id"),
            },
            _DEVICE_SEEN,
        ),
        EntityKind(
            "Location",
            "Locations",
            "sensing_location {a}",
            _ID,
            _IS_ID,
            {
                "id": _WHOLE_ID,
                "name": _text("name", required=True),
                "description": _text("description", required=True),
                "encodingType": _text("encoding", required=True),
                "location": Property(Kind.GEOMETRY, "{a}.location", is_required=True),
                "properties": _json("properties"),
            },
            {
                "Things": Link(
                    "Thing",
                    True,
                    "EXISTS (SELECT 1 FROM sensing_place_of_device l "
                    "WHERE l.location_id = {p}.id AND l.device_id = {c}.id)",
                ),
                "HistoricalLocations": Link("HistoricalLocation", True, "{c}.locations @> to_jsonb({p}.id)"),
            },
            _BY_PLACE % {"column": "id"},
        ),
        EntityKind(
            "HistoricalLocation",
            "HistoricalLocations",
            "sensing_past_location {a}",
            _ID,
            {"id": "bigint", "device_id": "bigint", "locations": "jsonb"},
            {"id": _WHOLE_ID, "time": Property(Kind.MOMENT, "{a}.at", is_required=True)},
            {
                "Thing": Link("Thing", False, "{c}.id = {p}.device_id"),
                "Locations": Link("Location", True, "{p}.locations @> to_jsonb({c}.id)"),
            },
            _BY_DEVICE,
        ),
        EntityKind(
            "Datastream",
            "Datastreams",
            "sensing_stream {a}",
            _ID,
            {
                "id": "bigint",
                "device_id": "bigint",
                "property_id": "bigint",
                "sensor_id": "bigint",
                "first_at": "timestamptz",
                "last_at": "timestamptz",
                "mended_at": "timestamptz",
            },
            {
                "id": _WHOLE_ID,
                "name": _text("name", required=True),
                "description": _text("description", required=True),
                "observationType": _text("observation_type", required=True),
                "unitOfMeasurement": Property(
                    Kind.JSON,
                    _UNIT,
                    parts={"name": "{a}.unit_name", "symbol": "{a}.unit_symbol", "definition": "{a}.unit_definition"},
                    is_required=True,
                ),
                "observedArea": Property(Kind.GEOMETRY, "{a}.observed_area"),
                "phenomenonTime": Property(Kind.SPAN, _FIRST, _LAST),
                "resultTime": Property(Kind.SPAN, _FIRST, _LAST),
                "properties": _json("properties"),
            },
            {
                "Thing": Link("Thing", False, "{c}.id = {p}.device_id"),
                "Sensor": Link("Sensor", False, "{c}.id = {p}.sensor_id"),
                "ObservedProperty": Link("ObservedProperty", False, "{c}.id = {p}.property_id"),
                "Observations": Link("Observation", True, "{c}.stream = {p}.id"),
            },
            _BY_DEVICE,
            made={"first_at": _FIRST, "last_at": _LAST},
        ),
        EntityKind(
            "Sensor",
            "Sensors",
            "sensing_sensor {a}",
            _ID,
            _IS_ID,
            {
                "id": _WHOLE_ID,
                "name": _text("name", required=True),
                "description": _text("description", required=True),
                "encodingType": _text("encoding", required=True),
                "metadata": _json("metadata", required=True),
                "properties": _json("properties"),
            },
            {"Datastreams": Link("Datastream", True, "{c}.sensor_id = {p}.id")},
            "",
        ),
        EntityKind(
            "ObservedProperty",
            "ObservedProperties",
            "sensing_property {a}",
            _ID,
            _IS_ID,
            {
                "id": _WHOLE_ID,
                "name": Property(Kind.TEXT, "coalesce(nullif({a}.name, ''), {a}.name_zh)", is_required=True),
                "definition": _text("definition", required=True),
                "description": _text("description", required=True),
                "properties": _json("properties"),
            },
            {"Datastreams": Link("Datastream", True, "{c}.property_id = {p}.id")},
            "",
        ),
        EntityKind(
            "Observation",
            "Observations",
            READINGS,
            (("{a}.at", Kind.MOMENT), ("{a}.stream", Kind.WHOLE)),
            {"stream": "bigint", "at": "timestamptz", "feature": "bigint"},
            {
                "id": Property(Kind.READING, NUMBER_OF_READING),
                "phenomenonTime": Property(Kind.SPAN, "{a}.at", "coalesce({a}.phenomenon_until, {a}.at)"),
                "result": Property(Kind.RESULT, "{a}.value", "{a}.result", is_required=True),
                "resultTime": Property(Kind.MOMENT, "{a}.result_time"),
                "resultQuality": _json("quality"),
                "validTime": Property(Kind.SPAN, "{a}.valid_from", "{a}.valid_until"),
                "parameters": _json("parameters"),
            },
            {
                "Datastream": Link("Datastream", False, "{c}.id = {p}.stream"),
                "FeatureOfInterest": Link(
                    "FeatureOfInterest", False, "{c}.id = coalesce({p}.feature, " + _OWN_FEATURE.format("{p}") + ")"
                ),
            },
            _BY_STREAM,
            of_city="EXISTS (SELECT 1 FROM sensing_stream w WHERE w.id = {a}.stream AND w.city_id = %s)",
        ),
        EntityKind(
            "FeatureOfInterest",
            "FeaturesOfInterest",
            "sensing_feature {a}",
            _ID,
            {"id": "bigint", "location_id": "bigint"},
            {
                "id": _WHOLE_ID,
                "name": _text("name", required=True),
                "description": _text("description", required=True),
                "encodingType": _text("encoding", required=True),
                "feature": Property(Kind.GEOMETRY, "{a}.feature", is_required=True),
                "properties": _json("properties"),
            },
            {"Observations": Link("Observation", True, _OF_FEATURE)},
            "({a}.private_to = '' OR {a}.private_to = ANY(%s)) AND " + _BY_PLACE % {"column": "location_id"},
        ),
    )
}
BY_PLURAL: dict[str, EntityKind] = {kind.plural: kind for kind in KINDS.values()}
ORDER_OF_ROOT = (
    "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations",
    "FeaturesOfInterest",
)  # fmt: skip
