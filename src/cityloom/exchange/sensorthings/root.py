"""The root document: the collections, and which requirements of the standard are met."""

from __future__ import annotations

from typing import Any

from cityloom.exchange.sensorthings.schema import ORDER_OF_ROOT

_SPEC = "http://www.opengis.net/spec/iot_sensing/1.1/req"
MQTT_CREATE = f"{_SPEC}/create-observations-via-mqtt/observations-creation"
MQTT_UPDATES = f"{_SPEC}/receive-updates-via-mqtt/receive-updates"
CONFORMANCE = (
    f"{_SPEC}/datamodel",
    f"{_SPEC}/resource-path/resource-path-to-entities",
    f"{_SPEC}/request-data",
    f"{_SPEC}/create-update-delete/create-entity",
    f"{_SPEC}/create-update-delete/link-to-existing-entities",
    f"{_SPEC}/create-update-delete/deep-insert",
    f"{_SPEC}/create-update-delete/deep-insert-status-code",
    f"{_SPEC}/create-update-delete/update-entity",
    f"{_SPEC}/create-update-delete/update-entity-put",
    f"{_SPEC}/create-update-delete/update-entity-jsonpatch",
    f"{_SPEC}/create-update-delete/delete-entity",
    f"{_SPEC}/create-update-delete/historical-location-auto-creation",
    f"{_SPEC}/batch-request/batch-request",
    f"{_SPEC}/data-array/data-array",
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/JsonBatchRequest.html",
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/GeoJSON-ResultFormat.html",
)


def root_document(base: str, mqtt: tuple[str, ...] = ()) -> dict[str, Any]:
    """The document at the root; `mqtt` are the addresses of the broker, where there is one."""
    settings: dict[str, Any] = {"conformance": [*CONFORMANCE, *((MQTT_CREATE, MQTT_UPDATES) if mqtt else ())]}
    if mqtt:
        settings |= {MQTT_CREATE: {"endpoints": list(mqtt)}, MQTT_UPDATES: {"endpoints": list(mqtt)}}
    return {
        "value": [{"name": name, "url": f"{base}/{name}"} for name in ORDER_OF_ROOT],
        "serverSettings": settings,
    }
