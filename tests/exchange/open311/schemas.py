"""JSON schemas of the answers, written from the tables of the specification: nothing missing, nothing besides."""

from __future__ import annotations

from typing import Any

MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"
Schema = dict[str, Any]


def _text(*more: str) -> Schema:
    return {"type": ["string", *more]}


def _moment(*more: str) -> Schema:
    return {"type": ["string", *more], "pattern": MOMENT}


def _closed(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


CODE = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
DISCOVERY = _closed(
    {
        "changeset": _moment(),
        "contact": _text(),
        "key_service": _text(),
        "endpoints": {
            "type": "array",
            "minItems": 2,
            "items": _closed(
                {
                    "specification": {"const": "http://wiki.open311.org/GeoReport_v2"},
                    "url": {"type": "string", "pattern": "^https?://"},
                    "changeset": _moment(),
                    "type": {"enum": ["production", "test"]},
                    "formats": {"type": "array", "items": {"enum": ["text/xml", "application/json"]}, "minItems": 1},
                }
            ),
        },
    }
)
SERVICES = _list(
    _closed(
        {
            "service_code": CODE,
            "service_name": _text(),
            "description": _text(),
            "metadata": {"type": "boolean"},
            "type": {"enum": ["realtime", "batch", "blackbox"]},
            "keywords": _text(),
            "group": _text(),
        }
    )
)
DATATYPES = ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
DEFINITION = _closed(
    {
        "service_code": CODE,
        "attributes": _list(
            _closed(
                {
                    "variable": {"type": "boolean"},
                    "code": _text(),
                    "datatype": {"enum": DATATYPES},
                    "required": {"type": "boolean"},
                    "datatype_description": _text("null"),
                    "order": {"type": "integer", "minimum": 1},
                    "description": _text(),
                    "values": _list(_closed({"key": _text(), "name": _text()})),
                },
                optional=("values",),
            )
        ),
    }
)
POSTED = _list(
    {
        **_closed(
            {
                "service_request_id": _text(),
                "token": _text(),
                "service_notice": _text("null"),
                "account_id": _text("null"),
            },
            optional=("service_request_id", "token"),
        ),
        "oneOf": [{"required": ["service_request_id"]}, {"required": ["token"]}],
    }
)
REQUESTS = _list(
    _closed(
        {
            "service_request_id": _text(),
            "status": {"enum": ["open", "closed"]},
            "status_notes": _text("null"),
            "service_name": _text("null"),
            "service_code": {"type": "string", "pattern": "^[A-Za-z0-9_-]*$"},
            "description": {"type": ["string", "null"], "maxLength": 4000},
            "agency_responsible": _text("null"),
            "service_notice": _text("null"),
            "requested_datetime": _moment(),
            "updated_datetime": _moment(),
            "expected_datetime": _moment("null"),
            "address": _text("null"),
            "address_id": _text("null"),
            "zipcode": _text("null"),
            "lat": {"type": ["number", "null"], "minimum": -90, "maximum": 90},
            "long": {"type": ["number", "null"], "minimum": -180, "maximum": 180},
            "media_url": _text("null"),
        }
    )
)
TOKENS = _list(_closed({"service_request_id": _text(), "token": _text()}))
UPDATES = _list(
    _closed(
        {
            "update_id": _text(),
            "service_request_id": _text(),
            "status": {"enum": ["open", "closed"]},
            "updated_datetime": _moment(),
            "description": _text(),
            "media_url": _text("null"),
        }
    )
)
UPDATED = _list(_closed({"update_id": _text()}))
ERRORS = {**_list(_closed({"code": {"type": "integer", "minimum": 400}, "description": _text()})), "minItems": 1}
