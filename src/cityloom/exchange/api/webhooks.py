"""Webhooks: added, changed, rotated, tested and replayed by a token with the scope webhooks:manage."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Path, Query

from cityloom.city.snapshot_values import City
from cityloom.exchange.actions.add_webhook import NewWebhook, add_webhook
from cityloom.exchange.actions.change_webhook import WebhookChange, change_webhook, remove_webhook
from cityloom.exchange.actions.replay_webhook import Again, ping_webhook, replay_webhook
from cityloom.exchange.actions.rotate_webhook_secret import rotate_webhook_secret
from cityloom.exchange.api import webhook_schemas as schemas
from cityloom.exchange.api.bodies import body_of, said
from cityloom.exchange.api.calls import Call, call_of
from cityloom.exchange.api.details import version_of
from cityloom.exchange.api.formats import json_answer
from cityloom.exchange.api.idempotency import done_once, key_of
from cityloom.exchange.api.pages import DEFAULT_LIMIT, MOST, id_mark_of, linked
from cityloom.exchange.api.shapes import moment
from cityloom.exchange.webhooks.rows import get_delivery, get_webhook, list_deliveries, list_webhooks
from cityloom.exchange.webhooks.values import Delivery, Wanted, Webhook

router = Router(tags=["webhooks"])
SCOPE = "webhooks:manage"
LARGEST = 2**63 - 1
Number = Path(..., ge=1, le=LARGEST)


@router.get("", response=schemas.WebhookPage, operation_id="listWebhooks")
def webhooks(request: HttpRequest) -> HttpResponse:
    """The webhooks that the token's post manages: its own, an administrator's of the whole city all."""
    call = call_of(request)
    found = list_webhooks(call.city, call.needs(SCOPE))
    return json_answer({"items": [_shape(each, call.city) for each in found]})


@router.post(
    "", response={201: schemas.WebhookWithSecret, 200: schemas.WebhookWithSecret}, operation_id="addWebhook"
)  # fmt: skip
def add(request: HttpRequest) -> HttpResponse:
    """Add a webhook (Idempotency-Key required). Its secret is told in this answer only."""
    call, post = _begun(request)
    key = key_of(request, must=True)
    body = body_of(request)
    told = said(body, schemas.WebhookIn)
    new = NewWebhook(told.url, told.description, _wanted(told), told.unit or None)
    secrets: list[str] = []

    def do() -> dict[str, Any]:
        hook, secret = add_webhook(call.city, new, post, settings.CITYLOOM_WEBHOOK_HOSTS, call.clock)
        secrets.append(secret)
        return {"id": hook.id}

    done = done_once(_owner(call), key, body.digest, call.at, do)
    hook = get_webhook(call.city, post, done.answer["id"])
    shape = {**_shape(hook, call.city), "secret": secrets[0] if secrets else None, "replayed": done.again}
    return _tagged(json_answer(shape, 200 if done.again else 201), hook)


@router.get("/{webhook_id}", response=schemas.WebhookOut, operation_id="getWebhook")
def webhook(request: HttpRequest, webhook_id: int = Number) -> HttpResponse:
    """One webhook with its health, never with its secret."""
    call, post = _begun(request)
    return _answer(get_webhook(call.city, post, webhook_id), call.city)


@router.patch("/{webhook_id}", response=schemas.WebhookOut, operation_id="changeWebhook")
def change(request: HttpRequest, webhook_id: int = Number) -> HttpResponse:
    """Change what is named; pause it or resume it. Resuming sends what waits at once."""
    call, post = _begun(request)
    told = said(body_of(request), schemas.WebhookChangeIn)
    version = version_of(request, told.version)
    before = get_webhook(call.city, post, webhook_id).wanted
    wanted = Wanted(
        tuple(told.moves) if told.moves is not None else before.moves,
        tuple(told.units) if told.units is not None else before.units,
        tuple(told.areas) if told.areas is not None else before.areas,
    )
    changed = WebhookChange(told.url, told.description, wanted if wanted != before else None, told.state)
    inside = settings.CITYLOOM_WEBHOOK_HOSTS
    return _answer(change_webhook(call.city, webhook_id, changed, post, inside, call.clock, version), call.city)


@router.delete("/{webhook_id}", response={204: None}, operation_id="removeWebhook")
def remove(request: HttpRequest, webhook_id: int = Number) -> HttpResponse:
    """Remove it: nothing more is sent, its secrets are gone."""
    call, post = _begun(request)
    remove_webhook(call.city, webhook_id, post, call.clock, version_of(request, None))
    answer = HttpResponse(status=204)
    del answer.headers["Content-Type"]
    return answer


@router.post("/{webhook_id}/rotate", response=schemas.WebhookWithSecret, operation_id="rotateWebhookSecret")
def rotate(request: HttpRequest, webhook_id: int = Number) -> HttpResponse:
    """Give it a new secret, told in this answer only; the old one signs beside it for `overlap_h` hours."""
    call, post = _begun(request)
    told = said(body_of(request), schemas.RotateIn)
    version = version_of(request, told.version)
    hook, secret = rotate_webhook_secret(call.city, webhook_id, post, call.clock, told.overlap_h, version)
    return _tagged(json_answer({**_shape(hook, call.city), "secret": secret, "replayed": False}), hook)


@router.post("/{webhook_id}/ping", response={202: schemas.Made}, operation_id="pingWebhook")
def ping(request: HttpRequest, webhook_id: int = Number) -> HttpResponse:
    """Send it a test message of the type webhook.ping."""
    call, post = _begun(request)
    ping_webhook(call.city, webhook_id, post, call.clock)
    return json_answer({"deliveries": 1, "replayed": False}, 202)


@router.post("/{webhook_id}/replay", response={202: schemas.Made}, operation_id="replayDeliveries")
def replay(request: HttpRequest, webhook_id: int = Number) -> HttpResponse:
    """Send again: one delivery, or all that was made in a span, or what of it failed."""
    call, post = _begun(request)
    body = body_of(request)
    told = said(body, schemas.ReplayIn)
    zone = call.city.calendar().tz
    since, until = (at.replace(tzinfo=at.tzinfo or zone) if at else None for at in (told.since, told.until))
    again = Again(told.delivery, since, until, told.only_failed)

    def do() -> dict[str, Any]:
        return {"deliveries": replay_webhook(call.city, webhook_id, again, post, call.clock)}

    done = done_once(_owner(call), key_of(request, must=False), body.digest, call.at, do)
    return json_answer({**done.answer, "replayed": done.again}, 202)


@router.get("/{webhook_id}/deliveries", response=schemas.DeliveryPage, operation_id="listDeliveries")
def deliveries(
    request: HttpRequest,
    webhook_id: int = Number,
    state: Literal["", "waiting", "delivered", "failed"] = Query("", description="of this state only"),
    limit: int = Query(DEFAULT_LIMIT, ge=1, le=MOST),
    after: str = Query("", description="the mark that the page before ended with"),
) -> HttpResponse:
    """Its deliveries, the newest first."""
    call, post = _begun(request)
    hook = get_webhook(call.city, post, webhook_id)
    found, mark = list_deliveries(hook, state, id_mark_of(after), limit)
    items = [_delivery(each, call.city) for each in found]
    text = str(mark) if mark is not None else ""
    return linked(json_answer({"items": items, "next": text or None}), request, text)


@router.get("/{webhook_id}/deliveries/{delivery_id}", response=schemas.DeliveryWithBody, operation_id="getDelivery")
def delivery(request: HttpRequest, webhook_id: int = Number, delivery_id: int = Number) -> HttpResponse:
    """One delivery with what was sent."""
    call, post = _begun(request)
    found = get_delivery(get_webhook(call.city, post, webhook_id), delivery_id)
    return json_answer({**_delivery(found, call.city), "body": json.loads(found.body)})


# --- shapes -----------------------------------------------------------------------------------------------------


def _begun(request: HttpRequest) -> tuple[Call, Any]:
    call = call_of(request)
    return call, call.needs(SCOPE)


def _owner(call: Call) -> str:
    return call.caller.token.prefix if call.caller else ""


def _wanted(told: schemas.WebhookIn) -> Wanted:
    return Wanted(tuple(told.moves), tuple(told.units), tuple(told.areas))


def _answer(hook: Webhook, city: City) -> HttpResponse:
    return _tagged(json_answer(_shape(hook, city)), hook)


def _tagged(answer: HttpResponse, hook: Webhook) -> HttpResponse:
    answer.headers["ETag"] = f'"{hook.version}"'
    return answer


def _shape(it: Webhook, city: City) -> dict[str, Any]:
    return {
        "id": it.id, "url": it.url, "description": it.description, "role": it.post.role.value, "unit": it.post.unit,
        "area": it.post.area, "moves": list(it.wanted.moves), "units": list(it.wanted.units),
        "areas": list(it.wanted.areas), "state": it.state, "reason": it.reason or None, "version": it.version,
        "failing_since": moment(it.failing_since, city), "last_success_at": moment(it.last_success_at, city),
        "both_secrets_until": moment(it.old_until, city), "created_at": moment(it.created_at, city),
        "created_by": it.created_by,
    }  # fmt: skip


def _delivery(it: Delivery, city: City) -> dict[str, Any]:
    def said_at(at: datetime | None) -> str | None:
        return moment(at, city)

    return {
        "id": it.id, "event": it.event, "topic": it.topic, "case": it.key if it.seq else None,
        "case_version": it.seq or None, "state": it.state, "attempts": it.attempts, "next_at": said_at(it.next_at),
        "created_at": said_at(it.created_at), "tried_at": said_at(it.tried_at), "ended_at": said_at(it.ended_at),
        "status": it.status, "duration_ms": it.duration_ms, "answer": it.answer, "reason": it.reason or None,
        "replay_of": it.first_id,
    }  # fmt: skip
