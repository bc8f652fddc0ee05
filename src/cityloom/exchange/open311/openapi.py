"""The OpenAPI 3.1 document about this door, made from the tables by which it reads and answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cityloom.city.snapshot_values import City
from cityloom.exchange.open311.asking import EXAMPLES, FARTHEST_M, MOST
from cityloom.exchange.open311.attributes import COMPONENT, CONDITION
from cityloom.exchange.open311.documents import CONTENT_TYPES, JSON, XML
from cityloom.exchange.open311.mapping import service_code_of
from cityloom.exchange.open311.publishing import CHANGESET, ENDPOINTS
from cityloom.exchange.open311.reading import FORM, LONGEST_FIELD, MULTIPART
from cityloom.exchange.open311.receiving import LONGEST_URL
from cityloom.exchange.open311.shapes import ANSWERS, SHAPES

Part = dict[str, Any]
MEDIA = {form: kind.partition(";")[0] for form, kind in CONTENT_TYPES.items()}
REFUSALS = {
    400: "Something is missing or cannot be understood.",
    401: "An api_key is needed, or the one sent opens nothing.",
    403: "The api_key is for something else, or its post may not do this.",
    404: "There is no such thing, or it is not public.",
    405: "This address does not take the method.",
    409: "The request is not in a state for this.",
    413: "More than a report needs.",
    429: "Too often; Retry-After tells when to come back.",
    503: "No city is loaded yet.",
}
ALWAYS = (400, 404, 405, 503)


@dataclass(frozen=True)
class Operation:
    """One method of one address: what it is called and tells, what it takes, what it may answer with."""

    path: str
    method: str
    name: str
    tells: str
    answer: str
    takes: tuple[str, ...] = ()
    body: str = ""
    refusals: tuple[int, ...] = ()
    has_key: bool = False


OPERATIONS = (
    Operation("/discovery.{form}", "get", "getDiscovery", "Where the endpoints are.", "discovery"),
    Operation("/services.{form}", "get", "listServices", "What the public may report.", "services"),
    Operation("/services/{code}.{form}", "get", "getService", "What is asked about a service.", "definition"),
    Operation(
        "/requests.{form}",
        "get",
        "listRequests",
        "Public requests: by id alone, or by all the rest together; without `updated_…` of at most 90 days.",
        "requests",
        takes=(
            "service_request_id", "service_code", "status", "start_date", "end_date", "updated_after",
            "updated_before", "bbox", "lat", "long", "radius", "page", "page_size",
        ),
    ),
    Operation(
        "/requests.{form}", "post", "postRequest", "Report something.", "posted",
        body="request", refusals=(401, 403, 413, 429), has_key=True,
    ),
    Operation(
        "/requests/{number}.{form}", "get", "getRequest", "One request by its id or its token.", "requests",
        refusals=(429,),
    ),
    Operation("/tokens/{token}.{form}", "get", "getToken", "The id behind a token.", "token", refusals=(429,)),
    Operation(
        "/servicerequestupdates.{form}",
        "get",
        "listUpdates",
        "What public requests became.",
        "updates",
        takes=("service_request_id", "start_date", "end_date", "page", "page_size"),
    ),
    Operation(
        "/servicerequestupdates.{form}", "post", "postUpdate", "An update of a system that has a key.", "updated",
        body="update", refusals=(401, 403, 409, 413), has_key=True,
    ),
)  # fmt: skip
_MOMENT: Part = {"type": "string", "format": "date-time"}
_SCHEMAS: dict[str, Part] = {
    "service_request_id": {"type": "string", "description": f"Ids separated by commas, at most {MOST}."},
    "service_code": {"type": "string", "description": "Codes separated by commas."},
    "status": {"type": "string", "pattern": "^(open|closed)(,(open|closed))?$"},
    "start_date": {**_MOMENT, "description": "Requested since, with its zone."},
    "end_date": {**_MOMENT, "description": "Requested until; at most 90 days after the start."},
    "updated_after": {**_MOMENT, "description": "Changed since; the longest unchanged comes first."},
    "updated_before": {**_MOMENT, "description": "Changed until."},
    "bbox": {"type": "string", "description": "West, south, east, north in degrees."},
    "lat": {"type": "number", "minimum": -90, "maximum": 90},
    "long": {"type": "number", "minimum": -180, "maximum": 180},
    "radius": {"type": "number", "exclusiveMinimum": 0, "maximum": FARTHEST_M, "description": "Metres."},
    "page": {"type": "integer", "minimum": 1},
    "page_size": {"type": "integer", "minimum": 1, "maximum": MOST},
}
_WORDS: Part = {"type": "string", "maxLength": LONGEST_FIELD}
# The fields of a form beside `jurisdiction_id` and `api_key`, and which of them must be there.
FIELDS: dict[str, tuple[dict[str, Part], tuple[str, ...]]] = {
    "request": (
        {
            "service_code": {
                "type": "string",
                "description": "See services; `general` or none leaves it to be told from the words.",
            },
            "description": {**_WORDS, "description": "May be left out where photos come along."},
            "lat": _SCHEMAS["lat"],
            "long": _SCHEMAS["long"],
            "address_string": {**_WORDS, "maxLength": 300},
            "address_id": {"type": "string", "description": "The code of an area."},
            "phone": {"type": "string", "maxLength": 40},
            "first_name": {"type": "string", "maxLength": 60},
            "last_name": {"type": "string", "maxLength": 60},
            "email": {"type": "string", "description": "Not kept."},
            "account_id": {"type": "string", "maxLength": 100, "description": "Given back and not kept."},
            "media_url": {"type": "string", "format": "uri", "maxLength": LONGEST_URL},
            f"attribute[{CONDITION}]": {"type": "string", "description": "See the definition of the service."},
            f"attribute[{COMPONENT}]": {"type": "string", "description": "See the definition of the service."},
        },
        (),
    ),
    "update": (
        {
            "service_request_id": {"type": "string"},
            "update_id": {"type": "string", "maxLength": 100, "description": "The sender's own; kept once."},
            "status": {"type": "string", "maxLength": 40, "description": "For example OPEN, CLOSED, FIXED."},
            "description": {"type": "string", "maxLength": 4000},
        },
        ("service_request_id", "update_id", "description"),
    ),
}


def openapi(city: City, base: str) -> Part:
    """The document; `base` is the address of the door without its last slash."""
    paths: dict[str, Part] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(city, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Open311 GeoReport v2: {city.name.en or city.name.zh}",
            "version": CHANGESET[:10],
            "description": "Requests of one city; each address in XML and JSON, sentences by Accept-Language.",
        },
        "servers": [{"url": f"{base}/{path}", "description": kind} for path, kind in ENDPOINTS],
        "paths": paths,
        "components": {
            "schemas": SHAPES,
            "responses": {f"Error{status}": _refusal(status, text) for status, text in REFUSALS.items()},
            "securitySchemes": {
                "api_key": {"type": "apiKey", "in": "query", "name": "api_key"},
                "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
            },
        },
    }


def _operation(city: City, operation: Operation) -> Part:
    found: Part = {
        "operationId": operation.name,
        "summary": operation.tells,
        "parameters": [*_in_path(city, operation.path), _jurisdiction(city), *map(_in_query, operation.takes)],
        "responses": {
            "200": {"description": operation.tells, "content": _content(operation.answer)},
            **_refusals(sorted({*ALWAYS, *operation.refusals})),
        },
    }
    if operation.body:
        found["requestBody"] = {"required": True, "content": _body(city, operation.body)}
    if operation.has_key:
        found["security"] = [{"api_key": []}, {"bearer": []}]
        if operation.body == "request":
            found["security"].insert(0, {})  # without a key as well
    return found


def _in_path(city: City, path: str) -> list[Part]:
    example = next((service_code_of(code) for code in city.leaves), "code")
    known: dict[str, Part] = {
        "form": {"type": "string", "enum": [XML, JSON]},
        "code": {"type": "string", "pattern": r"^[\w~-]{1,200}$", "examples": [example]},
        "number": {"type": "string", "pattern": r"^[\w~-]{1,200}$"},
        "token": {"type": "string", "pattern": r"^[\w~-]{1,200}$"},
    }
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in known.items()
        if f"{{{name}}}" in path
    ]


def _in_query(name: str) -> Part:
    found: Part = {"name": name, "in": "query", "schema": _SCHEMAS[name]}
    return found | ({"example": EXAMPLES[name]} if _SCHEMAS[name]["type"] == "string" and name in EXAMPLES else {})


def _jurisdiction(city: City) -> Part:
    return {"name": "jurisdiction_id", "in": "query", "schema": {"type": "string", "enum": [city.code]}}


def _content(answer: str) -> Part:
    """The same in both forms; the shape is that of the JSON, whose names the XML has as its elements."""
    return {MEDIA[JSON]: {"schema": ANSWERS[answer]}, MEDIA[XML]: {}}


def _refusal(status: int, text: str) -> Part:
    found: Part = {"description": text, "content": _content("errors")}
    if status == 429:
        found["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    if status == 405:
        found["headers"] = {"Allow": {"schema": {"type": "string"}}}
    return found


def _refusals(statuses: Iterable[int]) -> Part:
    return {str(status): {"$ref": f"#/components/responses/Error{status}"} for status in statuses}


def _body(city: City, name: str) -> Part:
    properties, required = FIELDS[name]
    fields = {**properties, "jurisdiction_id": {"type": "string", "enum": [city.code]}, "api_key": {"type": "string"}}
    form: Part = {"type": "object", "properties": fields, "required": list(required)}
    with_files = {**form, "properties": {**fields, "media": {"type": "string", "format": "binary"}}}
    return {FORM: {"schema": form}} | ({MULTIPART: {"schema": with_files}} if name == "request" else {})
