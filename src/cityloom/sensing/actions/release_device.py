"""Lets a device that was shut out speak again."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.city.snapshot_values import City
from cityloom.sensing.actions.give_secret import NoSuchDevice
from cityloom.sensing.ingest_rows import tell_register_changed
from cityloom.sensing.models import Device


def release_device(city: City, code: str) -> bool:
    """End its quarantine; ingest listens within seconds. False when it was in none. Raises NoSuchDevice."""
    with transaction.atomic(), connection.cursor() as cursor:
        device = Device.objects.select_for_update().filter(city_id=city.id, code=code).first()
        if device is None:
            raise NoSuchDevice("sensing.no_such_device", code=code[:60])
        if device.state != "quarantined":
            return False
        device.state, device.quarantined_until = "active", None
        device.save(update_fields=["state", "quarantined_until"])
        tell_register_changed(cursor, city.id)
    return True
