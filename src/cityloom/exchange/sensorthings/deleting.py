"""Deleting entities, and with each what the standard says goes with it: a Thing's Datastreams, their Observations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, connection, transaction

from cityloom.exchange.sensorthings.creating import bind_features
from cityloom.exchange.sensorthings.errors import Conflict
from cityloom.exchange.sensorthings.observing import check_open, delete_observations, streams_for
from cityloom.exchange.sensorthings.owning import Writer, check_change, get_row
from cityloom.exchange.sensorthings.reading import Row
from cityloom.exchange.sensorthings.schema import EntityKind
from cityloom.sensing.models import FeatureOfInterest, PastLocation, PlaceOfDevice, Stream


def delete(writer: Writer, kind: EntityKind, row: Row) -> None:
    """Take an entity away with what goes with it; raises NotYours, Conflict. Inside the caller's transaction."""
    if kind.name == "Observation":
        streams_for(writer, [row["stream"]])
        check_open(row["at"])
        with connection.cursor() as cursor:
            delete_observations(cursor, row["stream"], row["at"])
        return
    found = get_row(writer, kind, row["id"])
    check_change(writer, kind, found)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _WITH[kind.name](cursor, found)
            found.delete()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as leant_on:
        raise Conflict("sta.leant_on", entity=kind.name, id=row["id"]) from leant_on


def _streams(cursor: Any, streams: Any) -> None:
    for stream in streams:
        delete_observations(cursor, stream.id)
        stream.delete()


def _with_thing(cursor: Any, device: Any) -> None:
    _streams(cursor, Stream.objects.filter(device_id=device.id))
    PastLocation.objects.filter(device_id=device.id).delete()
    PlaceOfDevice.objects.filter(device_id=device.id).delete()


def _with_location(cursor: Any, location: Any) -> None:
    """The history that tells of it goes; a feature made of it stays, as observations are about it."""
    for (device_id,) in PlaceOfDevice.objects.filter(location_id=location.id).values_list("device_id"):
        bind_features(device_id)
    PastLocation.objects.filter(locations__contains=[location.id]).delete()
    PlaceOfDevice.objects.filter(location_id=location.id).delete()
    FeatureOfInterest.objects.filter(location_id=location.id).update(location=None)


def _with_stream(cursor: Any, stream: Any) -> None:
    delete_observations(cursor, stream.id)


def _with_sensor(cursor: Any, sensor: Any) -> None:
    _streams(cursor, Stream.objects.filter(sensor_id=sensor.id))


def _with_property(cursor: Any, observed: Any) -> None:
    _streams(cursor, Stream.objects.filter(property_id=observed.id))


def _with_feature(cursor: Any, feature: Any) -> None:
    """Its observations: those that name it, and those of the devices whose place it is."""
    own = (
        "SELECT s.id FROM sensing_stream s JOIN sensing_place_of_device p ON p.device_id = s.device_id "
        "WHERE p.location_id = %(place)s"
    )
    values = {"id": feature.id, "place": feature.location_id}
    named = "EXISTS (SELECT 1 FROM sensing_extra x WHERE x.stream = r.stream AND x.at = r.at AND {})"
    mine = named.format("x.feature = %(id)s")
    unnamed = "NOT " + named.format("x.feature IS NOT NULL")
    for table in ("sensing_reading", "sensing_late"):
        cursor.execute(f"DELETE FROM {table} r WHERE {mine} OR (r.stream IN ({own}) AND {unnamed})", values)  # noqa: S608
    cursor.execute("DELETE FROM sensing_extra WHERE feature = %(id)s", values)


def _with_nothing(cursor: Any, row: Any) -> None:
    """Nothing else goes."""


_WITH: dict[str, Callable[[Any, Any], None]] = {
    "Thing": _with_thing,
    "Location": _with_location,
    "HistoricalLocation": _with_nothing,
    "Datastream": _with_stream,
    "Sensor": _with_sensor,
    "ObservedProperty": _with_property,
    "FeatureOfInterest": _with_feature,
}
