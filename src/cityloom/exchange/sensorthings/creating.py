"""Creating entities, whole trees of them at once, as the standard's deep insert has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, connection, transaction

from cityloom.exchange.sensorthings.errors import BadEntity, Conflict
from cityloom.exchange.sensorthings.geometry import GEO_JSON, from_geojson
from cityloom.exchange.sensorthings.observing import New, check_time, keep_observation, streams_for
from cityloom.exchange.sensorthings.owning import MODELS, Writer, check_device, get_row
from cityloom.exchange.sensorthings.said import REQUIRED_LINKS, Said, observed_of, said_of
from cityloom.exchange.sensorthings.schema import KINDS, EntityKind
from cityloom.sensing.models import Device, FeatureOfInterest, Location, PastLocation, PlaceOfDevice, Stream
from cityloom.sensing.values import MOST_STREAMS

MOST_WITHIN = 10_000  # entities that one body may create
DEEPEST = 8


class Creation:
    """One body's entities in the making."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self._count = 0
        self._depth = 0

    def create(self, kind: EntityKind, body: Any, given: dict[str, int] | None = None) -> int:
        """Create an entity with all that its body holds; `given` are links that the address says. Its number.

        Raises BadEntity, Conflict, NotYours. Inside the caller's transaction.
        """
        self._count += 1
        self._depth += 1
        if self._count > MOST_WITHIN or self._depth > DEEPEST:
            raise BadEntity("sta.too_many", most=MOST_WITHIN)
        try:
            return _MAKERS[kind.name](self, body, given or {})
        finally:
            self._depth -= 1

    # --- links ------------------------------------------------------------------------------------------------

    def one(self, kind: EntityKind, said: Said, name: str, given: dict[str, int]) -> int | None:
        """The number that a link to one says, the entity created where it stands there whole; None for no link."""
        if name in given:
            return given[name]
        value = said.links.get(name)
        return self.linked(KINDS[kind.links[name].target], name, value) if value is not None else None

    def linked(self, target: EntityKind, name: str, value: Any) -> int:
        """The number of an entity that is linked by `@iot.id` or created here and now."""
        if not isinstance(value, dict):
            raise BadEntity("sta.link_and_entity", name=name)
        number = value.get("@iot.id")
        if number is None:
            return self.create(target, value)
        if isinstance(number, bool) or not isinstance(number, int):
            raise BadEntity("sta.link_and_entity", name=name)
        return int(get_row(self.writer, target, number).id) if target.name != "Observation" else number

    def many(self, kind: EntityKind, said: Said, name: str, given: dict[str, int]) -> list[int]:
        """The numbers that a link to many says, in their order, each once."""
        numbers = [given[name]] if name in given else []
        for value in listed(said.links.get(name), name):
            numbers.append(self.linked(KINDS[kind.links[name].target], name, value))
        return list(dict.fromkeys(numbers))

    def within(self, said: Said, name: str, target: str, back: str, number: int) -> None:
        """Create what stands within, linked back to its parent; entities of another parent are not taken from it."""
        for value in listed(said.links.get(name), name):
            if isinstance(value, dict) and "@iot.id" in value:
                raise BadEntity("sta.link_and_entity", name=name)
            self.create(KINDS[target], value, {back: number})


def listed(value: Any, name: str) -> list[Any]:
    """A link to many as a list; raises BadEntity for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadEntity("sta.link_and_entity", name=name)
    return value


def require_links(kind: EntityKind, said: Said, given: dict[str, int]) -> None:
    """Raise BadEntity where a link that the entity cannot be without was not said."""
    missing = [n for n in REQUIRED_LINKS.get(kind.name, ()) if not said.links.get(n) and n not in given]
    if missing:
        raise BadEntity("sta.missing", entity=kind.name, names=missing)


def filled(columns: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """Columns without those that say nothing, so that the row's own defaults stand."""
    return defaults | {name: value for name, value in columns.items() if value is not None}


# --- each kind ------------------------------------------------------------------------------------------------------


