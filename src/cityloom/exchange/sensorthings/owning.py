"""Who may write what: a service account writes for the devices of its unit, and what other units use stays theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models

from cityloom.city.snapshot_values import City
from cityloom.city.values import Role
from cityloom.exchange.api.tokens import Caller
from cityloom.exchange.sensorthings.errors import BadEntity, Conflict, NotYours
from cityloom.exchange.sensorthings.schema import EntityKind
from cityloom.sensing.models import Device, FeatureOfInterest, Location, PastLocation, Property, Sensor, Stream

MODELS: dict[str, type[models.Model]] = {
    "Thing": Device,
    "Location": Location,
    "HistoricalLocation": PastLocation,
    "Datastream": Stream,
    "Sensor": Sensor,
    "ObservedProperty": Property,
    "FeatureOfInterest": FeatureOfInterest,
}
_WHOLE_CITY = (Role.ADMIN, Role.DATA_STEWARD, Role.SUPERVISOR)
# The devices that lean on an entity, by which its owners are found.
_USERS = {
    "Location": "SELECT device_id FROM sensing_place_of_device WHERE location_id = %s",
    "HistoricalLocation": "SELECT device_id FROM sensing_past_location WHERE id = %s",
    "Datastream": "SELECT device_id FROM sensing_stream WHERE id = %s",
    "Sensor": "SELECT device_id FROM sensing_stream WHERE sensor_id = %s",
    "ObservedProperty": "SELECT device_id FROM sensing_stream WHERE property_id = %s",
    "FeatureOfInterest": (
        "SELECT s.device_id FROM sensing_extra x JOIN sensing_stream s ON s.id = x.stream WHERE x.feature = {id} "
        "UNION SELECT p.device_id FROM sensing_feature f JOIN sensing_place_of_device p "
        "ON p.location_id = f.location_id WHERE f.id = %s"
    ),
    "Thing": "SELECT %s::bigint",
}


@dataclass(frozen=True)
class Writer:
    """Who writes: the city, the unit (None: every one) and the moment."""

    city: City
    unit: str | None
    now: datetime

    def may_use(self, owner: str) -> bool:
        """Whether devices of that owner are the writer's."""
        return self.unit is None or owner == self.unit


def writer_of(city: City, caller: Caller, now: datetime) -> Writer:
    """The writer behind a token; raises NotYours for one that is no service account's."""
    if not caller.token.is_service:
        raise NotYours("sta.service_only")
    whole = caller.post.unit is None or caller.post.role in _WHOLE_CITY
    return Writer(city, None if whole else caller.post.unit, now)


def check_device(writer: Writer, device: Any) -> None:
    """Raise NotYours for a device of another unit."""
    if not writer.may_use(device.owner):
        raise NotYours("sta.not_yours", owner=device.owner or "—", unit=writer.unit or "—")


def get_row(writer: Writer, kind: EntityKind, id: int) -> Any:
    """The row of an entity that is linked, locked against being deleted meanwhile; raises BadEntity for none."""
    row = MODELS[kind.name]._default_manager.select_for_update().filter(city_id=writer.city.id, id=id).first()
    if row is None:
        raise BadEntity("sta.no_such_link", entity=kind.name, id=id)
    return row


def check_change(writer: Writer, kind: EntityKind, row: Any) -> None:
    """Raise NotYours where another unit's device leans on it, Conflict where the city's folder keeps it."""
    with connection.cursor() as cursor:
        sql = _USERS[kind.name].replace("{id}", "%s")
        asked = f"SELECT d.owner, d.source FROM sensing_device d WHERE d.id IN ({sql})"  # noqa: S608
        cursor.execute(asked, [row.id] * sql.count("%s"))
        users = cursor.fetchall()
    check_owners(writer, kind, row.id, (owner for owner, _ in users))
    is_kind_of_folder = kind.name in ("Sensor", "ObservedProperty") and bool(row.code)
    of_folder = is_kind_of_folder or any(source == "folder" for _, source in users)
    if of_folder and kind.name != "HistoricalLocation":
        raise Conflict("sta.of_folder", entity=kind.name, id=row.id)


def check_owners(writer: Writer, kind: EntityKind, id: int, owners: Iterable[str]) -> None:
    """Raise NotYours where one of the owners is another unit."""
    others = {owner for owner in owners if not writer.may_use(owner)}
    if others and kind.name in ("Thing", "Datastream", "HistoricalLocation"):
        raise NotYours("sta.not_yours", owner=min(others) or "—", unit=writer.unit or "—")
    if others:
        raise NotYours("sta.shared", entity=kind.name, id=id)
