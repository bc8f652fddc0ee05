"""The shapes of the answers as JSON schemas: what the document about this door tells of them. Pure."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
CODE = "^[A-Za-z0-9_-]*$"
DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
STATUSES = ("open", "closed")


def _text(**more: Any) -> Schema:
    return {"type": "string", **more}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _moment() -> Schema:
    return _text(format="date-time")


def _object(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _list(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


SHAPES: dict[str, Schema] = {
    "Endpoint": _object(
        {
            "specification": _text(),
            "url": _text(format="uri"),
            "changeset": _moment(),
            "type": _text(enum=["production", "test"]),
            "formats": {"type": "array", "items": _text()},
        }
    ),
    "Discovery": _object(
        {
            "changeset": _moment(),
            "contact": _text(),
            "key_service": _text(),
            "endpoints": _list("Endpoint"),
        }
    ),
    "Service": _object(
        {
            "service_code": _text(pattern=CODE),
            "service_name": _text(),
            "description": _text(),
            "metadata": {"type": "boolean", "description": "Whether the service has a definition with questions."},
            "type": _text(enum=["realtime", "batch"], description="Whether a post is answered by an id or a token."),
            "keywords": _text(description="Separated by commas."),
            "group": _text(),
        }
    ),
    "Value": _object({"key": _text(), "name": _text()}),
    "Attribute": _object(
        {
            "variable": {"type": "boolean"},
            "code": _text(description="Answered as the field `attribute[CODE]`."),
            "datatype": _text(enum=list(DATATYPES)),
            "required": {"type": "boolean"},
            "datatype_description": _or_null(_text()),
            "order": {"type": "integer", "minimum": 1},
            "description": _text(),
            "values": _list("Value"),
        },
        optional=("values",),
    ),
    "ServiceDefinition": _object({"service_code": _text(pattern=CODE), "attributes": _list("Attribute")}),
    "Request": _object(
        {
            "service_request_id": _text(),
            "status": _text(enum=list(STATUSES)),
            "status_notes": _text(description="The state of the case in words."),
            "service_name": _or_null(_text()),
            "service_code": _text(pattern=CODE, description="Empty while nobody has classified it."),
            "description": _or_null(_text(maxLength=4000)),
            "agency_responsible": _or_null(_text()),
            "service_notice": _or_null(_text()),
            "requested_datetime": _moment(),
            "updated_datetime": _moment(),
            "expected_datetime": _or_null(_moment()),
            "address": _or_null(_text(description="The areas around it.")),
            "address_id": _or_null(_text()),
            "zipcode": _or_null(_text()),
            "lat": _or_null({"type": "number", "minimum": -90, "maximum": 90}),
            "long": _or_null({"type": "number", "minimum": -180, "maximum": 180}),
            "media_url": _or_null(_text(description="Always null: photos are not public.")),
        }
    ),
    "Posted": {
        **_object(
            {
                "service_request_id": _text(),
                "token": _text(),
                "service_notice": _or_null(_text()),
                "account_id": _or_null(_text()),
                "extended_attributes": {
                    **_object({"service_code": _text(pattern=CODE), "proposals": _list("Proposal")}),
                    "description": "Where the service was left open: what the words seem to be about, and why.",
                },
            },
            optional=("service_request_id", "token", "extended_attributes"),
        ),
        "oneOf": [{"required": ["service_request_id"]}, {"required": ["token"]}],
    },
    "Proposal": _object(
        {
            "service_code": _text(pattern=CODE),
            "service_name": _text(),
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "reason": _text(description="In words; quotes what was sent."),
        }
    ),
    "Token": _object({"service_request_id": _text(), "token": _text()}),
    "Update": _object(
        {
            "update_id": _text(),
            "service_request_id": _text(),
            "status": _text(enum=list(STATUSES)),
            "updated_datetime": _moment(),
            "description": _text(),
            "media_url": _or_null(_text()),
        }
    ),
    "Updated": _object({"update_id": _text()}),
    "Error": _object({"code": {"type": "integer", "minimum": 400}, "description": _text()}),
}
ANSWERS: dict[str, Schema] = {
    "discovery": {"$ref": "#/components/schemas/Discovery"},
    "services": _list("Service"),
    "definition": {"$ref": "#/components/schemas/ServiceDefinition"},
    "requests": _list("Request"),
    "posted": {**_list("Posted"), "minItems": 1, "maxItems": 1},
    "token": {**_list("Token"), "minItems": 1, "maxItems": 1},
    "updates": _list("Update"),
    "updated": {**_list("Updated"), "minItems": 1, "maxItems": 1},
    "errors": {**_list("Error"), "minItems": 1},
}