def _thing(made: Creation, body: Any, given: dict[str, int]) -> int:
    kind, writer = KINDS["Thing"], made.writer
    said = said_of(kind, body)
    properties = said.columns.get("properties") or {}
    row = _saved(
        Device(
            city_id=writer.city.id,
            code=_code_of(writer, properties),
            type=str(properties.get("type") or "")[:60],
            owner=writer.unit or "",
            source="api",
            since=writer.now.date(),
            **filled(said.columns),
        )
    )
    places = made.many(kind, said, "Locations", given)
    if places:
        place_device(writer, row, places)
    made.within(said, "HistoricalLocations", "HistoricalLocation", "Thing", row.id)
    made.within(said, "Datastreams", "Datastream", "Thing", row.id)
    return int(row.id)


def _code_of(writer: Writer, properties: dict[str, Any]) -> str:
    """The code that the properties say, where no device has it; else one of its own."""
    wanted = properties.get("code")
    if isinstance(wanted, str) and 0 < len(wanted) <= 100:
        if not Device.objects.filter(city_id=writer.city.id, code=wanted).exists():
            return wanted
        raise Conflict("sta.code_taken", code=wanted)
    return f"sta-{uuid4().hex[:16]}"


def _location(made: Creation, body: Any, given: dict[str, int]) -> int:
    kind, writer = KINDS["Location"], made.writer
    said = said_of(kind, body)
    row = Location.objects.create(city_id=writer.city.id, **filled(said.columns))
    for number in made.many(kind, said, "Things", given):
        place_device(writer, get_row(writer, KINDS["Thing"], number), [row.pk])
    return int(row.pk)


def place_device(writer: Writer, device: Any, places: list[int], at: datetime | None = None) -> None:
    """Let the device stand at these places from now on, and keep where it was from when as history."""
    check_device(writer, device)
    bind_features(device.id)
    PlaceOfDevice.objects.filter(device_id=device.id).delete()
    PlaceOfDevice.objects.bulk_create(PlaceOfDevice(device_id=device.id, location_id=p) for p in places)
    if at is None:
        PastLocation.objects.create(
            city_id=writer.city.id, device_id=device.id, at=writer.now, locations=sorted(places)
        )
    point = next(iter(points_of(Location.objects.filter(id__in=places).order_by("id"))), None)
    if point is not None:
        device.lon, device.lat = point
        device.area = writer.city.find_area(*point) or device.area
        device.save(update_fields=["lon", "lat", "area"])


def bind_features(device_id: int) -> None:
    """Write down for the readings at the present place which feature they are about, before the device leaves it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sensing_extra (stream, at, feature) "
            "SELECT r.stream, r.at, b.feature FROM sensing_stream s CROSS JOIN ("
            "  SELECT min(f.id) AS feature FROM sensing_place_of_device p "
            "  JOIN sensing_feature f ON f.location_id = p.location_id WHERE p.device_id = %s) b "
            "JOIN (SELECT stream, at FROM sensing_reading UNION ALL SELECT stream, at FROM sensing_late) r "
            "  ON r.stream = s.id WHERE s.device_id = %s AND b.feature IS NOT NULL "
            "ON CONFLICT (stream, at) DO UPDATE SET feature = coalesce(sensing_extra.feature, excluded.feature)",
            [device_id, device_id],
        )


def points_of(places: Iterable[Any]) -> Iterable[tuple[float, float]]:
    """The middle of each place that is told as GeoJSON."""
    for place in places:
        shape = from_geojson(place.location) if place.encoding in GEO_JSON else None
        if shape is not None:
            middle = shape.centroid
            yield float(middle.x), float(middle.y)


def _past(made: Creation, body: Any, given: dict[str, int]) -> int:
    kind, writer = KINDS["HistoricalLocation"], made.writer
    said = said_of(kind, body)
    require_links(kind, said, given)
    thing = made.one(kind, said, "Thing", given)
    device = get_row(writer, KINDS["Thing"], int(thing or 0))
    check_device(writer, device)
    places = made.many(kind, said, "Locations", given)
    at = said.columns["at"]
    newer = PastLocation.objects.filter(device_id=device.id, at__gt=at).exists()
    row = PastLocation.objects.create(city_id=writer.city.id, device_id=device.id, at=at, locations=sorted(places))
    if not newer and at <= writer.now:
        place_device(writer, device, places, at)
    return int(row.pk)


def _datastream(made: Creation, body: Any, given: dict[str, int]) -> int:
    kind, writer = KINDS["Datastream"], made.writer
    said = said_of(kind, body)
    require_links(kind, said, given)
    thing, sensor, observed = (made.one(kind, said, n, given) for n in ("Thing", "Sensor", "ObservedProperty"))
    device = get_row(writer, KINDS["Thing"], int(thing or 0))
    check_device(writer, device)
    row = _saved(
        Stream(
            city_id=writer.city.id,
            device_id=device.id,
            sensor_id=sensor,
            property_id=observed,
            **filled(said.columns),
        )
    )
    if row.id > MOST_STREAMS:
        raise BadEntity("sta.too_many", most=MOST_STREAMS)
    made.within(said, "Observations", "Observation", "Datastream", row.id)
    return int(row.id)


def _saved(row: Any) -> Any:
    """The row, saved; raises Conflict where its name or code is taken."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as taken:
        raise Conflict("sta.name_taken", name=getattr(row, "name", "") or row.code) from taken
    return row


