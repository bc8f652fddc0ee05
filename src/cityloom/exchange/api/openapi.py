"""The OpenAPI 3.1 document, completed: bodies, tokens, formats, and every refusal with its status and headers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic import BaseModel

from cityloom.exchange.api import schemas, webhook_schemas
from cityloom.exchange.api.examples import EXAMPLES
from cityloom.exchange.api.tokens import SCOPES

DESCRIPTION = (
    "Reports, cases, moves and master data of one city. Tokens act by posts and see what these may see. "
    "Errors are problem details (RFC 9457) in Chinese or English by Accept-Language."
)
PROBLEM = "application/problem+json"
BODIES: dict[str, type[BaseModel]] = {
    "receiveReport": schemas.ReportIn,
    "sendReadings": schemas.ReadingsIn,
    "moveCase": schemas.MoveIn,
    "moveTask": schemas.MoveIn,
    "moveReport": schemas.MoveIn,
    "decideRequest": schemas.VerdictIn,
    "moveMany": schemas.BulkIn,
    "addWebhook": webhook_schemas.WebhookIn,
    "changeWebhook": webhook_schemas.WebhookChangeIn,
    "rotateWebhookSecret": webhook_schemas.RotateIn,
    "replayDeliveries": webhook_schemas.ReplayIn,
}
WEBHOOKS = (
    "listWebhooks", "addWebhook", "getWebhook", "changeWebhook", "removeWebhook", "rotateWebhookSecret",
    "pingWebhook", "replayDeliveries", "listDeliveries", "getDelivery",
)  # fmt: skip
WITH_PHOTOS = frozenset({"receiveReport", "moveCase"})
WITH_GEOJSON = frozenset({"listCases", "getCase", "listReports", "listAreas", "getArea"})
WITH_CSV = frozenset(
    {"listCases", "listReports", "listAreas", "listUnits", "listClasses", "listStandards", "listReadings"}
)  # fmt: skip
SCOPE_OF = {
    "listCases": "cases:read", "getCase": "cases:read", "listEntries": "cases:read", "listTasks": "cases:read",
    "listRequests": "cases:read", "listReportsOfCase": "cases:read", "listOpenMoves": "cases:read",
    "moveCase": "cases:move", "moveTask": "cases:move", "moveReport": "cases:move", "decideRequest": "cases:move",
    "moveMany": "cases:move", "listReports": "reports:read", "receiveReport": "reports:write",
    "sendReadings": "readings:write",
    "listUnits": "master:read", "getUnit": "master:read", **dict.fromkeys(WEBHOOKS, "webhooks:manage"),
}  # fmt: skip
VERSIONED = frozenset(
    {"moveCase", "moveTask", "moveReport", "decideRequest", "changeWebhook", "removeWebhook", "rotateWebhookSecret"}
)
TAGGED = VERSIONED - {"removeWebhook"} | {
    "getCase", "listTasks", "listRequests", "listReportsOfCase", "listOpenMoves", "addWebhook", "getWebhook",
}  # fmt: skip
_REFUSALS = {
    400: "Something in the address, the head or the body cannot be read.",
    401: "A token is needed, or the one sent opens nothing.",
    403: "The token is not for this, or its post may not do it.",
    404: "There is no such thing.",
    406: "None of the formats asked for is made here.",
    409: "The move is not possible now; what is possible is named.",
    412: "Somebody else moved the case first; `changed` tells what happened.",
    413: "The body is too large.",
    415: "A body of this media type is not taken.",
    422: "Values do not fit; `errors` names each.",
    428: "A change names the version that was seen: send If-Match.",
    429: "Too often; Retry-After tells when to come back.",
    500: "Our mistake; nothing was changed.",
}
_HEADERS = {
    "RateLimit-Limit": "How many requests the limit lets in.",
    "RateLimit-Remaining": "How many are left at once.",
    "RateLimit-Reset": "In how many seconds all of it is free again.",
}


def described(document: Any) -> dict[str, Any]:
    """The framework's document with all that it does not know."""
    made: dict[str, Any] = deepcopy(dict(document))
    components = made.setdefault("components", {})
    found = components.setdefault("schemas", {})
    models: list[type[BaseModel]] = [*BODIES.values(), schemas.Problem]
    for model in models:
        _lift(model, found)
    found["FeatureCollection"] = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": ["FeatureCollection", "Feature"]}},
    }
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "Scopes: " + "; ".join(f"{name} ({en})" for name, (_, en) in SCOPES.items()),
        }
    }
    components["responses"] = {f"Problem{status}": _problem(status, text) for status, text in _REFUSALS.items()}
    components["headers"] = {name: _header(text) for name, text in _HEADERS.items()}
    for methods in made["paths"].values():
        for operation in methods.values():
            _complete(operation)
    return made


