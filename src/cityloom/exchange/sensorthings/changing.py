"""Changing entities: PATCH of what is said, PUT of the whole, JSON Patch (RFC 6902) on the entity as it is told."""

from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer
from django.db import IntegrityError, transaction

from cityloom.exchange.sensorthings.creating import Creation, listed, place_device
from cityloom.exchange.sensorthings.errors import BadEntity, Conflict
from cityloom.exchange.sensorthings.observing import New, correct_observation, move_observation, streams_for
from cityloom.exchange.sensorthings.owning import Writer, check_change, get_row
from cityloom.exchange.sensorthings.reading import Row
from cityloom.exchange.sensorthings.said import Said, is_control, is_kept_well, observed_of, said_of
from cityloom.exchange.sensorthings.schema import KINDS, EntityKind
from cityloom.exchange.sensorthings.shaping import value_of

_TO_ONE = {
    ("Datastream", "Sensor"): "sensor_id",
    ("Datastream", "ObservedProperty"): "property_id",
}


def change(writer: Writer, kind: EntityKind, row: Row, body: Any, *, whole: bool) -> int:
    """Bring an entity in line with what was said; `whole`: what was not said is taken away (PUT). Its number.

    Raises BadEntity, Conflict, NotYours. Inside the caller's transaction.
    """
    if kind.name == "Observation":
        return _change_observation(writer, row, body, whole=whole)
    found = get_row(writer, kind, row["id"])
    check_change(writer, kind, found)
    said = said_of(kind, body, partly=not whole)
    if whole:
        cleared = {name: _empty(kind, found, name) for name in _optional(kind)}
        said = Said(cleared | said.columns, said.links)
    _link(writer, kind, found, said)
    for column, value in said.columns.items():
        setattr(found, column, _empty(kind, found, column) if value is None else value)
    if kind.name == "Thing" and "name_zh" in said.columns:
        found.name_en = ""
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as taken:
        raise Conflict("sta.name_taken", name=getattr(found, "name", "")) from taken
    return int(row["id"])


def _optional(kind: EntityKind) -> list[str]:
    return [
        {"observedArea": "observed_area"}.get(name, name)
        for name in ("properties", "observedArea")
        if name in kind.properties
    ]


def _empty(kind: EntityKind, found: Any, column: str) -> Any:
    return found._meta.get_field(column).get_default()


def _link(writer: Writer, kind: EntityKind, found: Any, said: Said) -> None:
    """Links that a change may set: to one by `@iot.id`; the places of a Thing; nothing new within a change."""
    for name, value in said.links.items():
        link = kind.links[name]
        if link.is_many:
            numbers = [_number(v, name) for v in listed(value, name)]
            if not numbers:
                continue
            if (kind.name, name) != ("Thing", "Locations"):
                raise BadEntity("sta.link_and_entity", name=name)
            for number in numbers:
                get_row(writer, KINDS["Location"], number)
            place_device(writer, found, numbers)
            continue
        target = get_row(writer, KINDS[link.target], _number(value, name))
        column = _TO_ONE.get((kind.name, name))
        if column is not None:
            setattr(found, column, target.id)
        elif getattr(found, "device_id", None) != target.id:
            raise BadEntity("sta.link_and_entity", name=name)


def _number(value: Any, name: str) -> int:
    number = value.get("@iot.id") if isinstance(value, dict) else None
    if isinstance(number, bool) or not isinstance(number, int):
        raise BadEntity("sta.link_and_entity", name=name)
    return number


def _change_observation(writer: Writer, row: Row, body: Any, *, whole: bool) -> int:
    """The result and what stands beside it; with another time or stream it is another one, kept in its place."""
    kind = KINDS["Observation"]
    if not isinstance(body, dict) or not is_kept_well(body):
        raise BadEntity("sta.bad_json")
    named = {name: value for name, value in body.items() if not is_control(name)}
    kept = {} if whole else {n: value_of(kind, row, n) for n in kind.properties if n != "id"}
    kept |= {"phenomenonTime": value_of(kind, row, "phenomenonTime")}
    observed = observed_of({**kept, **named}, writer.now)
    links = observed.links or {}
    number = _number(links["Datastream"], "Datastream") if "Datastream" in links else row["stream"]
    feature = row["feature"]
    if "FeatureOfInterest" in links:
        feature = Creation(writer).linked(KINDS["FeatureOfInterest"], "FeatureOfInterest", links["FeatureOfInterest"])
    streams = streams_for(writer, [row["stream"], number])
    if number not in streams:
        raise BadEntity("sta.no_such_link", entity="Datastream", id=number)
    new, is_said = New(number, observed, feature), whole or "result" in named
    if (number, observed.at) == (row["stream"], row["at"]):
        correct_observation(new, streams[number], result=is_said)
    else:
        value = None if is_said else row["result"]
        move_observation(writer, row["stream"], row["at"], new, streams[number], value)
    return new.id


def patched(kind: EntityKind, row: Row, patch: Any) -> dict[str, Any]:
    """The entity after a JSON Patch on it as it is told, without control information; raises BadEntity."""
    told = {name: value_of(kind, row, name) for name in kind.properties if name != "id"}
    told = {name: value for name, value in told.items() if value is not None}
    try:
        made = jsonpatch.JsonPatch(patch).apply(told)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, KeyError) as wrong:
        raise BadEntity("sta.bad_patch", why=str(wrong)[:200]) from wrong
    if not isinstance(made, dict):
        raise BadEntity("sta.bad_patch", why="/")
    return made