def _sensor(made: Creation, body: Any, given: dict[str, int]) -> int:
    said = said_of(KINDS["Sensor"], body)
    row = MODELS["Sensor"](city_id=made.writer.city.id, **filled(said.columns))
    row.save(force_insert=True)
    made.within(said, "Datastreams", "Datastream", "Sensor", row.pk)
    return int(row.pk)


def _observed_property(made: Creation, body: Any, given: dict[str, int]) -> int:
    said = said_of(KINDS["ObservedProperty"], body)
    row = MODELS["ObservedProperty"](city_id=made.writer.city.id, **filled(said.columns))
    row.save(force_insert=True)
    made.within(said, "Datastreams", "Datastream", "ObservedProperty", row.pk)
    return int(row.pk)


def _feature(made: Creation, body: Any, given: dict[str, int]) -> int:
    said = said_of(KINDS["FeatureOfInterest"], body)
    row = FeatureOfInterest.objects.create(city_id=made.writer.city.id, **filled(said.columns))
    made.within(said, "Observations", "Observation", "FeatureOfInterest", row.pk)
    return int(row.pk)


def _observation(made: Creation, body: Any, given: dict[str, int]) -> int:
    kind, writer = KINDS["Observation"], made.writer
    observed = observed_of(body, writer.now)
    said = Said({}, dict(observed.links or {}))
    require_links(kind, said, given)
    check_time(observed, writer.now)
    stream_id = int(made.one(kind, said, "Datastream", given) or 0)
    stream = streams_for(writer, [stream_id]).get(stream_id)
    if stream is None:
        raise BadEntity("sta.no_such_link", entity="Datastream", id=stream_id)
    feature = made.one(kind, said, "FeatureOfInterest", given)
    if feature is None:
        feature_of_place(writer, stream)
    elif stream.device.is_private:
        FeatureOfInterest.objects.filter(id=feature, private_to="").update(private_to=stream.device.owner)
    return keep_observation(writer, New(stream_id, observed, feature), stream)


def feature_of_place(writer: Writer, stream: Any) -> None:
    """See to it that the place of the stream's device is a feature that its observations are about."""
    places = Location.objects.filter(
        id__in=PlaceOfDevice.objects.filter(device_id=stream.device_id).values("location_id")
    )
    if FeatureOfInterest.objects.filter(location_id__in=places.values("id")).exists():
        return
    place = next((p for p in places.order_by("id") if p.encoding in GEO_JSON), None)
    if place is None:
        raise BadEntity("sta.missing", entity="Observation", names=["FeatureOfInterest"])
    FeatureOfInterest.objects.create(
        city_id=writer.city.id,
        name=place.name,
        description=place.description,
        encoding=place.encoding,
        feature=place.location,
        location_id=place.pk,
        private_to=stream.device.owner if stream.device.is_private else "",
    )


_MAKERS: dict[str, Callable[[Creation, Any, dict[str, int]], int]] = {
    "Thing": _thing,
    "Location": _location,
    "HistoricalLocation": _past,
    "Datastream": _datastream,
    "Sensor": _sensor,
    "ObservedProperty": _observed_property,
    "FeatureOfInterest": _feature,
    "Observation": _observation,
}