def _complete(operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    responses = operation["responses"]
    for status in [s for s in responses if int(s) < 300]:
        _formats(name, responses[status])
        responses[status].setdefault("headers", {}).update(
            {h: {"$ref": f"#/components/headers/{h}"} for h in _HEADERS}
        )
        if name in TAGGED:
            responses[status]["headers"]["ETag"] = _header("The version of what is shown.", "string")
        if name.startswith("list") and "fields" in {p["name"] for p in operation["parameters"]}:
            responses[status]["headers"]["Link"] = _header("The next page, rel=next.", "string")
    if name == "getCase":
        responses[304] = {"description": "The case is still at the version of If-None-Match."}
    if name in BODIES:
        operation["requestBody"] = _body(name)
        told_once = "Done once, however often it is sent; needed when a token sends a report."
        operation["parameters"].append(_header_parameter("Idempotency-Key", told_once))
    if name in VERSIONED:
        operation["parameters"].append(
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": "The ETag of the case or webhook as it was seen; or `version` in the body.",
            }
        )
    for status in _statuses(name):
        responses.setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    if name in SCOPE_OF:
        bearer: list[dict[str, list[str]]] = [{"token": []}]
        operation["security"] = [{}, *bearer] if name == "receiveReport" else bearer
        operation["description"] = f"{operation.get('description', '')}\n\nScope: `{SCOPE_OF[name]}`."
    if name in EXAMPLES:
        kind = next(s for s in responses if int(s) < 300)
        responses[kind]["content"]["application/json"]["example"] = EXAMPLES[name]


def _statuses(name: str) -> list[int]:
    found = {400, 401, 404, 429, 500}
    if name in SCOPE_OF:
        found.add(403)
    if name in WITH_CSV | WITH_GEOJSON:
        found.add(406)
    if name in BODIES:
        found |= {409, 413, 415, 422}
    if name in VERSIONED:
        found |= {412, 428}
    if name in WEBHOOKS:
        found |= {409, 422}
    if name.startswith(("list", "get", "track")):
        found.add(422)
    return sorted(found)


def _formats(name: str, response: dict[str, Any]) -> None:
    content = response.setdefault("content", {})
    if name in WITH_GEOJSON:
        content["application/geo+json"] = {"schema": {"$ref": "#/components/schemas/FeatureCollection"}}
    if name in WITH_CSV:
        content["text/csv"] = {"schema": {"type": "string"}}


def _body(name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{BODIES[name].__name__}"}
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if f"{name}.body" in EXAMPLES:
        content["application/json"]["example"] = EXAMPLES[f"{name}.body"]
    if name in WITH_PHOTOS:
        photos = {"type": "array", "items": {"type": "string", "contentMediaType": "image/jpeg"}}
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "required": ["body"],
                "properties": {
                    "body": {"type": "string", "contentMediaType": "application/json", "contentSchema": schema},
                    "photos": photos,
                },
            }
        }
    return {"required": True, "content": content}


def _lift(model: type[BaseModel], into: dict[str, Any]) -> None:
    """The model and those inside it as components."""
    schema = model.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    into.update(schema.pop("$defs", {}))
    into[model.__name__] = schema


def _problem(status: int, text: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": text,
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == 429:
        made["headers"] = {"Retry-After": _header("In how many seconds to come back.")}
    if status == 401:
        made["headers"] = {"WWW-Authenticate": _header("Bearer.", "string")}
    return made


def _header_parameter(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": text}


def _header(text: str, kind: str = "integer") -> dict[str, Any]:
    return {"description": text, "schema": {"type": kind}}
